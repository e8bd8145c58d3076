"""What each dead letter asked for, as an entry of the agenda: it is tried again where it failed, and nowhere else."""

from collections.abc import Callable, Mapping

from pydantic import ValidationError

from shared.domain.changes import Due, Task
from shared.ports import DeadLetter
from shared.schemas.messages import AgendaEnvelope, DeliveryEnvelope, FactMessage
from shared.usecases.delivering import delivery_subject


def work_of(letter: DeadLetter) -> Due | None:
    """The work that the message stands for; None when it cannot be read."""
    read = _READERS.get(letter.entity)
    try:
        return read(letter) if read is not None else None
    except ValidationError:
        return None


def _of_agenda(letter: DeadLetter) -> Due:
    return AgendaEnvelope.model_validate_json(letter.body).to_message().due


def _of_delivery(letter: DeadLetter) -> Due:
    message = DeliveryEnvelope.model_validate_json(letter.body).to_message()
    return Due(Task.DELIVER, delivery_subject(message), letter.at, message.attempt)


def _of_fact(subject: Callable[[FactMessage], str]) -> Callable[[DeadLetter], Due]:
    def read(letter: DeadLetter) -> Due:
        return Due(Task.CATCH_UP, subject(FactMessage.model_validate_json(letter.body)), letter.at)

    return read


_READERS: Mapping[str, Callable[[DeadLetter], Due]] = {
    "agenda": _of_agenda,
    "deliveries": _of_delivery,
    "lifecycle": _of_fact(lambda fact: f"care:{fact.id}:{fact.aggregate}"),
    "webhooks": _of_fact(lambda fact: f"events:{fact.id}:{fact.resource}:{fact.aggregate}:{fact.sequence}"),
    "dialogs": _of_fact(lambda fact: f"dialog:{fact.id}"),
    "notifications": _of_fact(lambda fact: f"notify:{fact.id}:0"),
    "projections": _of_fact(lambda fact: f"mailboxes:{fact.id}"),
}
"""By the name of the queue or subscription; the subjects are those of `shared/usecases/agenda.py`."""
