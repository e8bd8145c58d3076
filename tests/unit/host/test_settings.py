"""What the host reads of the app's folder and the environment."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from local.host import settings


def test_environment_wins(tmp_path: Path) -> None:
    """A value of local.settings.json is taken only where the environment has none."""
    (tmp_path / "local.settings.json").write_text(json.dumps({"Values": {"A": "file", "B": "file"}}))
    environ = {"A": "real"}
    settings.load(tmp_path, environ)
    assert environ == {"A": "real", "B": "file"}


def test_defaults_without_files(tmp_path: Path) -> None:
    """Without files the prefix is "api", nothing has a time limit, and the host is called local."""
    found = settings.load(tmp_path, {})
    assert (found.route_prefix, found.function_timeout, found.host_id) == ("api", None, "local")


def test_environment_overrides_host_json(tmp_path: Path) -> None:
    """`AzureFunctionsJobHost__a__b` replaces host.json's a.b, whatever the case, and may add to it."""
    (tmp_path / "host.json").write_text(json.dumps({"extensions": {"http": {"routePrefix": "x"}}}))
    environ = {
        "AzureFunctionsJobHost__Extensions__http__routePrefix": "",
        "AzureFunctionsJobHost__extensions__blobs__poisonBlobThreshold": "2",
        "AzureFunctionsJobHost__functionTimeout": "00:01:30",
        "AzureFunctionsWebHost__hostid": "Mine",
    }
    found = settings.load(tmp_path, environ)
    assert found.route_prefix == ""
    assert found.extension("blobs") == {"poisonBlobThreshold": 2}
    assert found.function_timeout == timedelta(seconds=90)
    assert found.host_id == "mine"


@pytest.mark.parametrize(
    ("name", "content"), [("host.json", "{"), ("host.json", "[]"), ("local.settings.json", '{"Values": {"A": 1}}')]
)
def test_broken_file_is_named(tmp_path: Path, name: str, content: str) -> None:
    """A file that cannot be used is refused by its name."""
    (tmp_path / name).write_text(content)
    with pytest.raises(settings.BadSettings, match=name):
        settings.load(tmp_path, {})


def test_named_settings_are_filled_in() -> None:
    """`%Name%` becomes the setting's value anywhere in a binding; a missing one is refused by name."""
    binding = {"schedule": "%When%", "queueName": "a-%X%-b", "list": ["%X%"], "isSessionsEnabled": True}
    filled = settings.expand(binding, {"When": "* * * * * *", "X": "q"})
    assert filled == {"schedule": "* * * * * *", "queueName": "a-q-b", "list": ["q"], "isSessionsEnabled": True}
    with pytest.raises(settings.BadSettings, match="%X%"):
        settings.expand(binding, {"When": ""})


def test_connections_are_found() -> None:
    """A connection is a setting, also under the name with the prefix; the emulator's short form is spelt out."""
    environ = {"Data": "d", "AzureWebJobsOther": "o", "AzureWebJobsStorage": "UseDevelopmentStorage=true"}
    assert settings.connection_string("Data", environ) == "d"
    assert settings.connection_string("Other", environ) == "o"
    assert "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1" in settings.connection_string(None, environ)


@pytest.mark.parametrize(
    ("environ", "reason"), [({}, "not set"), ({"Data__serviceUri": "https://x"}, "managed identity")]
)
def test_missing_connection_says_why(environ: dict[str, str], reason: str) -> None:
    """A connection that is not there, or that asks for an identity, is refused with the reason."""
    with pytest.raises(settings.BadSettings, match=reason):
        settings.connection_string("Data", environ)


@pytest.mark.parametrize(
    ("environ", "off"),
    [
        ({}, False),
        ({"AzureWebJobs.scan.Disabled": "true"}, True),
        ({"AzureWebJobs__scan__Disabled": "1"}, True),
        ({"AzureWebJobs.scan.Disabled": "false"}, False),
        ({"AzureWebJobs.other.Disabled": "true"}, False),
    ],
)
def test_functions_are_switched_off(environ: dict[str, str], off: bool) -> None:
    """A setting switches one function off, with dots or with double underscores."""
    assert settings.disabled("scan", environ) is off


@pytest.mark.parametrize(
    ("text", "span"), [("00:05:00", 300), ("1.02:00:00", 93600), ("00:00:01.5", 1.5), ("01:30", 5400)]
)
def test_time_spans(text: str, span: float) -> None:
    """Time spans are read as host.json writes them."""
    assert settings.duration(text) == timedelta(seconds=span)
