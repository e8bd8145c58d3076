"""What a decision returns: the new state, and everything that is saved with it in one transaction."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.domain.facts import Fact
from shared.domain.identifiers import PartyUrn


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of a status history. `party` is who caused it; it is stored and never shown."""

    sequence: int
    status: str
    text: str
    at: datetime
    party: PartyUrn | None = None


class Task(StrEnum):
    """What an agenda entry asks to be done when it falls due."""

    DISPATCH = "dispatch"
    PUBLISH = "publish"
    REMIND = "remind"
    DUE_DATE = "duedate"
    EXPIRE = "expire"
    CATCH_UP = "catchup"
    DELIVER = "deliver"
    ESCALATE = "escalate"


@dataclass(frozen=True, slots=True)
class Due:
    """A pointer to work that becomes due.

    `subject` names the thing to look at, parts joined with `:`; `attempt` counts earlier tries, 0 at first.
    Equal entries are one entry. Source: design, agenda.
    """

    task: Task
    subject: str
    at: datetime
    attempt: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change[State, Row]:
    """The outcome of a decision, saved whole or not at all.

    `rows` are the child rows besides history and facts (notifications of a correspondence, verdicts of an
    attachment). `due` are agenda entries; they are written before the commit, being pointers.
    """

    state: State
    history: tuple[HistoryEntry, ...] = ()
    facts: tuple[Fact, ...] = ()
    rows: tuple[Row, ...] = ()
    due: tuple[Due, ...] = field(default=())

    @property
    def is_empty(self) -> bool:
        """True when nothing would be said to anybody: no history, no facts, no rows, no agenda."""
        return not (self.history or self.facts or self.rows or self.due)
