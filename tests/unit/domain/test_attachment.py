"""The status machine of an attachment, and what a scanner's verdict does."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from shared.domain.attachment import (
    ALLOWED,
    NOT_SCANNED,
    Attachment,
    AttachmentStatus,
    External,
    begin_upload,
    commit_upload,
    expire,
    fail_upload,
    initialise,
    keep_external,
    purge,
    record_verdict,
    require_readable,
    set_closing,
)
from shared.domain.attachment import _enter as enter
from shared.domain.attachment_scans import begin_scan, put_off_scan
from shared.domain.changes import Change
from shared.domain.errors import DomainError, Refusal
from shared.domain.facts import AggregateKind, FactType
from shared.domain.verdicts import Scan, ScanState, Verdict
from tests.builders import AGENCY, NOW, attachment, stored

PAIRS = list(product(AttachmentStatus, AttachmentStatus))
LATER = NOW + timedelta(hours=1)


def verdict(scan: Scan = Scan.CLEAN, etag: str = "0x8DE", reason: str = "ok") -> Verdict:
    return Verdict(etag=etag, scan=scan, reason=reason, at=NOW)


def new(**changes: object) -> Attachment:
    fresh = attachment(status=AttachmentStatus.INITIALIZED, stored=None, sequence=0)
    return initialise(
        attachment(**({"status": fresh.status, "stored": None, "sequence": 0} | changes)),
        party=AGENCY,
        announce=True,
        now=NOW,
    ).state


def uploading(**changes: object) -> Attachment:
    return begin_upload(new(**changes), "u1", party=AGENCY, now=NOW).state


def test_every_status_stands_in_the_transition_table() -> None:
    """In the wire's order, and none leads out of it."""
    assert [str(status) for status in AttachmentStatus] == [
        "Initialized",
        "UploadProcessing",
        "Published",
        "Purged",
        "Failed",
        "Expired",
    ]
    assert set(ALLOWED) == set(AttachmentStatus)
    assert set().union(*ALLOWED.values()) <= set(AttachmentStatus)


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_a_pair_is_taken_inside_the_table_and_refused_outside(
    before: AttachmentStatus, after: AttachmentStatus
) -> None:
    """The latest status is the one that shows."""
    state = attachment(status=before)
    if after not in ALLOWED[before]:
        with pytest.raises(ValueError, match="never followed"):
            enter(Change(state=state), after, NOW)
    else:
        change = enter(Change(state=state), after, NOW)
        assert (change.state.status, change.state.sequence, change.history[0].sequence) == (after, 6, 6)


@pytest.mark.parametrize("announce", [True, False])
def test_only_one_made_by_itself_is_announced(announce: bool) -> None:
    """One that came with a correspondence is not."""
    fresh = attachment(status=AttachmentStatus.INITIALIZED, stored=None, sequence=0)
    change = initialise(fresh, party=AGENCY, announce=announce, now=NOW)
    assert [fact.type for fact in change.facts] == ([FactType.ATTACHMENT_INITIALIZED] if announce else [])
    assert change.history[0].status == AttachmentStatus.INITIALIZED


def test_an_upload_begins_once() -> None:
    """2005 while it runs and when it is done."""
    for state in (uploading(), attachment(), attachment(status=AttachmentStatus.PURGED)):
        with pytest.raises(DomainError) as caught:
            begin_upload(state, "u2", party=AGENCY, now=NOW)
        assert caught.value.refusal is Refusal.ALREADY_UPLOADED


def test_one_that_is_being_deleted_takes_no_upload() -> None:
    """2005."""
    with pytest.raises(DomainError):
        begin_upload(new(closing=True), "u1", party=AGENCY, now=NOW)


def test_a_failed_upload_may_be_tried_again() -> None:
    """Nothing of the first try is left."""
    failed = fail_upload(uploading(), "u1", "cut off", now=NOW)
    assert failed is not None
    assert (failed.state.status, failed.state.status_text) == (AttachmentStatus.FAILED, "cut off")
    again = begin_upload(failed.state, "u2", party=AGENCY, now=NOW).state
    assert (again.status, again.upload_id, again.stored) == (AttachmentStatus.UPLOAD_PROCESSING, "u2", None)


def test_an_upload_that_never_ended_is_taken_over() -> None:
    """An hour later, when nothing was committed; then the old one can neither commit nor fail it."""
    taken = begin_upload(uploading(), "u2", party=AGENCY, now=LATER).state
    assert taken.upload_id == "u2"
    assert commit_upload(taken, "u1", stored(), None, now=LATER) is None
    assert fail_upload(taken, "u1", "late", now=LATER) is None


def test_a_committed_upload_is_not_taken_over() -> None:
    """It waits for its verdict, however long."""
    committed = commit_upload(uploading(), "u1", stored(), None, now=NOW)
    assert committed is not None
    with pytest.raises(DomainError):
        begin_upload(committed.state, "u2", party=AGENCY, now=LATER)


def test_a_blank_checksum_shows_as_the_computed_one() -> None:
    """One that was given stays."""
    blank = commit_upload(uploading(), "u1", stored(md5="a" * 32), None, now=NOW)
    given = commit_upload(uploading(checksum="b" * 32), "u1", stored(md5="a" * 32), None, now=NOW)
    assert blank is not None
    assert given is not None
    assert (blank.state.shown_checksum, given.state.shown_checksum) == ("a" * 32, "b" * 32)


@pytest.mark.parametrize("commit_first", [True, False])
def test_a_clean_verdict_about_the_committed_bytes_publishes(commit_first: bool) -> None:
    """Whichever comes last, verdict or commit."""
    if commit_first:
        committed = commit_upload(uploading(), "u1", stored(), None, now=NOW)
        assert committed is not None
        change = record_verdict(committed.state, verdict(), now=NOW)
    else:
        early = record_verdict(uploading(), verdict(), now=NOW)
        assert (early.state.status, early.rows) == (AttachmentStatus.UPLOAD_PROCESSING, (verdict(),))
        last = commit_upload(early.state, "u1", stored(), verdict(), now=NOW)
        assert last is not None
        change = last
    assert change.state.is_readable
    assert [(fact.type, fact.aggregate, fact.subject) for fact in change.facts] == [
        (FactType.ATTACHMENT_PUBLISHED, AggregateKind.ATTACHMENT, AGENCY)
    ]
    assert require_readable(change.state) == stored()


@pytest.mark.parametrize("scan", [Scan.INFECTED, Scan.NOT_SCANNED])
def test_any_other_verdict_fails(scan: Scan) -> None:
    """The reason shows, the sender is told, nothing is readable."""
    change = commit_upload(uploading(), "u1", stored(), verdict(scan, reason="Eicar"), now=NOW)
    assert change is not None
    assert (change.state.status, change.state.is_readable) == (AttachmentStatus.FAILED, False)
    assert "Eicar" in change.state.status_text
    assert [fact.type for fact in change.facts] == [FactType.ATTACHMENT_UPLOAD_FAILED]


def test_a_verdict_about_other_bytes_decides_nothing() -> None:
    """It is kept, no more."""
    committed = commit_upload(uploading(), "u1", stored(), None, now=NOW)
    assert committed is not None
    change = record_verdict(committed.state, verdict(etag="0xOTHER"), now=NOW)
    assert (change.state.status, change.facts) == (AttachmentStatus.UPLOAD_PROCESSING, ())
    assert len(change.rows) == 1


def test_a_repeated_verdict_changes_nothing_more() -> None:
    """No second status, no second fact."""
    again = record_verdict(attachment(), verdict(), now=NOW)
    assert (again.history, again.facts, again.state) == ((), (), attachment())


def test_a_decided_upload_does_not_fail_any_more() -> None:
    """A late failure is not heard."""
    assert fail_upload(attachment(upload_id="u1"), "u1", "late", now=NOW) is None


@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        (AttachmentStatus.PURGED, Refusal.ATTACHMENT_PURGED_ALREADY),
        (AttachmentStatus.EXPIRED, Refusal.ATTACHMENT_EXPIRED_ALREADY),
    ],
)
def test_what_is_gone_is_not_purged_again(status: AttachmentStatus, refusal: Refusal) -> None:
    """2006 and 2018."""
    with pytest.raises(DomainError) as caught:
        purge(attachment(status=status), party=AGENCY, now=NOW)
    assert caught.value.refusal is refusal


@pytest.mark.parametrize(
    "status", [s for s in AttachmentStatus if s not in {AttachmentStatus.PURGED, AttachmentStatus.EXPIRED}]
)
def test_everything_else_can_be_purged(status: AttachmentStatus) -> None:
    """The fact stays inside the house."""
    change = purge(attachment(status=status), party=AGENCY, now=NOW)
    assert change.state.status is AttachmentStatus.PURGED
    assert [fact.type for fact in change.facts] == [FactType.ATTACHMENT_DELETED]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"status": AttachmentStatus.PURGED}, Refusal.ATTACHMENT_PURGED),
        ({"status": AttachmentStatus.EXPIRED}, Refusal.ATTACHMENT_EXPIRED),
        ({"status": AttachmentStatus.INITIALIZED}, Refusal.ATTACHMENT_NOT_FOUND),
        ({"status": AttachmentStatus.UPLOAD_PROCESSING}, Refusal.ATTACHMENT_NOT_FOUND),
        ({"status": AttachmentStatus.FAILED}, Refusal.ATTACHMENT_NOT_FOUND),
        ({"stored": None}, Refusal.ATTACHMENT_NOT_FOUND),
    ],
)
def test_only_clean_bytes_are_served(changes: dict[str, object], refusal: Refusal) -> None:
    """2019 purged, 2020 expired, 2001 for anything unscanned."""
    with pytest.raises(DomainError) as caught:
        require_readable(attachment(**changes))
    assert caught.value.refusal is refusal


def test_who_sent_it_may_have_it_back_before_the_scan() -> None:
    """What has been committed, in no other state."""
    waiting = attachment(status=AttachmentStatus.UPLOAD_PROCESSING)
    assert require_readable(waiting, by_sender=True) == stored()
    for changes in ({"status": AttachmentStatus.FAILED}, {"stored": None}):
        with pytest.raises(DomainError):
            require_readable(replace(waiting, **changes), by_sender=True)


def test_what_is_stored_elsewhere_is_published_at_once() -> None:
    """It says that nobody has scanned it; there are no bytes of it, and it is served as the link it is."""
    link = External("https://files.example.com/x")
    fresh = attachment(status=AttachmentStatus.INITIALIZED, stored=None, external=link, sequence=0)
    change = keep_external(fresh, party=AGENCY, now=NOW)
    assert [entry.status for entry in change.history] == [AttachmentStatus.INITIALIZED, AttachmentStatus.PUBLISHED]
    assert change.state.status_text == NOT_SCANNED
    assert change.state.scan == ScanState(Scan.NOT_SCANNED, NOW, NOT_SCANNED)
    assert [fact.type for fact in change.facts] == [FactType.ATTACHMENT_PUBLISHED]
    assert (change.state.is_readable, change.state.is_ready) == (False, True)
    assert require_readable(change.state) == link


@pytest.mark.parametrize("status", [s for s in AttachmentStatus if s is not AttachmentStatus.PUBLISHED])
def test_a_link_that_is_not_published_is_not_ready(status: AttachmentStatus) -> None:
    """No letter is published with it, and it is not served."""
    state = attachment(status=status, stored=None, external=External("https://files.example.com/x"))
    assert not state.is_ready
    with pytest.raises(DomainError):
        require_readable(state)


def test_closing_is_set_and_taken_back_once() -> None:
    """None when it is so already."""
    closing = set_closing(attachment(), closing=True)
    assert closing is not None
    assert closing.state.closing
    assert set_closing(closing.state, closing=True) is None
    assert set_closing(attachment(), closing=False) is None


@pytest.mark.parametrize("status", list(AttachmentStatus))
def test_only_what_is_published_expires(status: AttachmentStatus) -> None:
    """The sender is told; what has failed, or is gone already, stays as it is."""
    change = expire(attachment(status=status), now=NOW)
    if status is not AttachmentStatus.PUBLISHED:
        assert change is None
        return
    assert change is not None
    assert change.state.status is AttachmentStatus.EXPIRED
    assert [(fact.type, fact.subject) for fact in change.facts] == [(FactType.ATTACHMENT_EXPIRED, AGENCY)]


def test_scans_are_counted_while_bytes_wait_for_one() -> None:
    """Forgotten when the scanner was down, and with the next upload."""
    committed = commit_upload(uploading(), "u1", stored(), None, now=NOW)
    assert committed is not None
    once = begin_scan(committed.state)
    assert once is not None
    twice = begin_scan(once.state)
    assert twice is not None
    assert twice.state.scans_begun == 2
    assert put_off_scan(twice.state).state.scans_begun == 0
    failed = replace(twice.state, status=AttachmentStatus.FAILED)
    assert begin_scan(failed) is None
    assert begin_upload(failed, "u2", party=AGENCY, now=NOW).state.scans_begun == 0
    assert begin_scan(uploading()) is None
