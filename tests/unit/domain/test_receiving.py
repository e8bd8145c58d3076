"""What recipients do, and senders who withdraw."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.domain.correspondence import (
    PURGEABLE_BY_SENDER,
    Correspondence,
    ExternalReference,
    ReferenceType,
    Status,
)
from shared.domain.errors import DomainError, Refusal
from shared.domain.facts import FactType
from shared.domain.identifiers import AttachmentId
from shared.domain.receiving import (
    FETCH_DEBOUNCE,
    confirm,
    download,
    fetch,
    mark_as_read,
    purge_by_recipient,
    purge_by_sender,
    read,
)
from tests.builders import AGENCY, BUSINESS, NOW, PERSON, fetched, in_status, initialised, published

FILE = AttachmentId("file")
DIALOG = ExternalReference(ReferenceType.DIALOG_ID, "6f9619ff-8b86-7011-b42d-00cf4fc964ff")


def refused(act: Callable[[], object]) -> Refusal:
    with pytest.raises(DomainError) as caught:
        act()
    return caught.value.refusal


def test_a_look_is_in_the_history_and_does_not_show() -> None:
    """The status that shows stays."""
    change = fetch(published(), PERSON, last=None, now=NOW)
    assert change is not None
    assert [(entry.status, entry.party) for entry in change.history] == [(Status.FETCHED, PERSON)]
    assert (change.state.status, change.facts) == (Status.PUBLISHED, ())


def test_looks_of_one_party_are_noted_every_fifteen_seconds_at_most() -> None:
    """Unless they are not to be thinned out."""
    state, just_now = published(), NOW - FETCH_DEBOUNCE + timedelta(microseconds=1)
    assert fetch(state, PERSON, last=just_now, now=NOW) is None
    assert fetch(state, PERSON, last=NOW - FETCH_DEBOUNCE, now=NOW) is not None
    assert fetch(state, PERSON, last=just_now, now=NOW, debounce=False) is not None


def test_the_first_reading_is_told_to_the_sender_and_no_other() -> None:
    """Its time is kept; the second reading changes nothing."""
    change = read(fetched(), PERSON, now=NOW)
    assert change is not None
    assert (change.state.status, change.state.read) == (Status.READ, NOW)
    assert [(fact.type, fact.subject, fact.details) for fact in change.facts] == [
        (FactType.READ, AGENCY, {"by": PERSON, "how": "opened"})
    ]
    assert read(change.state, PERSON, now=NOW) is None


def test_marking_as_read_is_reading_without_opening() -> None:
    """The fact says so."""
    change = mark_as_read(fetched(), PERSON, now=NOW)
    assert change.state.status is Status.READ
    assert change.facts[0].details["how"] == "marked"


def test_marking_as_read_needs_a_look_first_and_works_once() -> None:
    """1024 before any look, 1040 after a reading."""
    assert refused(lambda: mark_as_read(published(), PERSON, now=NOW)) is Refusal.READ_BEFORE_FETCHED
    after = mark_as_read(fetched(), PERSON, now=NOW).state
    assert refused(lambda: mark_as_read(after, PERSON, now=NOW)) is Refusal.ALREADY_READ


def test_confirming_needs_a_look_first_and_works_once() -> None:
    """1025 before any look, 1041 the second time; that it was not asked for does not matter."""
    assert refused(lambda: confirm(published(), PERSON, now=NOW)) is Refusal.CONFIRM_BEFORE_FETCHED
    change = confirm(fetched(is_confirmation_needed=False), PERSON, now=NOW)
    assert [(fact.type, fact.subject) for fact in change.facts] == [(FactType.CONFIRMED, AGENCY)]
    assert refused(lambda: confirm(change.state, PERSON, now=NOW)) is Refusal.ALREADY_CONFIRMED


def test_a_download_is_in_the_history_each_time_and_told_once() -> None:
    """The history names the attachment; another attachment is told again."""
    first = download(fetched(), FILE, PERSON, now=NOW)
    second = download(first.state, FILE, PERSON, now=NOW)
    other = download(second.state, AttachmentId("other"), PERSON, now=NOW)
    assert [len(change.history) for change in (first, second, other)] == [1, 1, 1]
    assert FILE in first.history[0].text
    assert [len(change.facts) for change in (first, second, other)] == [1, 0, 1]
    assert first.facts[0].details == {"by": PERSON, "attachment": FILE}


@pytest.mark.parametrize(
    "act",
    [
        lambda state: mark_as_read(state, PERSON, now=NOW),
        lambda state: confirm(state, PERSON, now=NOW),
        lambda state: download(state, FILE, PERSON, now=NOW),
        lambda state: purge_by_recipient(state, PERSON, now=NOW),
    ],
    ids=["mark as read", "confirm", "download", "purge"],
)
@pytest.mark.parametrize(
    "state",
    [initialised(), in_status(Status.FAILED), in_status(Status.RESERVED)],
    ids=["unpublished", "failed", "reserved"],
)
def test_what_the_recipient_may_not_see_does_not_exist_for_them(
    act: Callable[[Correspondence], object], state: Correspondence
) -> None:
    """1001, whatever they try."""
    assert refused(lambda: act(state)) is Refusal.CORRESPONDENCE_NOT_FOUND


@pytest.mark.parametrize("state", [published(), fetched(), download(fetched(), FILE, PERSON, now=NOW).state])
def test_the_recipient_purges_what_is_published(state: Correspondence) -> None:
    """The sender is told; it is gone for the recipient, and a second purge is refused."""
    change = purge_by_recipient(state, BUSINESS, now=NOW)
    assert Status.PURGED_BY_RECIPIENT in change.state.ever
    assert [(fact.type, fact.subject) for fact in change.facts] == [(FactType.PURGED, AGENCY)]
    assert not change.state.is_available_to_recipient
    assert refused(lambda: purge_by_recipient(change.state, BUSINESS, now=NOW)) is Refusal.ALREADY_PURGED
    assert refused(lambda: purge_by_sender(change.state, AGENCY, now=NOW)) is Refusal.ALREADY_PURGED


def test_what_must_be_confirmed_is_confirmed_before_it_is_purged() -> None:
    """1026 until then."""
    state = fetched(is_confirmation_needed=True, due_date_time=NOW)
    assert refused(lambda: purge_by_recipient(state, BUSINESS, now=NOW)) is Refusal.PURGE_BEFORE_CONFIRMED
    confirmed = confirm(state, BUSINESS, now=NOW).state
    assert purge_by_recipient(confirmed, BUSINESS, now=NOW).state.is_purged


@pytest.mark.parametrize("status", sorted(Status))
def test_the_sender_purges_only_before_publishing(status: Status) -> None:
    """It counts as purged by the service; after publishing it is 1013."""
    state = in_status(status)
    if status in PURGEABLE_BY_SENDER:
        assert purge_by_sender(state, AGENCY, now=NOW).state.ever == {status, Status.PURGED_BY_ALTINN}
    elif state.is_purged:
        assert refused(lambda: purge_by_sender(state, AGENCY, now=NOW)) is Refusal.ALREADY_PURGED
    else:
        assert refused(lambda: purge_by_sender(state, AGENCY, now=NOW)) is Refusal.PURGE_AFTER_PUBLISH


def test_a_transmission_is_never_purged() -> None:
    """1043 for both sides."""
    seen = fetched(external_references=(DIALOG,))
    waiting = initialised(external_references=(DIALOG,))
    assert refused(lambda: purge_by_recipient(seen, BUSINESS, now=NOW)) is Refusal.TRANSMISSION_NOT_PURGEABLE
    assert refused(lambda: purge_by_sender(waiting, AGENCY, now=NOW)) is Refusal.TRANSMISSION_NOT_PURGEABLE
