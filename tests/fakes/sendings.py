"""In-memory knowledge of what is being sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.identifiers import CorrespondenceId
from tests.fakes.switch import Switched


@dataclass
class FakeSendings(Switched):
    """Fulfils the port Sendings."""

    pauses: dict[str, datetime] = field(default_factory=dict)
    noted: dict[str, CorrespondenceId] = field(default_factory=dict)

    async def pause(self, neighbour: str, *, until: datetime) -> None:
        self._ask()
        self.pauses[neighbour] = until

    async def paused_until(self, neighbour: str) -> datetime | None:
        self._ask()
        return self.pauses.get(neighbour)

    async def note(self, operation_ids: Sequence[str], about: CorrespondenceId) -> None:
        self._ask()
        self.noted |= dict.fromkeys(operation_ids, about)

    async def about(self, operation_id: str) -> CorrespondenceId | None:
        self._ask()
        return self.noted.get(operation_id)
