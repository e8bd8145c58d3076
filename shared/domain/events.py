"""A fact as the CloudEvent that the world outside is told. Pure."""

from datetime import UTC, datetime

from shared.domain.facts import Fact, FactType
from shared.domain.identifiers import PartyKind, PartyUrn, party_kind, party_number
from shared.domain.subscription import EVENT_TYPE_PREFIX

_ALTERNATIVE = {PartyKind.ORGANISATION: "/organisation/", PartyKind.PERSON: "/person/"}
_SEQUENCE_DIGITS = 10


def cloud_event(fact: Fact, *, base_url: str, trace: str = "") -> dict[str, object]:
    """The event in the shape of Altinn Events: all keys lower case, `data` always null.

    The id is the fact's, so a repeated delivery is known again. `sequence` (the CloudEvents extension) orders the
    events of one correspondence or attachment, as text. `trace`, a W3C traceparent, goes along when given; so does
    the attachment that an event of a correspondence is about. Source: wire contract 9.1 and 9.2.
    """
    event: dict[str, object] = {
        "specversion": "1.0",
        "id": fact.id,
        "type": EVENT_TYPE_PREFIX + fact.type,
        "time": iso_z(fact.at),
        "resource": f"urn:altinn:resource:{fact.resource_id}",
        "resourceinstance": fact.item,
        "source": f"{base_url}/correspondence/api/v1/{_leaf(fact)}",
        "subject": fact.subject,
        "alternativesubject": alternative_subject(fact.subject),
        "sequence": sequence_text(fact.sequence),
        "data": None,
    }
    if "attachment" in fact.details:
        event["attachmentid"] = fact.details["attachment"]
    if trace:
        event["traceparent"] = trace
    return event


def sequence_text(sequence: int) -> str:
    """The number in digits of one length, so that texts sort as numbers do."""
    return f"{sequence:0{_SEQUENCE_DIGITS}d}"


def iso_z(at: datetime) -> str:
    """The instant in ISO 8601, in UTC with `Z`."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def alternative_subject(party: PartyUrn) -> str | None:
    """The party in the old form, which only organisations and persons with numbers have."""
    prefix = _ALTERNATIVE.get(party_kind(party))
    return None if prefix is None else prefix + party_number(party)


def _leaf(fact: Fact) -> str:
    return "notification" if fact.type is FactType.NOTIFICATION_CREATED else fact.aggregate
