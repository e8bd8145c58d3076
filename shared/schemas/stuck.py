"""The stuck list as it is answered."""

from collections.abc import Iterable

from shared.domain.stuck import Stuck, StuckKind
from shared.schemas.base import Answer, Time


class StuckItem(Answer):
    """One thing that is stuck; `resubmittable` false when its message cannot be read."""

    id: str
    kind: StuckKind
    about: str
    since: Time
    reason: str
    resubmittable: bool


class StuckAnswer(Answer):
    """The oldest of what is stuck; `more`: there may be others."""

    items: list[StuckItem]
    more: bool

    @classmethod
    def of(cls, items: Iterable[Stuck], *, more: bool) -> "StuckAnswer":
        """Ids and reasons; nothing of any message."""
        shown = [
            StuckItem(
                id=one.id,
                kind=one.kind,
                about=one.about,
                since=one.since,
                reason=one.reason,
                resubmittable=one.again is not None,
            )
            for one in items
        ]
        return cls(items=shown, more=more)
