"""What must agree between the infrastructure and the code: every disagreement is a line that names both."""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from functions.blob.malware_scan import CONTAINER
from functions.http.api import OPERATIONS
from shared.config import Settings
from tests.architecture.bicep import Bicep
from tests.architecture.sources import ROOT, modules, tree

Files = Mapping[str, str]

MAIN, APP, BUS, STORAGE = "main.bicep", "modules/functionapp.bicep", "modules/bus.bicep", "modules/storage.bicep"
ENTITIES = "../../local/servicebus.json"

NOT_IN_AZURE = {
    *("storage_connection", "servicebus_connection", "communication_access_key"),  # an identity takes their place
    *("clamd_address", "clamd_max_bytes", "malware_scan_bypass"),  # Defender scans; nothing is left unscanned
    *("webhook_allow_loopback", "clock_offset_file"),  # for local runs only
}
"""Settings that an installation in Azure leaves at their defaults."""

OF_BINDINGS = {"credential", "clientid", "queueserviceuri"}
"""What the platform reads of a connection besides what the code does."""

ROLES = {
    "storage": {"Storage Blob Data Owner", "Storage Queue Data Contributor", "Storage Table Data Contributor"},
    "bus": {"Azure Service Bus Data Owner"},
    "vault": {"Key Vault Secrets User"},
    "communication": {"Communication and Email Service Owner"},
    "insights": {"Monitoring Metrics Publisher"},
}
"""The least that the app needs, by what it needs it on."""

LENGTHS = {
    "Microsoft.Storage/storageAccounts": (24, r"[a-z0-9]+"),
    "Microsoft.KeyVault/vaults": (24, r"[a-zA-Z][a-zA-Z0-9-]+"),
    "Microsoft.ServiceBus/namespaces": (50, r"[a-zA-Z][a-zA-Z0-9-]+"),
    "Microsoft.Web/sites": (60, r"[a-zA-Z0-9][a-zA-Z0-9-]+"),
    "Microsoft.Communication/communicationServices": (63, r"[a-zA-Z0-9-]+"),
    "Microsoft.EventGrid/topics": (50, r"[a-zA-Z0-9-]+"),
    "Microsoft.EventGrid/systemTopics": (50, r"[a-zA-Z0-9-]+"),
    "Microsoft.ManagedIdentity/userAssignedIdentities": (128, r"[a-zA-Z0-9_-]+"),
    "Microsoft.OperationalInsights/workspaces": (63, r"[a-zA-Z0-9-]+"),
}
"""The longest name of a type, and what it may consist of. Source: Azure's naming rules for resources."""

_LONGEST_PART = {"environmentName": "x" * 10, "token": "0" * 8}


def files() -> dict[str, str]:
    """Everything the infrastructure consists of, by its path; and the file of the bus's entities."""
    found = sorted(path for path in (ROOT / "infra").rglob("*") if path.is_file())
    texts = {path.relative_to(ROOT / "infra").as_posix(): path.read_text(encoding="utf-8") for path in found}
    return texts | {ENTITIES: (ROOT / "local" / "servicebus.json").read_text(encoding="utf-8")}


def faults(given: Files, functions: list[dict[str, Any]]) -> list[str]:
    """Every disagreement there is."""
    checks = (_syntax, _settings, _containers, _tables, _roles, _names, _outputs, _parameters, _alerts, _hook)
    return [fault for check in checks for fault in check(given)] + list(_entities(given, functions))


def bicep_of(given: Files) -> dict[str, Bicep]:
    """The files in Bicep."""
    return {name: _read(text) for name, text in given.items() if name.endswith(".bicep")}


@cache
def _read(text: str) -> Bicep:
    return Bicep(text)


def _syntax(given: Files) -> Iterator[str]:
    for name, bicep in bicep_of(given).items():
        yield from (f"{name}: {fault}" for fault in bicep.faults())
        for wanted in re.findall(r"(?:loadJsonContent|loadTextContent|^module \w+) ?\(?'([^']+)'", bicep.text, re.M):
            place = "modules/" if name.startswith("modules/") else ""
            path = (ROOT / "infra" / place / wanted).resolve()
            if not path.is_file():
                yield f"{name}: {wanted} is not there"


def _settings(given: Files) -> Iterator[str]:
    set_ = _read(given[APP]).keys_of("ours") | _read(given[MAIN]).keys_of("settings")
    fields = set(Settings.model_fields)
    of_bindings = {name for name in set_ if name.partition("__")[2].lower() in OF_BINDINGS}
    known = {name.lower() for name in set_ - of_bindings}
    yield from (f"{APP}: {name} is no setting of the code" for name in sorted(known - fields))
    yield from (f"{APP}: the setting {name} is missing" for name in sorted(fields - NOT_IN_AZURE - known))


def _containers(given: Files) -> Iterator[str]:
    named = {container["name"] for container in json.loads(given["config.json"])["containers"]}
    needed = {CONTAINER, *_constants("shared/adapters/blobs.py", "ATTACHMENTS", "RESPONSES")}
    needed |= set(re.findall(r"primaryEndpoints\.blob}([a-z]+)'", given[APP]))
    needed |= set(re.findall(r"container\.name == '([a-z]+)'", given[STORAGE]))
    yield from (f"config.json: the container {name} is missing" for name in sorted(needed - named))
    if "for container in config.containers" not in given[STORAGE]:
        yield f"{STORAGE}: containers are not those of config.json"


def _tables(given: Files) -> Iterator[str]:
    named, used = set(json.loads(given["config.json"])["tables"]), set(tables_in_code())
    yield from (f"config.json: the table {name} is missing" for name in sorted(used - named))
    yield from (f"config.json: nothing uses the table {name}" for name in sorted(named - used))
    if "for table in config.tables" not in given[STORAGE]:
        yield f"{STORAGE}: tables are not those of config.json"


def tables_in_code() -> Iterator[str]:
    """The names of all tables, where they are opened."""
    for path in modules("shared/adapters"):
        for node in ast.walk(tree(path)):
            match node:
                case ast.Call(func=ast.Attribute(attr="table"), args=[ast.Constant(value=str(name))]):
                    yield name


def _roles(given: Files) -> Iterator[str]:
    granted: dict[str, set[str]] = {}
    for role in json.loads(given["config.json"])["roles"]:
        granted.setdefault(role["on"], set()).add(role["name"])
    for place in sorted(ROLES.keys() | granted.keys()):
        has, needs = granted.get(place, set()), ROLES.get(place, set())
        yield from (f"config.json: on {place} the role {name} is missing" for name in sorted(needs - has))
        yield from (f"config.json: on {place} the role {name} is more than is needed" for name in sorted(has - needs))
        if f"role.on == '{place}'" not in given["modules/roles.bicep"]:
            yield f"modules/roles.bicep: roles on {place} are granted nowhere"


def _names(given: Files) -> Iterator[str]:
    for file, bicep in bicep_of(given).items():
        values = dict(re.findall(r"(?m)^var (\w+) = ('[^']+')$", bicep.text))
        for resource in bicep.resources():
            type_ = resource.type.partition("@")[0]
            if resource.existing or type_ not in LENGTHS:
                continue
            name = re.sub(
                r"\$\{(\w+)\}", lambda part: _LONGEST_PART[part[1]], values.get(resource.name, resource.name).strip("'")
            )
            longest, form = LENGTHS[type_]
            if len(name) > longest or not re.fullmatch(form, name):
                yield f"{file}: {name} is no name for {type_}"


def _outputs(given: Files) -> Iterator[str]:
    for file, bicep in bicep_of(given).items():
        secrets = {parameter.name for parameter in bicep.parameters() if parameter.secure}
        for name, told in bicep.outputs().items():
            if re.search(r"list[A-Z]\w*\(|[kK]ey1|password|accessKey", told) or secrets & set(re.findall(r"\w+", told)):
                yield f"{file}: the output {name} tells a secret"
        named = {parameter.name for parameter in bicep.parameters()}
        unsafe = {name for name in named if re.search(r"(?i)secret|jwk|password", name)} - secrets
        yield from (f"{file}: the parameter {name} is not secure" for name in sorted(unsafe))


def _parameters(given: Files) -> Iterator[str]:
    wanted = _read(given[MAIN]).parameters()
    needed = {one.name for one in wanted if not one.has_default}
    for file, text in given.items():
        if file.endswith(".bicepparam"):
            set_ = set(re.findall(r"(?m)^param (\w+) = ", text))
            yield from (f"{file}: {name} is missing" for name in sorted(needed - set_))
            yield from (f"{file}: {name} is no parameter" for name in sorted(set_ - {one.name for one in wanted}))


def _alerts(given: Files) -> Iterator[str]:
    text = given["modules/alerts.bicep"]
    for name in sorted(set(re.findall(r"runbook: '([^']+)'", text))):
        if not (ROOT / "docs" / "runbooks" / f"{name}.md").is_file():
            yield f"modules/alerts.bicep: there is no runbook {name}"
    told = set(events_in_code())
    for file in ("modules/alerts.bicep", "workbook.json"):
        asked = re.findall(r'startswith \\?"([a-z_]+\.[a-z_]*) ?\\?"', given[file])
        yield from (f"{file}: nothing logs {name}" for name in asked if not _is_told(name, told))


def _is_told(name: str, told: set[str]) -> bool:
    return name in told or (name.endswith(".") and any(one.startswith(name) for one in told))


def events_in_code() -> Iterator[str]:
    """The name of everything that is logged."""
    for path in modules("shared", "functions"):
        for node in ast.walk(tree(path)):
            match node:
                case ast.Call(args=[ast.Constant(value=str(name)), *_]) if re.fullmatch(r"[a-z_]+\.[a-z_]+", name):
                    yield name


def _hook(given: Files) -> Iterator[str]:
    text = given["hooks/subscribe.sh"]
    (function,) = re.findall(r"functionName=Host\.Functions\.(\w+)", text)
    if function not in (ROOT / "tests/architecture/functions.txt").read_text(encoding="utf-8").split():
        yield f"hooks/subscribe.sh: there is no function {function}"
    if f"/containers/{CONTAINER}/" not in text:
        yield f"hooks/subscribe.sh: other containers than {CONTAINER} are told of"
    paths = {operation.path for operation in OPERATIONS}
    for path in re.findall(r"(?m)^subscribe \S+ \"\$\(.+\)\" (\w+)", text):
        if f"/correspondence/api/v1/webhooks/{path}" not in paths:
            yield f"hooks/subscribe.sh: there is no webhook {path}"
    outputs = set(_read(given[MAIN]).outputs())
    yield from (
        f"hooks/subscribe.sh: {name} is no output of {MAIN}"
        for name in sorted(set(re.findall(r'"\$\{(\w+):\?', text)) - outputs)
    )


def _entities(given: Files, functions: list[dict[str, Any]]) -> Iterator[str]:
    (namespace,) = json.loads(given[ENTITIES])["UserConfig"]["Namespaces"]
    has = {queue["Name"] for queue in namespace["Queues"]}
    has |= {f"{topic['Name']}/{one['Name']}" for topic in namespace["Topics"] for one in topic["Subscriptions"]}
    bindings = [binding for each in functions for binding in each["bindings"] if binding["type"] == "serviceBusTrigger"]
    needs = {one.get("queueName") or f"{one['topicName']}/{one['subscriptionName']}" for one in bindings}
    yield from (f"{ENTITIES}: {name} is missing" for name in sorted(needs - has))
    yield from (f"{ENTITIES}: nothing listens to {name}" for name in sorted(has - needs))
    for said in (f"loadJsonContent('{ENTITIES}')", "queue in entities.Queues", "topic.Subscriptions", "Rules[0]"):
        if said not in given[BUS]:
            yield f"{BUS}: the entities are not those of {ENTITIES} ({said})"
    if any(len(one.get("Rules", ())) > 1 for topic in namespace["Topics"] for one in topic["Subscriptions"]):
        yield f"{BUS}: a subscription has more than one rule"


def _constants(path: str, *names: str) -> set[str]:
    found = {}
    for node in tree(ROOT / path).body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(value))):
                found[name] = value
    return {found[name] for name in names}
