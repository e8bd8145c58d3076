"""The sender's side: from initialised to published or failed."""

from datetime import datetime, timedelta

import pytest

from shared.domain.changes import Due, Task
from shared.domain.correspondence import Status
from shared.domain.facts import FactType
from shared.domain.publishing import fail, initialise, pass_due_date, publish, tell, wants_notice
from tests.builders import (
    AGENCY,
    BUSINESS,
    NOW,
    correspondence,
    in_status,
    initialised,
    notification_request,
    published,
)

WEEK = timedelta(days=7)
LATER = NOW + timedelta(hours=1)


def test_one_without_attachments_is_ready_at_once() -> None:
    """Its history has both statuses, its one fact tells the sender."""
    change = initialise(correspondence(), party=AGENCY, ready=True, reserved=False, now=NOW)
    assert [entry.status for entry in change.history] == [Status.INITIALIZED, Status.READY_FOR_PUBLISH]
    assert [(fact.type, fact.subject) for fact in change.facts] == [(FactType.INITIALIZED, AGENCY)]
    assert (change.state.status, change.due) == (Status.READY_FOR_PUBLISH, ())


def test_one_with_unscanned_attachments_waits() -> None:
    """It is initialised and no more."""
    change = initialise(correspondence(), party=AGENCY, ready=False, reserved=False, now=NOW)
    assert change.state.status is Status.INITIALIZED


@pytest.mark.parametrize("publish_time", [NOW - WEEK, NOW, LATER])
def test_a_reserved_recipient_gets_nothing(publish_time: datetime) -> None:
    """No fact, and never published: at its time, now at the earliest, it is looked at once more, and can fail."""
    new = correspondence(requested_publish_time=publish_time, due_date_time=LATER)
    change = initialise(new, party=AGENCY, ready=True, reserved=True, now=NOW)
    assert (change.state.status, change.facts) == (Status.RESERVED, ())
    assert change.due == (Due(Task.PUBLISH, new.id, max(NOW, publish_time)),)
    assert publish(change.state, reminder_delay=WEEK, now=LATER) is None
    failed = fail(change.state, "Reserved", now=LATER)
    assert failed is not None
    assert failed.state.status is Status.FAILED


def test_what_becomes_due_goes_on_the_agenda() -> None:
    """The publish time when it lies ahead, and the due date."""
    new = correspondence(requested_publish_time=LATER, due_date_time=LATER + WEEK)
    change = initialise(new, party=AGENCY, ready=True, reserved=False, now=NOW)
    assert change.due == (Due(Task.PUBLISH, new.id, LATER), Due(Task.DUE_DATE, new.id, LATER + WEEK))


def test_publishing_tells_the_recipient() -> None:
    """The time is kept, the fact is about the recipient."""
    change = publish(initialised(), reminder_delay=WEEK, now=NOW)
    assert change is not None
    assert (change.state.status, change.state.published, change.due) == (Status.PUBLISHED, NOW, ())
    assert [(fact.type, fact.subject) for fact in change.facts] == [(FactType.PUBLISHED, BUSINESS)]


def test_publishing_makes_ready_what_was_not() -> None:
    """When the attachments became ready later, both statuses are added."""
    waiting = initialise(correspondence(), party=AGENCY, ready=False, reserved=False, now=NOW).state
    change = publish(waiting, reminder_delay=WEEK, now=NOW)
    assert change is not None
    assert [entry.status for entry in change.history] == [Status.READY_FOR_PUBLISH, Status.PUBLISHED]


@pytest.mark.parametrize("send", [True, False])
def test_a_wanted_reminder_goes_on_the_agenda(send: bool) -> None:
    """After the delay, and only when it was asked for."""
    state = initialised(notification=notification_request(send_reminder=send))
    change = publish(state, reminder_delay=WEEK, now=NOW)
    assert change is not None
    assert change.due == ((Due(Task.REMIND, state.id, NOW + WEEK),) if send else ())


def test_nothing_is_published_before_its_time() -> None:
    """One microsecond early is early; the time itself is not."""
    state = initialised(requested_publish_time=LATER)
    assert publish(state, reminder_delay=WEEK, now=LATER - timedelta(microseconds=1)) is None
    assert publish(state, reminder_delay=WEEK, now=LATER) is not None


@pytest.mark.parametrize(
    "status",
    [Status.PUBLISHED, Status.FAILED, Status.RESERVED, Status.PURGED_BY_ALTINN, Status.PURGED_BY_RECIPIENT],
)
def test_nothing_is_published_twice_or_after_its_end(status: Status) -> None:
    """Published, failed, reserved and purged ones stay as they are."""
    assert publish(in_status(status, Status.INITIALIZED), reminder_delay=WEEK, now=NOW) is None


@pytest.mark.parametrize("status", [Status.INITIALIZED, Status.READY_FOR_PUBLISH, Status.RESERVED])
def test_what_is_not_published_can_fail(status: Status) -> None:
    """The reason is the text that shows, the sender is told."""
    change = fail(in_status(status), "No such party", now=NOW)
    assert change is not None
    assert (change.state.status, change.state.status_text) == (Status.FAILED, "No such party")
    assert [(fact.type, fact.subject) for fact in change.facts] == [(FactType.PUBLISH_FAILED, AGENCY)]


@pytest.mark.parametrize("status", [Status.PUBLISHED, Status.FAILED, Status.PURGED_BY_ALTINN])
def test_what_is_decided_does_not_fail_any_more(status: Status) -> None:
    """Malware in a shared attachment changes nothing in what was published."""
    assert fail(in_status(status), "Malware", now=NOW) is None


def test_a_notice_goes_out_for_what_can_be_seen() -> None:
    """Asked for, published, neither failed nor purged."""
    wish = notification_request()
    assert wants_notice(published(notification=wish), reminder=False)
    assert not wants_notice(published(), reminder=False)
    assert not wants_notice(initialised(notification=wish), reminder=False)
    for status in (Status.FAILED, Status.PURGED_BY_RECIPIENT, Status.PURGED_BY_ALTINN):
        assert not wants_notice(in_status(status, Status.PUBLISHED, notification=wish), reminder=False)


@pytest.mark.parametrize("status", [Status.READ, Status.CONFIRMED, Status.ARCHIVED])
def test_nobody_is_reminded_of_what_they_have_dealt_with(status: Status) -> None:
    """The main notice would still go out."""
    state = in_status(status, Status.PUBLISHED, notification=notification_request())
    assert wants_notice(state, reminder=False)
    assert not wants_notice(state, reminder=True)


def test_a_look_or_a_download_does_not_stop_the_reminder() -> None:
    """The letter itself was not opened."""
    state = in_status(
        Status.ATTACHMENTS_DOWNLOADED, Status.PUBLISHED, Status.FETCHED, notification=notification_request()
    )
    assert wants_notice(state, reminder=True)


@pytest.mark.parametrize(
    ("ever", "needed", "told"),
    [
        ({Status.PUBLISHED}, False, [FactType.NEVER_READ]),
        ({Status.PUBLISHED}, True, [FactType.NEVER_READ, FactType.NEVER_CONFIRMED]),
        ({Status.PUBLISHED, Status.READ}, True, [FactType.NEVER_CONFIRMED]),
        ({Status.PUBLISHED, Status.CONFIRMED}, True, [FactType.NEVER_READ]),
    ],
)
def test_the_due_date_tells_what_never_happened(ever: set[Status], needed: bool, told: list[FactType]) -> None:
    """Never read, never confirmed when it was needed; both about the recipient, and neither of them twice."""
    state = in_status(max(ever, key=list(Status).index), *ever, is_confirmation_needed=needed)
    change = pass_due_date(state, now=NOW)
    assert change is not None
    assert [fact.type for fact in change.facts] == told
    assert {fact.subject for fact in change.facts} == {BUSINESS}
    assert pass_due_date(change.state, now=NOW) is None


@pytest.mark.parametrize(
    "state",
    [
        initialised(),
        in_status(Status.READ, Status.PUBLISHED),
        in_status(Status.CONFIRMED, Status.READ, Status.PUBLISHED, is_confirmation_needed=True),
        in_status(Status.PURGED_BY_RECIPIENT, Status.PUBLISHED),
    ],
    ids=["unpublished", "read", "confirmed", "purged"],
)
def test_the_due_date_is_silent_when_there_is_nothing_to_say(state: object) -> None:
    """Not published, done with, or gone."""
    assert pass_due_date(state, now=NOW) is None  # type: ignore[arg-type]


def test_a_fact_about_the_senders_business_can_be_added() -> None:
    """It is about the sender, with the given item and details."""
    change = publish(initialised(), reminder_delay=WEEK, now=NOW)
    assert change is not None
    told = tell(change, FactType.NOTIFICATION_CREATED, now=NOW, item="n-1", medium="Email")
    assert (told.facts[-1].subject, told.facts[-1].item, told.facts[-1].details) == (AGENCY, "n-1", {"medium": "Email"})
