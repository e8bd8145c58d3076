"""From initialised to published or failed: the sender's side of a correspondence. Pure decisions."""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain.changes import Due, Task
from shared.domain.correspondence import Correspondence, CorrespondenceChange, Status, step, with_fact
from shared.domain.facts import FactType
from shared.domain.identifiers import PartyUrn
from shared.domain.labels import SystemLabel
from shared.domain.notification import Escalation


def initialise(
    new: Correspondence, *, party: PartyUrn, ready: bool, reserved: bool, now: datetime
) -> CorrespondenceChange:
    """Begin: `new` gets its first history. `ready`: every attachment is published already (or there are none).

    A publish time in the future puts it on the agenda. One for a reserved recipient says nothing to anybody and
    fails when its time comes. Source: wire contract 4.1.1.
    """
    change = step(new, Status.INITIALIZED, party=party, now=now)
    if reserved:
        change = step(change.state, Status.RESERVED, party=party, now=now, onto=change)
        return replace(change, due=(Due(Task.PUBLISH, new.id, max(now, new.requested_publish_time)),))
    change = with_fact(change, FactType.INITIALIZED, change.state.sender, now)
    if ready:
        change = step(change.state, Status.READY_FOR_PUBLISH, party=party, now=now, onto=change)
    due = [Due(Task.PUBLISH, new.id, new.requested_publish_time)] if new.requested_publish_time > now else []
    if new.due_date_time is not None:
        due.append(Due(Task.DUE_DATE, new.id, new.due_date_time))
    return replace(change, due=tuple(due))


def publish(
    state: Correspondence, *, reminder_delay: timedelta, escalation: Escalation | None = None, now: datetime
) -> CorrespondenceChange | None:
    """Make it visible to the recipient, or None when it is not to be published (yet, or any more).

    The caller has seen that every attachment is published. A wanted reminder goes on the agenda, and what follows it.
    """
    if now < state.requested_publish_time or state.ever & {Status.PUBLISHED, Status.FAILED, Status.RESERVED}:
        return None
    if state.is_purged:
        return None
    change = CorrespondenceChange(state=state)
    if Status.READY_FOR_PUBLISH not in state.ever:
        change = step(state, Status.READY_FOR_PUBLISH, party=state.sender, now=now)
    published = replace(change.state, published=now)
    change = step(published, Status.PUBLISHED, party=state.sender, now=now, onto=change)
    change = with_fact(change, FactType.PUBLISHED, state.recipient, now)
    if state.notification is not None and state.notification.send_reminder:
        due = [Due(Task.REMIND, state.id, now + reminder_delay)]
        if escalation is not None:
            due.append(Due(Task.ESCALATE, state.id, now + reminder_delay + timedelta(days=escalation.after_days)))
        return replace(change, due=tuple(due))
    return change


def fail(state: Correspondence, reason: str, *, now: datetime) -> CorrespondenceChange | None:
    """Give up publishing, with the reason; None when it is published, failed or purged already.

    Source: wire contract 7.1; malware in a shared attachment does not fail what is already published (design 10).
    """
    if state.ever & {Status.PUBLISHED, Status.FAILED} or state.is_purged:
        return None
    change = step(state, Status.FAILED, party=state.sender, now=now, text=reason)
    return with_fact(change, FactType.PUBLISH_FAILED, state.sender, now)


def wants_notice(state: Correspondence, *, reminder: bool) -> bool:
    """May a notice still go out? The main one unless purged or failed; a reminder only while nobody has opened,
    confirmed, archived or purged it. Source: wire contract 8.5 and design 10.
    """
    if (
        state.notification is None
        or Status.PUBLISHED not in state.ever
        or state.is_purged
        or Status.FAILED in state.ever
    ):
        return False
    archived = Status.ARCHIVED in state.ever or SystemLabel.ARCHIVE in state.labels
    return not (reminder and (archived or state.ever & {Status.READ, Status.CONFIRMED}))


def pass_due_date(state: Correspondence, *, now: datetime) -> CorrespondenceChange | None:
    """Say at the due date, once, that it was never read, or never confirmed; None when there is nothing to say."""
    if Status.PUBLISHED not in state.ever or state.is_purged or state.due_date_passed:
        return None
    change = CorrespondenceChange(state=replace(state, due_date_passed=True))
    if Status.READ not in state.ever:
        change = with_fact(change, FactType.NEVER_READ, state.recipient, now)
    if state.is_confirmation_needed and Status.CONFIRMED not in state.ever:
        change = with_fact(change, FactType.NEVER_CONFIRMED, state.recipient, now)
    return None if change.is_empty else change


def have_printed(state: Correspondence, *, now: datetime) -> CorrespondenceChange | None:
    """Say, once, that the recipient is to have it on paper; None when nobody is to be reminded of it any more."""
    if state.print_due or not wants_notice(state, reminder=True):
        return None
    return tell(CorrespondenceChange(state=replace(state, print_due=True)), FactType.PRINT_DUE, now=now)


def tell(change: CorrespondenceChange, fact: FactType, *, now: datetime, **details: str) -> CorrespondenceChange:
    """Add a fact about the sender's business to a change (a notification was created, one failed)."""
    return with_fact(change, fact, change.state.sender, now, **details)
