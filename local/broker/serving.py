"""Runs a broker on a thread of its own, for tests and for programs that bring their own."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from local.broker.broker import Broker, start
from local.broker.config import OFFICIAL, BrokerConfig, Limits
from local.broker.config_file import load

_PATIENCE_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Serving:
    """A broker that runs on another thread."""

    connection_string: str
    port: int
    _broker: Broker
    _loop: asyncio.AbstractEventLoop

    def purge(self) -> None:
        """Forget every message, lock, seen id and session state; clients stay connected."""

        async def purge() -> None:
            self._broker.purge()

        asyncio.run_coroutine_threadsafe(purge(), self._loop).result(_PATIENCE_SECONDS)


@contextmanager
def serving(
    config: Path | BrokerConfig,
    *,
    db: Path | None = None,
    port: int = 0,
    clock_offset_file: Path | None = None,
    limits: Limits = OFFICIAL,
) -> Iterator[Serving]:
    """Run a broker as long as the block runs.

    `config` is a file in the official emulator's format, or the same as data; `limits` applies to a file.

    Raises:
        ConfigError: when the file breaks the schema.
        StoreBusy, StoreFailed, OSError: as `broker.start` does.
    """
    settings = load(config, limits=limits) if isinstance(config, Path) else config
    ready: Future[Serving] = Future()
    stop = threading.Event()

    async def run() -> None:
        loop = asyncio.get_running_loop()
        try:
            broker = await start(settings, db=db, clock_offset_file=clock_offset_file, port=port)
        except BaseException as error:  # noqa: BLE001  Whatever it is, the thread that waits must hear of it.
            ready.set_exception(error)
            return
        ready.set_result(Serving(broker.connection_string, broker.port, broker, loop))
        await loop.run_in_executor(None, stop.wait)
        await broker.stop()

    thread = threading.Thread(target=lambda: asyncio.run(run()), name="broker", daemon=True)
    thread.start()
    try:
        yield ready.result(_PATIENCE_SECONDS)
    finally:
        stop.set()
        thread.join(_PATIENCE_SECONDS)
