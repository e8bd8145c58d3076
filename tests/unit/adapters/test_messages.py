"""What the outbox writes and what consumers read is one form."""

import json
from datetime import timedelta

import pytest
from pydantic import ValidationError

from shared.adapters.outbox_messages import agenda_letter, delivery_letter, fact_letter
from shared.domain.changes import Due, Task
from shared.domain.facts import AggregateKind, FactType
from shared.domain.identifiers import SubscriptionId
from shared.ports import AgendaMessage, DeliveryMessage
from shared.schemas.messages import AgendaEnvelope, DeliveryEnvelope, FactMessage
from tests.builders import NOW, RESOURCE, fact

AGENDA = AgendaMessage(Due(Task.PUBLISH, "correspondence:1", NOW, 2), "0:202612011200|k", NOW - timedelta(minutes=1))
DELIVERY = DeliveryMessage(SubscriptionId("s-1"), RESOURCE, AggregateKind.CORRESPONDENCE, "id-1", 7, 3)


@pytest.mark.parametrize("type_", FactType)
def test_a_fact_is_read_as_it_was_written(type_: FactType) -> None:
    """The schema reads what the outbox writes of a fact, and would write the same."""
    told = fact(type=type_)
    letter = fact_letter(told, "4bf92f3577b34da6a3ce929d0e0e4736")
    read = FactMessage.model_validate_json(letter.body)
    assert read == FactMessage.from_fact(told, trace="4bf92f3577b34da6a3ce929d0e0e4736")
    assert json.loads(read.model_dump_json()) == json.loads(letter.body)
    assert letter.message_id == told.id
    assert letter.properties == {"kind": "fact", "aggregate": "correspondence", "type": type_, "resource": RESOURCE}


def test_a_due_item_is_read_as_it_was_written() -> None:
    """The schema gives back the very item, times included."""
    letter = agenda_letter(AGENDA, "")
    read = AgendaEnvelope.model_validate_json(letter.body)
    assert read.to_message() == AGENDA
    assert read == AgendaEnvelope.from_message(AGENDA)
    assert read.model_dump(mode="json").keys() == json.loads(letter.body).keys()


def test_a_delivery_is_read_as_it_was_written() -> None:
    """The schema gives back the very delivery."""
    letter = delivery_letter(DELIVERY, "")
    read = DeliveryEnvelope.model_validate_json(letter.body)
    assert read.to_message() == DELIVERY
    assert read == DeliveryEnvelope.from_message(DELIVERY)
    assert json.loads(read.model_dump_json()) == json.loads(letter.body)


def test_message_ids_tell_attempts_apart_and_repeats_not() -> None:
    """The same entry and attempt have the same message id, another attempt or subscriber another one."""
    again = AgendaMessage(AGENDA.due, AGENDA.key, NOW)
    later = AgendaMessage(Due(Task.PUBLISH, "correspondence:1", NOW, 3), AGENDA.key, NOW)
    assert agenda_letter(AGENDA, "").message_id == agenda_letter(again, "x").message_id
    assert agenda_letter(AGENDA, "").message_id != agenda_letter(later, "").message_id
    other = DeliveryMessage(SubscriptionId("s-2"), RESOURCE, AggregateKind.CORRESPONDENCE, "id-1", 7, 3)
    assert delivery_letter(DELIVERY, "").message_id != delivery_letter(other, "").message_id
    assert len(agenda_letter(AGENDA, "").message_id) <= 128


@pytest.mark.parametrize(
    "change",
    [{"v": 2}, {"kind": "other"}, {"type": "unheardof"}, {"sequence": "4"}, {"sequence": 0}, {"extra": 1}, {"id": ""}],
)
def test_a_message_of_another_form_is_unreadable(change: dict[str, object]) -> None:
    """Another version, an unknown type, a number as text and an unknown member are all refused."""
    body = {**json.loads(fact_letter(fact(), "").body), **change}
    with pytest.raises(ValidationError):
        FactMessage.model_validate_json(json.dumps(body))
