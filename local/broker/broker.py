"""The broker itself: owns the entities, listens, wakes what falls due, stops.

One event loop owns everything, so nothing needs a lock.
"""

import asyncio
from pathlib import Path
from typing import Final

from local.broker.attaching import Attaching
from local.broker.clock import Clock
from local.broker.config import BrokerConfig
from local.broker.connection import Connection
from local.broker.link import Link
from local.broker.message import Message
from local.broker.namespace import Namespace
from local.broker.protocol import FORCED, AmqpError
from local.broker.shelf import Services
from local.broker.store import MemoryStore, SqliteStore, Store

CLOCK_POLL_SECONDS: Final = 0.1
_LONGEST_SLEEP_SECONDS: Final = 3600.0


class Broker:
    """A running broker. Make it with `start`."""

    def __init__(self, config: BrokerConfig, store: Store, clock: Clock) -> None:
        """Take back what the store kept."""
        self.connections: set[Connection] = set()
        self.port = 0
        self.host = ""
        self._loop = asyncio.get_running_loop()
        self._store = store
        self._clock = clock
        self._due_at: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._server: asyncio.Server | None = None
        self._clock_watch: asyncio.Task[None] | None = None
        services = Services(self._loop, clock, store, self._arm, self._forward)
        self._namespace = Namespace(config, services)
        self._attaching = Attaching(self._namespace)
        self._namespace.restore(store)

    async def listen(self, host: str, port: int) -> None:
        """Accept clients; port 0 takes a free one.

        Raises:
            OSError: when the port is in use.
        """
        self._server = await self._loop.create_server(lambda: Connection(self), host, port)
        self.host, self.port = host, self._server.sockets[0].getsockname()[1]
        if self._clock.offset_file is not None:
            self._clock_watch = self._loop.create_task(self._watch_clock())

    def attach(self, link: Link) -> None:
        """Decide about a link. Raises AmqpError to refuse it."""
        self._attaching.attach(link)

    def commit(self) -> None:
        """Make durable what this turn has changed. Raises StoreFailed."""
        self._store.commit()

    def _forward(self, name: str, message: Message) -> None:
        self._namespace.forward(name, message)

    @property
    def connection_string(self) -> str:
        """What a client is configured with. Any key is taken."""
        return (
            f"Endpoint=sb://{self.host}:{self.port};SharedAccessKeyName=RootManageSharedAccessKey;"
            "SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;"
        )

    def purge(self) -> None:
        """Forget every message, lock, seen id and session state; links stay."""
        self._namespace.purge()
        self.commit()

    async def stop(self) -> None:
        """Say good-bye to all clients and let go of the port and the file."""
        if self._clock_watch is not None:
            self._clock_watch.cancel()
        if self._timer is not None:
            self._timer.cancel()
        if self._server is not None:
            self._server.close()
        for connection in list(self.connections):
            connection.close(AmqpError(FORCED, "The broker is stopping."))
        await asyncio.sleep(0)
        self._store.close()

    # Time ------------------------------------------------------------------------------------------------------------

    async def _watch_clock(self) -> None:
        while True:
            await asyncio.sleep(CLOCK_POLL_SECONDS)
            if self._clock.refresh():
                self._run_due()

    def _arm(self, when: float) -> None:
        """Wake up when the movable clock reaches `when`, or earlier."""
        if self._due_at is not None and self._due_at <= when:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._due_at = when
        delay = min(max(0.0, when - self._clock.now()), _LONGEST_SLEEP_SECONDS)
        self._timer = self._loop.call_later(delay, self._run_due)

    def _run_due(self) -> None:
        now, self._due_at = self._clock.now(), None
        for entity in self._namespace:
            entity.run_due(now)
        dues = [due for entity in self._namespace if (due := entity.shelf.next_due()) is not None]
        if dues:
            self._arm(min(dues))


async def start(
    config: BrokerConfig,
    *,
    db: Path | None = None,
    clock_offset_file: Path | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
) -> Broker:
    """Return a broker that listens. With `db` its state outlives a kill.

    Raises:
        StoreBusy: when another broker has the file.
        StoreFailed: when the file is no database of ours.
        OSError: when the port is in use.
    """
    store: Store = MemoryStore() if db is None else SqliteStore(db, asyncio.get_running_loop())
    broker = Broker(config, store, Clock(clock_offset_file))
    try:
        await broker.listen(host, port)
    except OSError:
        await broker.stop()
        raise
    return broker
