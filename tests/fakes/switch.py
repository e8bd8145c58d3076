"""How fakes of storage fail: all of it at once, or the next calls as planned."""

from dataclasses import dataclass, field

from shared.domain.errors import Unavailable
from tests.fakes.neighbours import Failing


@dataclass
class Switched(Failing):
    """While `down`, every call raises Unavailable; `fail` plans the next calls; `calls` counts all."""

    down: bool = field(default=False, kw_only=True)
    calls: int = field(default=0, kw_only=True)

    def _ask(self) -> None:
        self.calls += 1
        if self.down:
            raise Unavailable("storage")
        self._next()
