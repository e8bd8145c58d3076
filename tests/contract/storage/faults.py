"""A network that loses answers, and a server that is busy."""

from collections.abc import Awaitable, Callable
from typing import Any

from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import AioHttpTransport, AsyncHttpTransport

from shared.adapters.storage_calls import new_transport

type Wanted = Callable[[str, str], bool]


class FaultyTransport(AsyncHttpTransport[Any, Any]):
    """Passes everything on to the real transport, except what a test asked to go wrong."""

    def __init__(self) -> None:
        self._transport: AioHttpTransport | None = None  # The SDK looks for this name before it signs.
        self._lose: list[Wanted] = []
        self._refuse: list[Wanted] = []
        self._then: Callable[[], Awaitable[None]] | None = None
        self._sent: list[tuple[str, str]] = []

    def lose_answer(self, wanted: Wanted, then: Callable[[], Awaitable[None]] | None = None) -> None:
        """The server does what the next such request asks for, and nobody hears of it; `then` comes in between."""
        self._lose.append(wanted)
        self._then = then

    def refuse(self, wanted: Wanted) -> None:
        """The next such request never reaches the server."""
        self._refuse.append(wanted)

    def clear(self) -> None:
        """Everything goes well again."""
        self._lose.clear()
        self._refuse.clear()

    def urls(self, method: str) -> list[str]:
        """Where requests of this method went, in order."""
        return [url for sent, url in self._sent if sent == method]

    async def send(self, request: Any, **kwargs: Any) -> Any:
        """Send it, unless it is to go wrong."""
        self._sent.append((request.method, request.url))
        if _taken(self._refuse, request):
            raise ServiceRequestError("no connection")
        response = await self._opened().send(request, **kwargs)
        if _taken(self._lose, request):
            then, self._then = self._then, None
            if then is not None:
                await then()
            raise ServiceResponseError("the connection broke")
        return response

    async def open(self) -> None:
        """Open the real one."""
        await self._opened().open()

    async def close(self) -> None:
        """Close the real one."""
        if self._transport is not None:
            await self._transport.close()
            self._transport = None

    async def sleep(self, duration: float) -> None:
        """Do not wait between tries: tests have no time."""

    async def __aenter__(self) -> "FaultyTransport":
        await self.open()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    def _opened(self) -> AioHttpTransport:
        if self._transport is None:
            self._transport = new_transport("http:")
        return self._transport


def _taken(faults: list[Wanted], request: Any) -> bool:
    for wanted in faults:
        if wanted(request.method, request.url):
            faults.remove(wanted)
            return True
    return False


def transaction(method: str, url: str) -> bool:
    """Is it an entity-group transaction?"""
    return method == "POST" and url.endswith("$batch")


def insert(method: str, url: str) -> bool:
    """Is it an insert of one row?"""
    return method == "POST" and not url.endswith(("$batch", "/Tables"))


def anything(method: str, url: str) -> bool:
    """Whatever it is."""
    return bool(method and url)
