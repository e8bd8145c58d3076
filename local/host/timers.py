"""Timer triggers: they follow the stack's clock, and remember in storage when they last fired."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from azure.core.exceptions import AzureError, ResourceNotFoundError

from local.host import cron
from local.host.clock import Clock
from local.host.connections import Connections
from local.host.dispatch import Dispatcher, Failed
from local.host.functions import Function

STATUS_CONTAINER = "azure-webjobs-hosts"
# The real host keeps no status for schedules that come due more often than once a minute.
SHORTEST_MONITORED = timedelta(minutes=1)
LATE = timedelta(seconds=5)
NEVER = datetime(1, 1, 1, tzinfo=UTC)

log = logging.getLogger("host.timers")


@dataclass(frozen=True, slots=True)
class Status:
    """When a timer last fired and when it is due next; `last` is `NEVER` before the first time."""

    last: datetime
    due: datetime
    updated: datetime

    def document(self) -> dict[str, str]:
        """Give the form in which the real host stores and hands it over."""
        return {"Last": self.last.isoformat(), "Next": self.due.isoformat(), "LastUpdated": self.updated.isoformat()}


class StatusStore(Protocol):
    """Keeps the status of timers over restarts."""

    async def read(self, function: str) -> Status | None:
        """Give the status of a function, or None when there is none that can be read."""

    async def write(self, function: str, status: Status) -> None:
        """Keep the status of a function."""


class BlobStatusStore:
    """Keeps it where the real host does: `azure-webjobs-hosts/timers/{host id}/Host.Functions.{name}/status`."""

    def __init__(self, connections: Connections, host_id: str) -> None:
        self._connections = connections
        self._host_id = host_id

    async def read(self, function: str) -> Status | None:
        """Read the blob."""
        container = await self._connections.container(None, STATUS_CONTAINER)
        try:
            content = await (await container.download_blob(self._path(function))).readall()
        except ResourceNotFoundError:
            return None
        return parse_status(content)

    async def write(self, function: str, status: Status) -> None:
        """Write the blob."""
        container = await self._connections.container(None, STATUS_CONTAINER)
        await container.upload_blob(self._path(function), json.dumps(status.document()), overwrite=True)

    def _path(self, function: str) -> str:
        return f"timers/{self._host_id}/Host.Functions.{function}/status"


class FileStatusStore:
    """Keeps it in a folder, for an app without storage."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def read(self, function: str) -> Status | None:
        """Read the file."""
        path = self._folder / f"{function}.json"
        return parse_status(path.read_bytes()) if path.exists() else None

    async def write(self, function: str, status: Status) -> None:
        """Write the file."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / f"{function}.json").write_text(json.dumps(status.document()), encoding="utf-8")


class Timer:
    """Fires one function. `run()` never ends by itself."""

    def __init__(self, function: Function, dispatcher: Dispatcher, clock: Clock, store: StatusStore | None) -> None:
        self._function = function
        self._dispatcher = dispatcher
        self._clock = clock
        self._schedule = cron.parse(str(function.trigger["schedule"]))
        monitored = str(function.trigger.get("useMonitor", True)).lower() != "false"
        self._store = store if monitored and self._interval() >= SHORTEST_MONITORED else None
        self._status = Status(NEVER, self._schedule.after(clock.now()), NEVER)

    async def run(self) -> None:
        """Fire at once what came due while the host was down or what asks for it, then at every occurrence."""
        missed = await self._resume()
        due = missed or self._schedule.after(self._clock.now())
        if missed is None and str(self._function.trigger.get("runOnStartup", "")).lower() == "true":
            await self._fire(past_due=False)
        while True:
            await self._clock.until(due)
            started, offset = self._clock.now(), self._clock.offset
            await self._fire(past_due=started - due > LATE)
            # A clock moved meanwhile may have made the timer due again; a run that took long skips what it overran.
            due = self._schedule.after(started if self._clock.offset != offset else self._clock.now())

    async def _resume(self) -> datetime | None:
        """Take up the stored status; give the moment that was missed, if any."""
        stored = await self._stored()
        now = self._clock.now()
        if stored is None:
            await self._remember(Status(NEVER, self._schedule.after(now), now))
            return None
        self._status = stored
        base = stored.last if stored.last > NEVER else stored.updated
        if (
            self._schedule.after(base) != stored.due
        ):  # The schedule was changed; what the old one missed is nobody's business.
            await self._remember(Status(stored.last, self._schedule.after(now), now))
            return None
        return stored.due if stored.due <= now else None

    async def _fire(self, *, past_due: bool) -> None:
        fired = self._clock.now()
        value: dict[str, Any] = {
            "Schedule": {"AdjustForDST": True},
            "ScheduleStatus": self._status.document(),
            "IsPastDue": past_due,
        }
        try:
            await self._dispatcher.run(self._function, value)
        except Failed:
            log.debug("%s failed; it fires again at its next occurrence", self._function.name)
        await self._remember(Status(fired, self._schedule.after(fired), fired))

    async def _stored(self) -> Status | None:
        if self._store is None:
            return None
        try:
            return await self._store.read(self._function.name)
        except (AzureError, OSError) as error:
            log.warning("%s: the timer's status could not be read: %s", self._function.name, type(error).__name__)
            return None

    async def _remember(self, status: Status) -> None:
        self._status = status
        if self._store is None:
            return
        try:
            await self._store.write(self._function.name, status)
        except (AzureError, OSError) as error:
            log.warning("%s: the timer's status could not be stored: %s", self._function.name, type(error).__name__)

    def _interval(self) -> timedelta:
        first = self._schedule.after(self._clock.now())
        return self._schedule.after(first) - first


def parse_status(content: bytes) -> Status | None:
    """Read a stored status; None when it is not one."""
    try:
        document = json.loads(content)
        return Status(*(_moment(document[name]) for name in ("Last", "Next", "LastUpdated")))
    except (ValueError, KeyError, TypeError):
        return None


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
