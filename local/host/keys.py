"""Function, host, system and master keys, enforced only when the host is given a file of them."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from local.host.settings import BadSettings

BLOBS_EXTENSION = "blobs_extension"  # The system key that the real host asks of Event Grid.


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one app. `enforced` is false when no file was given: then everything is open, as with Core Tools."""

    enforced: bool
    master: str = ""
    host: tuple[str, ...] = ()
    system: Mapping[str, str] | None = None
    functions: Mapping[str, tuple[str, ...]] | None = None

    def open(self, request: web.Request, level: str, function: str) -> bool:
        """Tell whether the request may call a function of this level: "anonymous", "function" or "admin"."""
        match level.lower():
            case "anonymous":
                return True
            case "function":
                return self._carries(request, (*self.host, *(self.functions or {}).get(function, ())))
            case _:
                return self._carries(request, ())

    def opens_admin(self, request: web.Request) -> bool:
        """Tell whether the request may use the host's own pages."""
        return self._carries(request, ())

    def opens_webhook(self, request: web.Request) -> bool:
        """Tell whether the request may hand in blob events."""
        key = (self.system or {}).get(BLOBS_EXTENSION)
        return self._carries(request, (key,) if key else ())

    def _carries(self, request: web.Request, accepted: tuple[str, ...]) -> bool:
        if not self.enforced:
            return True
        given = request.headers.get("x-functions-key") or request.query.get("code") or ""
        candidates = (*accepted, self.master) if self.master else accepted
        return any(hmac.compare_digest(given.encode(), key.encode()) for key in candidates)


def load(path: Path | None) -> Keys:
    """Read `{"master": key, "host": {name: key}, "system": {name: key}, "functions": {function: {name: key}}}`.

    Raises:
        BadSettings: when the file is missing or has another shape.
    """
    if path is None:
        return Keys(enforced=False)
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        functions = {name: tuple(map(str, keys.values())) for name, keys in document.get("functions", {}).items()}
        host = tuple(map(str, document.get("host", {}).values()))
        return Keys(True, str(document.get("master", "")), host, dict(document.get("system", {})), functions)
    except (OSError, ValueError, AttributeError) as error:
        raise BadSettings(f"the keys file cannot be used: {error}") from error
