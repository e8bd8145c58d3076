"""The port Mailboxes: what both the fake and the table do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from shared.adapters.storage_calls import operations
from shared.domain.correspondence import Correspondence, Status
from shared.domain.identifiers import CorrespondenceId, PartyUrn, ResourceId
from shared.ports import MailboxEntry, Mailboxes, MailboxQuery
from tests.builders import AGENCY, NOW, OTHER_AGENCY
from tests.contract.storage.makers import fresh, new_correspondence, published, resource
from tests.contract.storage.makers import initialised as begun


class _Box:
    """A recipient and a resource nobody else uses, and pointers for them."""

    def __init__(self, port: Mailboxes, resource_id: ResourceId | None = None) -> None:
        self.port = port
        self.resource_id = resource_id or resource()
        self.recipient = PartyUrn(f"urn:altinn:person:idporten-email:a+b/{fresh()}@example.no")

    async def put(self, at: datetime = NOW, *, visible: bool = True, **changes: object) -> Correspondence:
        fields = {"resource_id": self.resource_id, "recipient": self.recipient, "requested_publish_time": at}
        state = begun(**{**fields, **changes}).state
        await self.port.point(MailboxEntry(correspondence=state, title=None))
        if visible:
            state = published(state, now=max(at, NOW)).state
            await self.port.merge(state, title="Vedtak")
        return state

    async def received(self, **changes: object) -> list[CorrespondenceId]:
        query = MailboxQuery(party=self.recipient, resource_id=self.resource_id, as_recipient=True)
        return [place.id for place in (await self.port.search(replace(query, **changes))).found]  # type: ignore[arg-type]

    async def sent(self, **changes: object) -> list[CorrespondenceId]:
        query = MailboxQuery(party=AGENCY, resource_id=self.resource_id, as_recipient=False)
        return [place.id for place in (await self.port.search(replace(query, **changes))).found]  # type: ignore[arg-type]


def _months(count: int) -> list[datetime]:
    """So many times, newest first, each in a month of its own."""
    return [datetime(2026 - n // 12, 12 - n % 12, 15, 10, n % 60, tzinfo=UTC) for n in range(count)]


async def test_both_sides_find_it_newest_first(mailboxes: Mailboxes) -> None:
    """By requested publish time, whatever the order of writing, to the microsecond."""
    box = _Box(mailboxes)
    times = [NOW, NOW + timedelta(microseconds=1), NOW - timedelta(days=40), NOW + timedelta(days=70)]
    states = {at: await box.put(at) for at in times}
    newest = [states[at].id for at in sorted(times, reverse=True)]
    assert await box.received() == newest
    assert await box.sent() == newest
    assert await box.received(limit=2) == newest[:2]
    assert await box.sent(limit=3) == newest[:3]


async def test_a_status_that_never_was_is_taken_back(mailboxes: Mailboxes) -> None:
    """It had been written before a commit that lost its race: neither side finds the letter by it any more."""
    box = _Box(mailboxes)
    state = await box.put(visible=False)
    await mailboxes.merge(published(state, now=NOW).state, title="Vedtak")
    assert await box.received() == [state.id]
    await mailboxes.merge(state, never=frozenset({Status.PUBLISHED, Status.FETCHED}))
    assert await box.received() == []
    assert await box.sent(status=Status.PUBLISHED) == []
    assert await box.sent() == [state.id]


async def test_nothing_unpublished_is_found_by_its_recipient(mailboxes: Mailboxes) -> None:
    """The sender finds it at once, the recipient once it is published; whatever status is asked for."""
    box = _Box(mailboxes)
    state = await box.put(visible=False)
    assert await box.sent() == [state.id]
    for status in (None, "Initialized", "ReadyForPublish", "Published", "Failed", "Reserved"):
        assert await box.received(status=status) == []
    await mailboxes.merge(published(state).state)
    assert await box.received() == [state.id]


async def test_status_means_ever_had(mailboxes: Mailboxes) -> None:
    """A status that was merged is found for ever, by both sides; one it never had is not; Fetched never is."""
    box = _Box(mailboxes)
    state = await box.put()
    await mailboxes.merge(replace(state, ever=state.ever | {Status.READ, Status.FETCHED, Status.CONFIRMED}))
    for status in ("Published", "Read", "Confirmed"):
        assert await box.received(status=status) == [state.id]
        assert await box.sent(status=status) == [state.id]
    for status in ("PurgedByRecipient", "Fetched"):
        assert await box.received(status=status) == await box.sent(status=status) == []


async def test_bounds_are_exclusive(mailboxes: Mailboxes) -> None:
    """What was to be published exactly at a bound is outside."""
    box = _Box(mailboxes)
    for side in (box.received, box.sent):
        at = NOW + timedelta(days=len(await side()))
        state = await box.put(at)
        just = timedelta(microseconds=1)
        assert await side(published_after=at) == []
        assert await side(published_after=at - just) == [state.id]
        assert state.id not in await side(published_before=at)
        assert state.id in await side(published_before=at + just)
        assert await side(published_after=at - just, published_before=at + just) == [state.id]


async def test_extreme_bounds_find_everything(mailboxes: Mailboxes) -> None:
    """From the year 1 to the year 9999: no time is too early or too late to ask for."""
    box = _Box(mailboxes)
    state = await box.put()
    for side in (box.received, box.sent):
        first, last = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
        assert await side(published_after=first, published_before=last) == [state.id]
        assert await side(published_after=last) == []
        assert await side(published_before=first) == []


async def test_a_sender_finds_what_lies_years_back_and_ahead(mailboxes: Mailboxes) -> None:
    """Forty months, most of them empty: all found, newest first, in pages of any size."""
    box = _Box(mailboxes)
    times = [*_months(40)[::6], datetime(2031, 5, 1, tzinfo=UTC), datetime(2028, 2, 29, tzinfo=UTC)]
    states = {at: await box.put(at) for at in times}
    newest = [states[at].id for at in sorted(times, reverse=True)]
    assert await box.sent() == newest
    assert await box.sent(limit=4) == newest[:4]
    after = sorted(times)[2]
    assert await box.sent(published_after=after) == [states[at].id for at in sorted(times, reverse=True) if at > after]
    assert await box.sent(published_before=after) == [states[at].id for at in sorted(times, reverse=True) if at < after]


async def test_a_sender_finds_what_lies_ages_apart(mailboxes: Mailboxes) -> None:
    """The years 1, 1950, 1990, this one and 9999: the cost is of the months that are used, not of those between."""
    box = _Box(mailboxes)
    years = [datetime(year, 6, 1, tzinfo=UTC) for year in (1, 1950, 1990)]
    times = [*years, datetime.now(UTC), datetime(9999, 12, 31, tzinfo=UTC)]
    newest = [(await box.put(at, senders_reference="Sak 1")).id for at in times][::-1]
    for reference in (None, "Sak 1"):
        before = operations.total()
        assert await box.sent(senders_reference=reference) == newest
        assert operations.total() - before <= 64
        assert await box.sent(senders_reference=reference, limit=2) == newest[:2]
        assert await box.sent(senders_reference=reference, published_before=times[2]) == newest[3:]
    before = operations.total()
    assert await box.sent(senders_reference="Sak 2") == []
    assert operations.total() - before <= 64


async def test_no_offset_leads_out_of_the_calendar(mailboxes: Mailboxes) -> None:
    """A time whose offset puts it before the year 1 or after 9999 is the first or the last one there is."""
    box = _Box(mailboxes)
    first = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))
    last = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=timezone(timedelta(hours=-12)))
    for at in (first, last):
        await box.put(at, visible=False)
    middle = await box.put()
    assert len(await box.sent()) == 3
    assert (await box.sent())[1] == middle.id
    assert await box.received(published_after=first, published_before=last) == [middle.id]


@pytest.mark.parametrize("most_rows", [None, 8, 200])
@pytest.mark.parametrize("as_recipient", [True, False])
async def test_pages_have_no_gap_and_no_double(mailboxes: Mailboxes, most_rows: int | None, as_recipient: bool) -> None:
    """While letters arrive, all that was there is found once, newest first, however little a page may read."""
    box = _Box(mailboxes)
    times = [NOW - timedelta(days=9 * (n // 3)) for n in range(18)]
    there = [await box.put(at, visible=n % 4 != 3) for n, at in enumerate(times)]
    expected = [state.id for state in there if not as_recipient or Status.PUBLISHED in state.ever]
    query = MailboxQuery(
        party=box.recipient if as_recipient else AGENCY,
        resource_id=box.resource_id,
        as_recipient=as_recipient,
        limit=4,
        most_rows=most_rows,
    )
    found, page = [], await mailboxes.search(query)
    for n in range(200):
        found += page.found
        if page.next is None:
            break
        await box.put(NOW - timedelta(days=5 * n))
        page = await mailboxes.search(replace(query, after=page.next))
    assert page.next is None
    assert found == sorted(set(found), key=lambda place: place.order)
    assert set(expected) <= {place.id for place in found}


@pytest.mark.parametrize("as_recipient", [True, False])
async def test_the_last_page_may_be_full(mailboxes: Mailboxes, as_recipient: bool) -> None:
    """When the size of a page divides what there is, the last one says so: no empty page comes after it."""
    box = _Box(mailboxes)
    there = [(await box.put(NOW - timedelta(hours=n))).id for n in range(6)]
    party = box.recipient if as_recipient else AGENCY
    query = MailboxQuery(party=party, resource_id=box.resource_id, as_recipient=as_recipient, limit=3, most_rows=1000)
    first = await mailboxes.search(query)
    last = await mailboxes.search(replace(query, after=first.next))
    assert [place.id for place in (*first.found, *last.found)] == there
    assert first.next == first.found[-1]
    assert last.next is None


async def test_references_are_exact(mailboxes: Mailboxes) -> None:
    """The sender's reference is compared sign by sign, by both sides, whatever signs it has."""
    box = _Box(mailboxes)
    first = await box.put(senders_reference="Sak 1/2 'æ' #?")
    await box.put(senders_reference="sak 1/2 'æ' #?")
    long = await box.put(senders_reference="r" * 4096)
    for side in (box.received, box.sent):
        assert await side(senders_reference="Sak 1/2 'æ' #?") == [first.id]
        assert await side(senders_reference="r" * 4096) == [long.id]
        assert await side(senders_reference="r") == []
        assert await side(senders_reference="r" * 4096, status="Read") == []


async def test_nobody_sees_what_is_not_theirs(mailboxes: Mailboxes) -> None:
    """Other parties, other resources and other senders of the same resource are apart."""
    box = _Box(mailboxes)
    await box.put()
    other = _Box(mailboxes)
    assert await box.received(party=other.recipient) == []
    assert await box.received(resource_id=other.resource_id) == []
    assert await box.sent(party=OTHER_AGENCY) == []
    assert await box.sent(resource_id=ResourceId(box.resource_id[:-1])) == []


async def test_pointers_written_twice_are_one(mailboxes: Mailboxes) -> None:
    """A repeated point after a merge takes nothing back; a merge may come before the point."""
    box = _Box(mailboxes)
    state = await box.put()
    mine = {"resource_id": box.resource_id, "recipient": box.recipient}
    again = begun(id=state.id, **mine).state
    await mailboxes.point(MailboxEntry(correspondence=again, title=None))
    early = published(begun(**mine).state).state
    await mailboxes.merge(early)
    assert set(await box.received()) == {state.id, early.id}
    assert len(await box.sent()) == 2


async def test_an_unknown_status_is_refused(mailboxes: Mailboxes) -> None:
    """A status that is none never becomes part of a filter."""
    with pytest.raises(ValueError, match="is not a valid Status"):
        await _Box(mailboxes).received(status="Published eq true or ever_X")


async def test_a_resource_may_be_called_all(mailboxes: Mailboxes) -> None:
    """The rows of a resource of that name are not the rows of all resources."""
    box = _Box(mailboxes, ResourceId("all"))
    mine = await box.put()
    box.resource_id = resource()
    await box.put()
    assert await box.received(resource_id=ResourceId("all")) == [mine.id]


async def test_a_broken_title_does_no_harm(mailboxes: Mailboxes) -> None:
    """Half a surrogate pair, emoji and quotes are taken; an empty title clears."""
    box = _Box(mailboxes)
    state = await box.put()
    for title in ("\ud800 halv", "🎉 'sitat' \"\\", ""):
        await mailboxes.merge(state, title=title)
    assert await box.received() == [state.id]


async def test_a_thousand_is_found_in_pages(mailboxes: Mailboxes) -> None:
    """More pointers than a limit: exactly the newest ones."""
    box = _Box(mailboxes)
    states = [await box.put(NOW - timedelta(minutes=n)) for n in range(30)]
    assert await box.received(limit=25) == [state.id for state in states[:25]]
    assert await box.sent(limit=25) == [state.id for state in states[:25]]
    assert new_correspondence().id not in await box.sent()
