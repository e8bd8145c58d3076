"""Entries in the log of a dialog."""

import uuid
from typing import Any

import pytest

from shared.domain.correspondence import ExternalReference, ReferenceType, Status
from shared.domain.dialog_activities import KINDS, activity
from shared.domain.dialog_parts import transmission_id
from shared.domain.dialog_texts import cut, cut_file_name, naming_forwarding
from shared.domain.facts import FactType
from tests.builders import BUSINESS, NOW, PERSON, fact, in_status, new_id, published


def entry(kind: FactType, *, file_name: str = "", status: Status = Status.PUBLISHED, **details: str) -> dict[str, Any]:
    made = activity(fact(type=kind, details=details), in_status(status), file_name=file_name)
    assert made is not None
    return made


def words(made: dict[str, Any]) -> dict[str, str]:
    return {each["languageCode"]: each["value"] for each in made["description"]}


@pytest.mark.parametrize(
    ("kind", "told"), [(FactType.READ, "CorrespondenceOpened"), (FactType.CONFIRMED, "CorrespondenceConfirmed")]
)
def test_opening_and_confirming_are_told_by_who_did_it(kind: FactType, told: str) -> None:
    """Without words of ours, which only an information may have."""
    made = entry(kind, by=PERSON)
    assert (made["type"], made["createdAt"]) == (told, "2026-12-01T12:00:00Z")
    assert made["performedBy"] == {"actorType": "PartyRepresentative", "actorId": PERSON}
    assert "description" not in made


def test_opening_a_transmission_names_it() -> None:
    """A dialog has many of them."""
    dialog = ExternalReference(ReferenceType.DIALOG_ID, new_id("foreign"))
    state = published(external_references=(dialog,))
    opened = activity(fact(type=FactType.READ, details={"by": PERSON}), state)
    assert opened is not None
    assert (opened["type"], opened["transmissionId"]) == ("TransmissionOpened", transmission_id(state))
    confirmed = activity(fact(type=FactType.CONFIRMED, details={"by": PERSON}), state)
    assert confirmed is not None
    assert "transmissionId" not in confirmed


def test_the_recipient_did_it_when_nobody_is_named() -> None:
    """A dialog needs an actor."""
    assert entry(FactType.READ)["performedBy"]["actorId"] == BUSINESS


@pytest.mark.parametrize(
    ("status", "who"), [(Status.PURGED_BY_ALTINN, "avsender"), (Status.PURGED_BY_RECIPIENT, "mottaker")]
)
def test_a_deletion_is_told_by_the_side_that_did_it(status: Status, who: str) -> None:
    """By a name and no id: an actor has exactly one of them."""
    made = entry(FactType.PURGED, status=status, by=PERSON)
    assert made["type"] == "DialogDeleted"
    assert made["performedBy"] == {"actorType": "PartyRepresentative", "actorName": who}


def test_a_download_names_the_file_in_three_languages() -> None:
    """By what the attachment is called."""
    made = entry(FactType.ATTACHMENT_DOWNLOADED, file_name="vedtak.pdf", by=PERSON, attachment="a-1")
    assert made["type"] == "Information"
    assert set(words(made)) == {"nb", "nn", "en"}
    assert all("vedtak.pdf" in text for text in words(made).values())
    assert made["performedBy"]["actorId"] == PERSON


def test_a_long_file_name_is_shortened_and_keeps_its_extension() -> None:
    """So that the sentence fits 255 characters."""
    made = entry(FactType.ATTACHMENT_DOWNLOADED, file_name="x" * 251 + ".pdf", by=PERSON)
    for text in words(made).values():
        assert len(text) <= 255
        assert "x….pdf" in text
    assert max(len(text) for text in words(made).values()) == 255


def test_a_file_name_with_braces_is_a_name() -> None:
    """It is put in once."""
    made = entry(FactType.ATTACHMENT_DOWNLOADED, file_name="{file}{0}.pdf", by=PERSON)
    assert words(made)["en"] == "The attachment {file}{0}.pdf was downloaded"


@pytest.mark.parametrize("kind", [FactType.NOTIFICATION_CREATED, FactType.NOTIFICATION_FAILED])
@pytest.mark.parametrize("medium", ["Email", "Sms"])
@pytest.mark.parametrize("reminder", ["true", "false"])
def test_notifications_are_told_by_the_service_owner(kind: FactType, medium: str, reminder: str) -> None:
    """Without id and name, by channel, a reminder as a reminder."""
    made = entry(kind, medium=medium, reminder=reminder)
    assert (made["type"], made["performedBy"]) == ("Information", {"actorType": "ServiceOwner"})
    assert ("SMS" in words(made)["nb"]) is (medium == "Sms")
    if kind is FactType.NOTIFICATION_CREATED:
        assert ("reminder" in words(made)["en"]) is (reminder == "true")


@pytest.mark.parametrize("kind", sorted(set(FactType) - set(KINDS)))
def test_other_facts_have_no_entry(kind: FactType) -> None:
    """They are no business of the dialog."""
    assert activity(fact(type=kind), published()) is None


def test_a_letter_marked_as_read_has_no_entry() -> None:
    """It was not opened."""
    assert activity(fact(type=FactType.READ, details={"how": "marked"}), published()) is None


def test_an_entry_has_the_same_id_at_every_try() -> None:
    """A version 7 id of the fact's time; another fact has another one."""
    one, again, other = (
        activity(fact(type=FactType.READ, sequence=n), published())["id"]  # type: ignore[index]
        for n in (4, 4, 5)
    )
    assert one == again != other
    assert uuid.UUID(str(one)).version == 7
    assert uuid.UUID(str(one)).int >> 80 == int(NOW.timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "length", "expected"),
    [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("a bcd", 3, "a…"), ("😀😀😀", 4, "😀…"), ("", 3, "")],
)
def test_a_text_is_cut_where_it_must_be(text: str, length: int, expected: str) -> None:
    """Counted as on the wire, never inside a character."""
    assert cut(text, length) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.pdf", "a.pdf"), ("abcdefgh.pdf", "abc….pdf"), ("abcdefghij", "abcdefg…"), ("a." + "p" * 9, "a.ppppp…")],
)
def test_a_file_name_is_cut_before_its_extension(name: str, expected: str) -> None:
    """Unless there is none that fits."""
    assert cut_file_name(name, 8) == expected


def test_a_forwarding_is_told_as_it_was_put() -> None:
    """By who did it, in three languages; whatever is long is cut, and braces mean nothing."""
    told = naming_forwarding(who="Kari {title}", title="t" * 300, address="a" * 990 + "@b.no", quote="q" * 200)
    made = activity(fact(type=FactType.FORWARDED, details={"by": PERSON}), published(), told=told)
    assert made is not None
    assert (made["type"], made["performedBy"]) == (
        "Information",
        {"actorType": "PartyRepresentative", "actorId": PERSON},
    )
    assert all(text.startswith("Kari {title}") and len(text) <= 255 for text in words(made).values())
    assert all("q" * 20 in text for text in words(made).values())


def test_a_forwarder_without_a_name_is_the_recipient() -> None:
    """And without words of theirs nothing is quoted."""
    told = naming_forwarding(who="", title="Vedtak", address="a@b.no", quote="")
    assert told["nb"] == "Mottakeren videresendte «Vedtak» til a@b.no"
