"""Facts as CloudEvents."""

from datetime import timedelta, timezone

import pytest

from shared.domain.events import alternative_subject, cloud_event, iso_z
from shared.domain.facts import AggregateKind, FactType
from shared.domain.identifiers import PartyUrn, organisation, person
from tests.builders import BUSINESS, NOW, PERSON, fact, new_id

BASE = "https://correspondence.localhost"


def test_an_event_has_the_shape_of_altinn_events() -> None:
    """All keys are lower case, `data` is there and null."""
    told = fact()
    assert cloud_event(told, base_url=BASE) == {
        "specversion": "1.0",
        "id": told.id,
        "type": "no.altinn.correspondence.correspondencepublished",
        "time": "2026-12-01T12:00:00Z",
        "resource": "urn:altinn:resource:example-letters",
        "resourceinstance": told.item,
        "source": "https://correspondence.localhost/correspondence/api/v1/correspondence",
        "subject": BUSINESS,
        "alternativesubject": "/organisation/311001000",
        "sequence": "0000000004",
        "data": None,
    }


def test_the_same_fact_is_the_same_event() -> None:
    """A second telling has the same id, another fact of the same letter another one."""
    assert cloud_event(fact(), base_url=BASE) == cloud_event(fact(), base_url=BASE)
    assert cloud_event(fact(sequence=5), base_url=BASE)["id"] != cloud_event(fact(), base_url=BASE)["id"]


def test_the_sequence_orders_events_as_text() -> None:
    """Nine comes before ten."""
    nine, ten = (str(cloud_event(fact(sequence=n), base_url=BASE)["sequence"]) for n in (9, 10))
    assert nine < ten


@pytest.mark.parametrize(
    ("changes", "leaf"),
    [
        ({}, "correspondence"),
        ({"aggregate": AggregateKind.ATTACHMENT, "type": FactType.ATTACHMENT_PUBLISHED}, "attachment"),
        ({"type": FactType.NOTIFICATION_CREATED}, "notification"),
        ({"type": FactType.NOTIFICATION_FAILED}, "correspondence"),
        ({"type": FactType.ATTACHMENT_DOWNLOADED}, "correspondence"),
    ],
)
def test_the_source_says_what_the_event_is_about(changes: dict[str, object], leaf: str) -> None:
    """A correspondence, an attachment or a notification."""
    assert cloud_event(fact(**changes), base_url=BASE)["source"] == f"{BASE}/correspondence/api/v1/{leaf}"


@pytest.mark.parametrize("kind", sorted(FactType))
def test_every_kind_of_fact_has_a_lower_case_type(kind: FactType) -> None:
    """And lower-case keys, as subscribers expect."""
    event = cloud_event(fact(type=kind), base_url=BASE, trace="00-1-2-01")
    assert event["type"] == f"no.altinn.correspondence.{kind}".lower()
    assert all(key.isascii() and key.isalnum() and key == key.lower() for key in event)


def test_a_download_names_the_attachment() -> None:
    """Beside the letter it belongs to."""
    told = fact(type=FactType.ATTACHMENT_DOWNLOADED, details={"by": PERSON, "attachment": new_id("file")})
    event = cloud_event(told, base_url=BASE)
    assert (event["resourceinstance"], event["attachmentid"]) == (told.item, new_id("file"))
    assert PERSON not in str(event)


def test_a_trace_goes_along_when_there_is_one() -> None:
    """Under the name of the tracing extension."""
    assert cloud_event(fact(), base_url=BASE, trace="00-1-2-01")["traceparent"] == "00-1-2-01"
    assert "traceparent" not in cloud_event(fact(), base_url=BASE)


@pytest.mark.parametrize(
    ("party", "alternative"),
    [
        (organisation("310001007"), "/organisation/310001007"),
        (person("01838510058"), "/person/01838510058"),
        (PartyUrn("urn:altinn:person:idporten-email:a@b.no"), None),
        (PartyUrn("urn:altinn:person:legacy-selfidentified:kari"), None),
    ],
)
def test_only_numbered_parties_have_an_old_name(party: PartyUrn, alternative: str | None) -> None:
    """Others have none."""
    assert alternative_subject(party) == alternative


def test_times_are_utc_with_a_z() -> None:
    """Whatever zone they were given in, down to the microsecond."""
    assert iso_z(NOW.astimezone(timezone(timedelta(hours=1)))) == "2026-12-01T12:00:00Z"
    assert iso_z(NOW + timedelta(microseconds=7)) == "2026-12-01T12:00:00.000007Z"
