"""What the host reads of the app's folder and the environment: host.json, local.settings.json, named settings."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

OVERRIDE = "AzureFunctionsJobHost__"
STORAGE = "AzureWebJobsStorage"
DEFAULT_HOST_ID = "local"
_REFERENCE = re.compile(r"%([^%\s]+)%")
_DURATION = re.compile(r"(?:(?P<days>\d+)\.)?(?P<hours>\d+):(?P<minutes>\d+)(?::(?P<seconds>\d+(?:\.\d+)?))?")
# The fixed account of the storage emulators, published with them; `UseDevelopmentStorage=true` stands for it.
_EMULATOR_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="  # gitleaks:allow
)
_EMULATOR = (
    f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={_EMULATOR_KEY};"
    "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1;"
    "TableEndpoint=http://127.0.0.1:10002/devstoreaccount1;"
)


class BadSettings(Exception):
    """The app's files or the environment cannot be used; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class HostSettings:
    """The host's configuration of one app: host.json with the environment's overrides laid over it."""

    app: Path
    document: Mapping[str, Any]
    host_id: str

    def extension(self, name: str) -> Mapping[str, Any]:
        """Give host.json's section for one extension, empty when absent."""
        section = self.document.get("extensions", {}).get(name, {})
        return section if isinstance(section, dict) else {}

    @property
    def route_prefix(self) -> str:
        """The prefix of every HTTP route; "api" unless host.json says otherwise."""
        return str(self.extension("http").get("routePrefix", "api")).strip("/")

    @property
    def function_timeout(self) -> timedelta | None:
        """How long a function without an HTTP trigger may run; None means for ever."""
        text = self.document.get("functionTimeout")
        return None if text in (None, "-1", -1) else duration(str(text))


def load(app: Path, environ: MutableMapping[str, str]) -> HostSettings:
    """Read the app's files; `environ` gets the values of local.settings.json that it lacks, so the real one wins.

    Raises:
        BadSettings: when a file is no JSON object or a value of local.settings.json is no text.
    """
    for name, value in _object(app / "local.settings.json").get("Values", {}).items():
        if not isinstance(value, str):
            raise BadSettings(f"local.settings.json: the value of {name} must be a string")
        environ.setdefault(name, value)
    document = _object(app / "host.json")
    for name, value in environ.items():
        if name.lower().startswith(OVERRIDE.lower()):
            _override(document, name[len(OVERRIDE) :].split("__"), value)
    return HostSettings(app, document, environ.get("AzureFunctionsWebHost__hostid", DEFAULT_HOST_ID).lower())


def expand(value: Any, environ: Mapping[str, str]) -> Any:
    """Replace every `%Name%` inside a binding by the setting of that name.

    Raises:
        BadSettings: when a setting is missing, since the real host refuses the function then.
    """
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: _setting(match[1], environ), value)
    if isinstance(value, dict):
        return {key: expand(item, environ) for key, item in value.items()}
    if isinstance(value, list):
        return [expand(item, environ) for item in value]
    return value


def connection_string(name: str | None, environ: Mapping[str, str]) -> str:
    """Find the connection string that a binding names, as it is or with the prefix `AzureWebJobs`.

    `UseDevelopmentStorage=true` is spelt out.

    Raises:
        BadSettings: when there is none, or only settings for managed identity, which this host does not use.
    """
    name = name or STORAGE
    for candidate in (name, f"AzureWebJobs{name}"):
        if text := environ.get(candidate):
            return _EMULATOR if text.strip().rstrip(";").lower() == "usedevelopmentstorage=true" else text
    if any(key.startswith(f"{name}__") for key in environ):
        raise BadSettings(f"{name}__… asks for managed identity; the local host needs the connection string {name}")
    raise BadSettings(f"the connection {name} is not set")


def disabled(function: str, environ: Mapping[str, str]) -> bool:
    """Tell whether a setting switches the function off, in either of the two spellings that platforms allow."""
    values = (
        environ.get(name, "") for name in (f"AzureWebJobs.{function}.Disabled", f"AzureWebJobs__{function}__Disabled")
    )
    return any(value.strip().lower() in ("true", "1") for value in values)


def duration(text: str) -> timedelta:
    """Read `[d.]hh:mm[:ss]`, the form of every time span in host.json.

    Raises:
        BadSettings: when the text has another form.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise BadSettings(f"{text!r} is no time span like 00:05:00")
    return timedelta(**{unit: float(number) for unit, number in match.groupdict(default="0").items()})


def _object(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise BadSettings(f"{path.name} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise BadSettings(f"{path.name} must hold a JSON object")
    return document


def _setting(name: str, environ: Mapping[str, str]) -> str:
    if name not in environ:
        raise BadSettings(f"a binding names %{name}%, but there is no such setting")
    return environ[name]


def _override(document: dict[str, Any], path: list[str], value: str) -> None:
    for depth, part in enumerate(path):
        key = next((existing for existing in document if existing.lower() == part.lower()), part)
        if depth == len(path) - 1:
            document[key] = _plain(value)
        elif not isinstance(document.get(key), dict):
            document[key] = {}
        if depth < len(path) - 1:
            document = document[key]


def _plain(value: str) -> Any:
    lowered = value.strip().lower()
    if lowered in ("true", "false"):
        return lowered == "true"
    return int(lowered) if re.fullmatch(r"-?\d+", lowered) else value
