"""Names of parties, resources and things."""

import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest

from shared.domain.identifiers import (
    PartyKind,
    PartyUrn,
    as_guid,
    derived_uuid5,
    derived_uuid7,
    is_person_number,
    organisation,
    parse_recipient,
    party_kind,
    party_number,
    person,
    resource_id,
    uuid7,
)
from tests.builders import NOW

PEOPLE = ("01838510058", "24847110186", "12829010001", "30880050032", "05819910016")


@pytest.mark.parametrize("number", PEOPLE)
def test_a_number_with_right_control_digits_is_a_person(number: str) -> None:
    """Both control digits hold, in synthetic numbers too."""
    assert is_person_number(number)


@pytest.mark.parametrize("number", PEOPLE)
@pytest.mark.parametrize("place", range(11))
def test_one_wrong_digit_is_no_person(number: str, place: int) -> None:
    """Whatever digit is off by one, the number is refused."""
    wrong = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
    assert not is_person_number(wrong)


@pytest.mark.parametrize("text", ["", "0183851005", "018385100588", "0183851005x", "٠١٨٣٨٥١٠٠٥٨", "01838510 58"])
def test_what_is_not_eleven_ascii_digits_is_no_person(text: str) -> None:
    """Length and digits are judged before the control digits."""
    assert not is_person_number(text)


def test_a_control_digit_of_ten_is_never_right() -> None:
    """A number whose control digit would have to be 10 does not exist, whatever stands there."""
    first_nine = next(
        f"{n:09d}" for n in range(10**8, 10**8 + 10_000) if _weighed(f"{n:09d}", (3, 7, 6, 1, 8, 9, 4, 5, 2)) % 11 == 1
    )
    assert not any(is_person_number(f"{first_nine}{rest:02d}") for rest in range(100))


def _weighed(digits: str, weights: tuple[int, ...]) -> int:
    return sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=True))


@pytest.mark.parametrize(
    ("text", "party"),
    [
        ("0192:310001007", "urn:altinn:organization:identifier-no:310001007"),
        ("urn:altinn:organization:identifier-no:310001007", "urn:altinn:organization:identifier-no:310001007"),
        ("URN:Altinn:Organization:Identifier-No:310001007", "urn:altinn:organization:identifier-no:310001007"),
        ("0192:123456789", "urn:altinn:organization:identifier-no:123456789"),
        ("01838510058", "urn:altinn:person:identifier-no:01838510058"),
        (" 01838510058 ", "urn:altinn:person:identifier-no:01838510058"),
        ("urn:altinn:person:identifier-no:01838510058", "urn:altinn:person:identifier-no:01838510058"),
        ("urn:altinn:person:idporten-email:Kari@Example.no", "urn:altinn:person:idporten-email:kari@example.no"),
        ("urn:altinn:person:legacy-selfidentified:Kari", "urn:altinn:person:legacy-selfidentified:kari"),
    ],
)
def test_the_four_forms_of_a_recipient_are_read(text: str, party: str) -> None:
    """Each becomes its lower-case URN; an organisation's number is not checked."""
    assert parse_recipient(text) == party


@pytest.mark.parametrize(
    "text",
    [
        "",
        "310001007",
        "9908:310001007",
        "0192:31000100",
        "0192:3100010077",
        "01838510059",
        "urn:altinn:person:identifier-no:01838510059",
        "urn:altinn:person:idporten-email:@example.no",
        "urn:altinn:person:idporten-email:kari@",
        "urn:altinn:person:idporten-email:kari",
        "urn:altinn:person:idporten-email:a@b@c",
        "urn:altinn:person:idporten-email:a:b@c",
        "urn:altinn:person:legacy-selfidentified:",
        "urn:altinn:person:legacy-selfidentified:a:b",
        "urn:altinn:party:uuid:0000",
        "0192:٣١٠٠٠١٠٠٧",
    ],
)
def test_anything_else_is_no_recipient(text: str) -> None:
    """Bare organisation numbers, other countries and broken numbers are refused."""
    assert parse_recipient(text) is None


def test_a_party_tells_its_kind_and_number() -> None:
    """What was put together can be taken apart."""
    assert (party_kind(organisation("310001007")), party_number(organisation("310001007"))) == (
        PartyKind.ORGANISATION,
        "310001007",
    )
    assert party_kind(person("01838510058")) is PartyKind.PERSON
    assert party_kind(PartyUrn("urn:altinn:person:idporten-email:a@b.no")) is PartyKind.IDPORTEN_EMAIL
    assert party_kind(PartyUrn("urn:altinn:person:legacy-selfidentified:kari")) is PartyKind.SELF_IDENTIFIED


def test_an_unknown_kind_of_party_fails_without_naming_it() -> None:
    """The error does not hold the number that was refused."""
    with pytest.raises(ValueError, match="unknown kind") as caught:
        party_kind(PartyUrn("urn:altinn:secret:01838510058"))
    assert "01838510058" not in str(caught.value)


@pytest.mark.parametrize("text", ["example-letters", "urn:altinn:resource:example-letters"])
def test_a_resource_id_loses_its_prefix(text: str) -> None:
    """With and without the prefix it is the same resource."""
    assert resource_id(text) == "example-letters"


def test_a_uuid7_carries_its_millisecond_and_version() -> None:
    """The first 48 bits are the time, whatever zone it was given in; version and variant are right."""
    made = uuid.UUID(uuid7(NOW, bytes(range(10))))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == int(NOW.timestamp() * 1000)
    assert uuid7(NOW.astimezone(timezone(timedelta(hours=2))), bytes(range(10))) == str(made)


def test_uuid7s_of_later_milliseconds_sort_later() -> None:
    """As text, whatever the random part."""
    early, late = uuid7(NOW, b"\xff" * 10), uuid7(NOW + timedelta(milliseconds=1), b"\x00" * 10)
    assert early < late


def test_derived_ids_depend_on_every_part() -> None:
    """The same parts give the same id; another part, order or time gives another one."""
    base = derived_uuid7(NOW, "a", "b")
    assert base == derived_uuid7(datetime(2026, 12, 1, 12, tzinfo=UTC), "a", "b")
    assert len({base, derived_uuid7(NOW, "b", "a"), derived_uuid7(NOW, "a"), derived_uuid7(NOW, "ab")}) == 4
    assert derived_uuid5(base, "x") == derived_uuid5(base, "x") != derived_uuid5(base, "y")
    assert uuid.UUID(derived_uuid5(base, "x")).version == 5


@pytest.mark.parametrize(
    ("text", "guid"),
    [
        ("6F9619FF-8B86-D011-B42D-00CF4FC964FF", "6f9619ff-8b86-d011-b42d-00cf4fc964ff"),
        ("6f9619ff8b86d011b42d00cf4fc964ff", "6f9619ff-8b86-d011-b42d-00cf4fc964ff"),
        ("", None),
        ("6f9619ff", None),
        ("zf9619ff-8b86-d011-b42d-00cf4fc964ff", None),
    ],
)
def test_a_guid_is_read_in_its_canonical_form(text: str, guid: str | None) -> None:
    """Lower case with hyphens, or None when it is none."""
    assert as_guid(text) == guid
