"""What recipients, and senders withdrawing, do with a correspondence. Pure decisions."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain.correspondence import (
    PURGEABLE_BY_SENDER,
    Correspondence,
    CorrespondenceChange,
    Status,
    require_available,
    step,
    with_fact,
)
from shared.domain.errors import DomainError, Refusal
from shared.domain.facts import FactType
from shared.domain.identifiers import AttachmentId, PartyUrn
from shared.domain.labels import SystemLabel

FETCH_DEBOUNCE = timedelta(seconds=15)  # Source: wire contract, Fetched rows.
FACTS_AT_ONCE = 90
"""With root and history below the 100 writes of a transaction. Source: design 1."""


def fetch(
    state: Correspondence, party: PartyUrn, *, last: datetime | None, now: datetime, debounce: bool = True
) -> CorrespondenceChange | None:
    """Note that the recipient looked; None within 15 s of their `last` look when debounced. Raises 1001.

    Fetched never shows as the current status, only in the history. Source: wire contract 4.1.
    """
    require_available(state)
    if debounce and last is not None and now - last < FETCH_DEBOUNCE:
        return None
    return step(state, Status.FETCHED, party=party, now=now)


def read(state: Correspondence, party: PartyUrn, *, now: datetime, opened: bool = True) -> CorrespondenceChange | None:
    """Note the first reading of the body, or that what was marked as unopened is so no more; else None. Raises 1001.

    `opened` False: it was only marked as read, which the dialog's log does not tell. Source: wire contract 4.1.1.
    """
    require_available(state)
    if Status.READ in state.ever:
        return _labelled(state, party, state.labels - {SystemLabel.MARKED_AS_UNOPENED}, now)
    change = step(replace(state, read=now), Status.READ, party=party, now=now)
    return with_fact(change, FactType.READ, state.sender, now, by=party, how="opened" if opened else "marked")


def mark_as_read(state: Correspondence, party: PartyUrn, *, now: datetime) -> CorrespondenceChange:
    """Read it without opening it. Raises 1001, 1024, 1040. Source: wire contract 4.1.2."""
    require_available(state)
    if Status.FETCHED not in state.ever:
        raise DomainError(Refusal.READ_BEFORE_FETCHED)
    if (change := read(state, party, now=now, opened=False)) is None:
        raise DomainError(Refusal.ALREADY_READ)
    return change


def mark_as_unread(state: Correspondence, party: PartyUrn, *, now: datetime) -> CorrespondenceChange | None:
    """What was read stands as unopened again, until it is opened; None when it does already. Raises 1001.

    The status stays: that it was read remains true. Source: design 10.
    """
    require_available(state)
    if Status.READ not in state.ever:
        return None
    return _labelled(state, party, state.labels | {SystemLabel.MARKED_AS_UNOPENED}, now)


def archive(state: Correspondence, party: PartyUrn, *, now: datetime) -> CorrespondenceChange | None:
    """It lies in the archive, and nobody is reminded of it; None when it does already. Raises 1001.

    Source: design 10.
    """
    require_available(state)
    return _labelled(state, party, state.labels | {SystemLabel.ARCHIVE}, now)


def unarchive(state: Correspondence, party: PartyUrn, *, now: datetime) -> CorrespondenceChange | None:
    """It lies where it arrived; None when it does already. Raises 1001."""
    require_available(state)
    return _labelled(state, party, state.labels - {SystemLabel.ARCHIVE}, now)


def confirm(state: Correspondence, party: PartyUrn, *, now: datetime) -> CorrespondenceChange:
    """Confirm receipt. Raises 1001, 1025, 1041; whether confirmation was needed is not asked."""
    require_available(state)
    if Status.FETCHED not in state.ever:
        raise DomainError(Refusal.CONFIRM_BEFORE_FETCHED)
    if Status.CONFIRMED in state.ever:
        raise DomainError(Refusal.ALREADY_CONFIRMED)
    change = step(state, Status.CONFIRMED, party=party, now=now)
    return with_fact(change, FactType.CONFIRMED, state.sender, now, by=party)


def download(
    state: Correspondence, attachment: AttachmentId, party: PartyUrn, *, now: datetime
) -> CorrespondenceChange:
    """Note that the recipient downloads this attachment; the first time, say so. Raises 1001 when not theirs to see.

    Source: wire contract 4.1.1 (a status each time), design 10 (an event once per recipient and attachment).
    """
    require_available(state)
    text = f"Attachment {attachment} has been downloaded"
    change = step(state, Status.ATTACHMENTS_DOWNLOADED, party=party, now=now, text=text)
    return change if attachment in state.downloaded else _tell_download(change, attachment, party, now)


def download_all(
    state: Correspondence, attachments: Sequence[AttachmentId], party: PartyUrn, *, now: datetime
) -> CorrespondenceChange:
    """Note that the recipient downloads all of these, once; each for the first time is said. Raises 1001.

    As many as one transaction holds are said; `tell_downloads` says the others. Source: wire contract 12.3.
    """
    require_available(state)
    text = "All attachments have been downloaded"
    change = step(state, Status.ATTACHMENTS_DOWNLOADED, party=party, now=now, text=text)
    return _tell_some(change, attachments, party, now)


def tell_downloads(
    state: Correspondence, attachments: Sequence[AttachmentId], party: PartyUrn, *, now: datetime
) -> CorrespondenceChange:
    """Say of more of these attachments that they were downloaded, after `download_all`. Raises 1001."""
    require_available(state)
    return _tell_some(CorrespondenceChange(state=state), attachments, party, now)


def _tell_some(
    change: CorrespondenceChange, attachments: Sequence[AttachmentId], party: PartyUrn, now: datetime
) -> CorrespondenceChange:
    untold = [id_ for id_ in attachments if id_ not in change.state.downloaded]
    for attachment in untold[:FACTS_AT_ONCE]:
        change = _tell_download(change, attachment, party, now)
    return change


def _tell_download(
    change: CorrespondenceChange, attachment: AttachmentId, party: PartyUrn, now: datetime
) -> CorrespondenceChange:
    state = replace(change.state, downloaded=change.state.downloaded | {attachment})
    told = replace(change, state=state)
    return with_fact(told, FactType.ATTACHMENT_DOWNLOADED, state.sender, now, by=party, attachment=attachment)


def purge_by_recipient(state: Correspondence, party: PartyUrn, *, now: datetime) -> CorrespondenceChange:
    """Remove it for the recipient. Raises 1014, 1001, 1026, 1043. Source: wire contract 4.1.2."""
    if state.is_purged:
        raise DomainError(Refusal.ALREADY_PURGED)
    require_available(state)
    if state.is_confirmation_needed and Status.CONFIRMED not in state.ever:
        raise DomainError(Refusal.PURGE_BEFORE_CONFIRMED)
    return _purge(state, Status.PURGED_BY_RECIPIENT, party, now)


def purge_by_sender(state: Correspondence, party: PartyUrn, *, now: datetime) -> CorrespondenceChange:
    """Withdraw it before it is published. Raises 1014, 1013, 1043. Source: wire contract 4.1.2."""
    if state.is_purged:
        raise DomainError(Refusal.ALREADY_PURGED)
    if state.status not in PURGEABLE_BY_SENDER:
        raise DomainError(Refusal.PURGE_AFTER_PUBLISH)
    return _purge(state, Status.PURGED_BY_ALTINN, party, now)


def _labelled(
    state: Correspondence, party: PartyUrn, labels: frozenset[SystemLabel], now: datetime
) -> CorrespondenceChange | None:
    if labels == state.labels:
        return None
    change = CorrespondenceChange(state=replace(state, labels=labels))
    return with_fact(change, FactType.LABELS_CHANGED, state.recipient, now, by=party)


def _purge(state: Correspondence, status: Status, party: PartyUrn, now: datetime) -> CorrespondenceChange:
    if state.is_transmission:
        raise DomainError(Refusal.TRANSMISSION_NOT_PURGEABLE)
    change = step(state, status, party=party, now=now)
    return with_fact(change, FactType.PURGED, state.sender, now, by=party)
