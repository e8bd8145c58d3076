"""The infrastructure is readable, agrees with the code, and a mismatch anywhere is found."""

import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.architecture import infrastructure
from tests.architecture.infrastructure import APP, BUS, ENTITIES, MAIN, STORAGE
from tests.architecture.sources import ROOT

HOOK, ALERTS, CONFIG = "hooks/subscribe.sh", "modules/alerts.bicep", "config.json"
SEEDED: dict[str, tuple[str, str, str, str]] = {
    "syntax": (STORAGE, "kind: 'StorageV2'", "kind: 'StorageV2", "line"),
    "a module that is not there": (MAIN, "'modules/bus.bicep'", "'modules/buss.bicep'", "modules/buss.bicep"),
    "a topic": (ENTITIES, '"Name": "facts"', '"Name": "facs"', "facts/lifecycle is missing"),
    "a subscription": (ENTITIES, '"Name": "dialogs"', '"Name": "dialog"', "nothing listens to facts/dialog"),
    "a queue": (ENTITIES, '"Name": "deliveries"', '"Name": "delivery"', "deliveries is missing"),
    "entities of another file": (BUS, "../../local/servicebus.json", "../config.json", "entities are not those"),
    "rules that are left out": (BUS, "one.subscription.Rules[0]", "one.subscription.Rule", "entities are not those"),
    "a setting that is gone": (APP, "REMINDER_DELAY: 'P7D'", "", "the setting reminder_delay is missing"),
    "a setting of another name": (APP, "SMS_HOURS:", "SMS_HOUR:", "SMS_HOUR".lower() + " is no setting"),
    "a parameter's setting": (MAIN, "SMS_SENDER: smsSender", "", "the setting sms_sender is missing"),
    "a container": (CONFIG, '"name": "attachments"', '"name": "files"', "container attachments is missing"),
    "the container of packages": (CONFIG, '"name": "deployments"', '"name": "x"', "container deployments is missing"),
    "a table": (CONFIG, '"agenda"', '"agendas"', "table agenda is missing"),
    "tables by hand": (STORAGE, "for table in config.tables", "for table in ['agenda']", "tables are not those"),
    "a role": (CONFIG, "Storage Table Data Contributor", "Storage Table Data Reader", "Contributor is missing"),
    "too great a role": (CONFIG, "Key Vault Secrets User", "Key Vault Administrator", "more than is needed"),
    "a role granted nowhere": ("modules/roles.bicep", "role.on == 'vault'", "role.on == 'x'", "on vault are granted"),
    "too long a name": (STORAGE, "'stcorr${token}'", "'stcorrespondencestorage${token}'", "is no name for"),
    "a name with a stroke": (STORAGE, "'stcorr${token}'", "'st-corr${token}'", "is no name for"),
    "a secret that is told": (
        "modules/vault.bicep",
        "output id string = vault.id",
        "output id string = webhookSecretKey",
        "tells a secret",
    ),
    "keys that are told": (
        STORAGE,
        "output id string = account.id",
        "output id string = account.listKeys().keys[0].value",
        "tells a secret",
    ),
    "a secret that is not secure": (
        "modules/vault.bicep",
        "@secure()\nparam webhookSecretKey",
        "param webhookSecretKey",
        "webhookSecretKey is not secure",
    ),
    "a parameter that is not set": (
        "main.bicepparam",
        "param smsSender =",
        "// param smsSender =",
        "smsSender is missing",
    ),
    "a parameter that is none": ("small.bicepparam", "param smsSender =", "param smsSenders =", "smsSenders is no"),
    "an alert without a runbook": (ALERTS, "runbook: 'backlog'", "runbook: 'backlogs'", "no runbook backlogs"),
    "an alert on what nobody logs": (ALERTS, '"message.late "', '"message.lates "', "nothing logs message.lates"),
    "a picture of what nobody logs": ("workbook.json", "webhook.attempted ", "webhook.tried ", "nothing logs webhook"),
    "a function that is not there": (HOOK, "Host.Functions.scan_attachment", "Host.Functions.scan", "no function scan"),
    "events of all containers": (HOOK, "/containers/attachments/", "/containers/", "other containers"),
    "a webhook that is not there": (HOOK, ')" malwarescanresults', ')" scanresults', "no webhook scanresults"),
    "an output that is not there": (HOOK, "${API_URL:?}", "${API_ADDRESS:?}", "API_ADDRESS is no output"),
}


def test_infrastructure_and_code_agree(functions: list[dict[str, Any]]) -> None:
    """Every file can be read; settings, entities, containers, tables, roles, names, alerts and hooks are as in code."""
    assert infrastructure.faults(infrastructure.files(), functions) == []


@pytest.mark.parametrize("seeded", SEEDED.values(), ids=SEEDED)
def test_a_mismatch_is_found(seeded: tuple[str, str, str, str], functions: list[dict[str, Any]]) -> None:
    """Wherever it is, and the fault says where."""
    file, right, wrong, told = seeded
    files = infrastructure.files()
    assert right in files[file]
    found = infrastructure.faults(files | {file: files[file].replace(right, wrong)}, functions)
    assert any(told in fault for fault in found), found


def test_every_alert_has_a_runbook_and_every_runbook_is_listed() -> None:
    """In the list of runbooks."""
    folder = ROOT / "docs" / "runbooks"
    listed = (folder / "README.md").read_text(encoding="utf-8")
    for path in folder.glob("*.md"):
        assert path.name == "README.md" or f"({path.name})" in listed, path.name


def _present(command: str) -> Callable[[Any], Any]:
    return pytest.mark.skipif(shutil.which(command) is None, reason=f"{command} is not on this machine")


def test_the_hook_is_a_shell_script() -> None:
    """As far as the shell can tell without running it."""
    subprocess.run(["sh", "-n", str(ROOT / "infra" / HOOK)], check=True)


@_present("bicep")
@pytest.mark.parametrize("name", ["main.bicep", "main.bicepparam", "small.bicepparam"])
def test_bicep_builds_it(name: str) -> None:
    """With every warning of its linter counted as a fault."""
    command = "build-params" if name.endswith("param") else "build"
    done = subprocess.run(
        ["bicep", command, "--stdout", str(ROOT / "infra" / name)], check=True, capture_output=True, text=True
    )
    assert "Warning" not in done.stderr, done.stderr
