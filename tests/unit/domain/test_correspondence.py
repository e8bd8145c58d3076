"""The status machine of a correspondence."""

from itertools import product

import pytest

from shared.domain.correspondence import (
    ALLOWED,
    AVAILABLE_TO_RECIPIENT,
    HIDDEN_FROM_SENDER,
    PURGEABLE_BY_SENDER,
    PURGED,
    RANK,
    ExternalReference,
    ReferenceType,
    Status,
    require_available,
    step,
    with_fact,
)
from shared.domain.errors import DomainError, Refusal
from shared.domain.facts import FactType
from tests.builders import AGENCY, BUSINESS, NOW, correspondence, in_status, published

ORDER = [
    "Initialized",
    "ReadyForPublish",
    "Published",
    "Fetched",
    "Read",
    "Replied",
    "Confirmed",
    "PurgedByRecipient",
    "PurgedByAltinn",
    "Archived",
    "Reserved",
    "Failed",
    "AttachmentsDownloaded",
    "Forwarded",
]
PAIRS = list(product(Status, Status))


def test_statuses_stand_in_the_order_of_the_wire() -> None:
    """Their numbers on the wire are their positions."""
    assert [str(status) for status in Status] == ORDER
    assert [RANK[status] for status in Status] == list(range(len(ORDER)))


def test_every_status_stands_in_the_transition_table() -> None:
    """None is forgotten, and none leads out of the table."""
    assert set(ALLOWED) == set(Status)
    assert set().union(*ALLOWED.values()) <= set(Status)


@pytest.mark.parametrize(("before", "after"), [pair for pair in PAIRS if pair[1] not in ALLOWED[pair[0]]])
def test_every_pair_outside_the_table_is_refused(before: Status, after: Status) -> None:
    """It is a mistake of ours, and fails loudly."""
    with pytest.raises(ValueError, match="never followed"):
        step(in_status(before), after, party=AGENCY, now=NOW)


@pytest.mark.parametrize(("before", "after"), [pair for pair in PAIRS if pair[1] in ALLOWED[pair[0]]])
def test_every_pair_inside_the_table_is_taken(before: Status, after: Status) -> None:
    """It is in the history, it is remembered for ever, and the highest one shows; Fetched never does."""
    change = step(in_status(before), after, party=BUSINESS, now=NOW)
    highest = before if after is Status.FETCHED or RANK[after] < RANK[before] else after
    assert change.state.status is highest
    assert change.state.ever == {before, after}
    assert [(entry.status, entry.sequence, entry.party) for entry in change.history] == [(after, 8, BUSINESS)]
    assert change.state.sequence == 8


def test_nothing_follows_a_purge() -> None:
    """Neither one of the recipient nor one of the sender."""
    assert all(not ALLOWED[status] for status in PURGED)


def test_a_lower_status_does_not_lower_what_shows() -> None:
    """Read after Confirmed is in the history, and Confirmed goes on showing, with its text and time."""
    state = in_status(Status.CONFIRMED, Status.PUBLISHED, status_text="Confirmed")
    after = step(state, Status.READ, party=BUSINESS, now=NOW).state
    assert (after.status, after.status_text) == (Status.CONFIRMED, "Confirmed")
    assert Status.READ in after.ever


def test_a_step_tells_its_name_unless_told_otherwise() -> None:
    """The text of the history is the status's name, or what was given."""
    state = in_status(Status.PUBLISHED)
    assert step(state, Status.READ, party=BUSINESS, now=NOW).history[0].text == "Read"
    assert step(state, Status.READ, party=BUSINESS, now=NOW, text="so").history[0].text == "so"


def test_history_and_facts_share_one_row_of_numbers() -> None:
    """Each takes the next number, in the order in which they were added."""
    change = step(correspondence(), Status.INITIALIZED, party=AGENCY, now=NOW)
    change = with_fact(change, FactType.INITIALIZED, AGENCY, NOW, by=AGENCY)
    change = step(change.state, Status.READY_FOR_PUBLISH, party=AGENCY, now=NOW, onto=change)
    assert [entry.sequence for entry in change.history] == [1, 3]
    assert [fact.sequence for fact in change.facts] == [2]
    assert change.state.sequence == 3
    assert (change.facts[0].subject, change.facts[0].item, change.facts[0].details) == (
        AGENCY,
        change.state.id,
        {"by": AGENCY},
    )


def test_a_fact_can_be_about_something_else() -> None:
    """`item` names it, and is no detail."""
    change = with_fact(
        step(correspondence(), Status.INITIALIZED, party=AGENCY, now=NOW),
        FactType.NOTIFICATION_CREATED,
        AGENCY,
        NOW,
        item="x",
    )
    assert (change.facts[0].item, change.facts[0].details) == ("x", {})


@pytest.mark.parametrize("status", sorted(Status))
def test_the_recipient_sees_what_is_published_and_neither_failed_nor_purged(status: Status) -> None:
    """By its status, provided that it was published."""
    assert in_status(status, Status.PUBLISHED).is_available_to_recipient is (status in AVAILABLE_TO_RECIPIENT)
    unpublished = status is not Status.PUBLISHED
    assert not (unpublished and in_status(status).is_available_to_recipient)


@pytest.mark.parametrize("purge", sorted(PURGED))
def test_a_purge_hides_it_whatever_shows(purge: Status) -> None:
    """A download outranks a purge in what shows, not in who may see it."""
    state = in_status(Status.ATTACHMENTS_DOWNLOADED, Status.PUBLISHED, purge)
    assert state.is_purged
    assert not state.is_available_to_recipient
    with pytest.raises(DomainError) as caught:
        require_available(state)
    assert caught.value.refusal is Refusal.CORRESPONDENCE_NOT_FOUND


def test_an_available_one_passes() -> None:
    """Nothing is raised for what the recipient may see."""
    require_available(published())


def test_the_sets_of_statuses_do_not_overlap_where_they_must_not() -> None:
    """What the recipient sees is neither purged nor purgeable by its sender."""
    assert not AVAILABLE_TO_RECIPIENT & PURGED
    assert not AVAILABLE_TO_RECIPIENT & PURGEABLE_BY_SENDER
    assert PURGED <= HIDDEN_FROM_SENDER


def test_a_reference_to_a_dialog_makes_it_a_transmission() -> None:
    """Only that kind of reference does."""
    other = ExternalReference(ReferenceType.PROCESS_ID, "p")
    assert not correspondence(external_references=(other,)).is_transmission
    assert correspondence(external_references=(ExternalReference(ReferenceType.DIALOG_ID, "d"),)).is_transmission
