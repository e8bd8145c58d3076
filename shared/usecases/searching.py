"""Searching a party's mailboxes: at once as the wire contract has it, or page by page.

Source: wire contract 11; decision record 0011.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.correspondence import Status
from shared.domain.errors import DomainError, FieldError, InvalidRequest, Refusal
from shared.domain.identifiers import CorrespondenceId, PartyUrn, ResourceId, organisation
from shared.domain.mailbox import Page, Place, merged
from shared.domain.policy import Action, Issuer, Subject
from shared.ports import App, MailboxQuery
from shared.usecases.access import ask
from shared.usecases.idempotency import answered
from shared.usecases.reading import CorrespondenceView, glance

CAP = 1000
"""Ids in one answer. Source: wire contract 11."""
DEFAULT_LIMIT = 100
MOST_OVERVIEWS = 100
OVERVIEWS_AT_ONCE = 16
PAGE_ROWS = 5000
"""Rows of a mailbox that are read for one page, however few of them match."""
PATIENCE = timedelta(seconds=60)
"""How long a search that is not asked for page by page may go on reading what does not match."""

_SENDERS_ONLY = frozenset({Status.INITIALIZED, Status.READY_FOR_PUBLISH, Status.FAILED})
"""What a recipient never finds, even what had it once. Source: wire contract 11."""
_OUT_OF_SIGHT = frozenset({Refusal.CORRESPONDENCE_NOT_FOUND, Refusal.NO_ACCESS})


class Role(StrEnum):
    """Whose side a search looks from."""

    RECIPIENT = "Recipient"
    SENDER = "Sender"
    BOTH = "RecipientAndSender"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A search as it was asked for; bounds are exclusive. The last three ask for pages, which are an addition."""

    resource_id: ResourceId
    role: Role
    on_behalf_of: PartyUrn | None = None
    published_after: datetime | None = None
    published_before: datetime | None = None
    status: Status | None = None
    senders_reference: str | None = None
    idempotent_key: str | None = None
    altinn2_id: int | None = None
    limit: int | None = None
    continuation: str | None = None
    with_overviews: bool = False

    @property
    def is_paged(self) -> bool:
        """True when the caller goes page by page."""
        return self.limit is not None or self.continuation is not None or self.with_overviews

    @property
    def most(self) -> int:
        """Ids in the answer."""
        return (self.limit or DEFAULT_LIMIT) if self.is_paged else CAP


@dataclass(frozen=True, slots=True)
class Found:
    """The ids, newest first. `continuation` leads to the next page, None after the last one or without pages."""

    ids: Sequence[CorrespondenceId]
    continuation: str | None = None
    overviews: Sequence[CorrespondenceView] = ()


async def search(app: App, caller: Subject, search: Search) -> Found:
    """The newest ids that match: at most 1000, or a page. Looking at a list leaves no trace.

    A page reads a bounded part of the box and may be empty while more follow. Without pages a search reads until it
    has 1000, and gives up after a minute. An idempotent key finds all that was made with it, on one page.
    Raises 1027, 4001, 4006, and InvalidRequest for a continuation that is not this search's and caller's, more
    overviews than a page takes, or a box too large to be searched in one answer.
    """
    if search.published_after and search.published_before and search.published_after > search.published_before:
        raise DomainError(Refusal.FROM_AFTER_TO)
    if search.with_overviews and search.most > MOST_OVERVIEWS:
        raise InvalidRequest(FieldError("limit", f"must be at most {MOST_OVERVIEWS} with include=overview"))
    party = await _searched_party(app, caller, search)
    bound_to = _bound_to(search, party, caller)
    after = _opened(app, search.continuation, bound_to)
    if search.altinn2_id is not None:  # Nothing here comes from Altinn 2.
        return Found(())
    if search.idempotent_key is not None:
        return await _shown(app, caller, search, Found(await answered(app, party, search.idempotent_key)))
    page = await _page(app, search, party, after)
    token = app.seals.seal(_text(page.next), belongs_to=bound_to) if search.is_paged and page.next else None
    return await _shown(app, caller, search, Found([place.id for place in page.found], token))


async def _searched_party(app: App, caller: Subject, search: Search) -> PartyUrn:
    """Whose box it is: read or write for that party is enough. Source: design 10."""
    if caller.issuer is Issuer.DIALOGPORTEN:  # a dialog's token opens the letter of that dialog and lists no others
        raise DomainError(Refusal.NO_ACCESS)
    party = search.on_behalf_of or (organisation(caller.organisation) if caller.organisation else caller.party)
    if party is None:
        raise DomainError(Refusal.CALLER_UNKNOWN)
    permits = [await ask(app, caller, action, search.resource_id, party) for action in (Action.READ, Action.WRITE)]
    if not any(permits):
        raise DomainError(Refusal.NO_ACCESS)
    return party


async def _page(app: App, search: Search, party: PartyUrn, after: Place | None) -> Page:
    """Both sides at once, where there are two; what a party sent to itself is found once."""
    queries = [
        MailboxQuery(
            party=party,
            resource_id=search.resource_id,
            as_recipient=as_recipient,
            published_after=search.published_after,
            published_before=search.published_before,
            status=search.status,
            senders_reference=search.senders_reference,
            limit=search.most,
            after=after,
            most_rows=PAGE_ROWS if search.is_paged else None,
        )
        for as_recipient in _sides(search)
    ]
    try:
        async with asyncio.timeout(None if search.is_paged else PATIENCE.total_seconds()):
            return merged(await asyncio.gather(*map(app.mailboxes.search, queries)), search.most)
    except TimeoutError:
        fault = "is needed: too much lies in this mailbox to be searched in one answer; ask for it page by page"
        raise InvalidRequest(FieldError("limit", fault)) from None


def _sides(search: Search) -> Sequence[bool]:
    """The sides that can find anything: the recipient's (True) and the sender's."""
    if search.status is Status.FETCHED:  # Source: wire contract 11: looks are not searched.
        return ()
    sides = {Role.RECIPIENT: (True,), Role.SENDER: (False,), Role.BOTH: (True, False)}[search.role]
    return [side for side in sides if not (side and search.status in _SENDERS_ONLY)]


async def _shown(app: App, caller: Subject, search: Search, found: Found) -> Found:
    """The page with the overviews that were asked for; what may not be seen by itself is not seen here either."""
    if not search.with_overviews:
        return found
    gate = asyncio.Semaphore(OVERVIEWS_AT_ONCE)

    async def look(id_: CorrespondenceId) -> CorrespondenceView | None:
        async with gate:
            try:
                return await glance(app, caller, id_)
            except DomainError as error:
                if error.refusal not in _OUT_OF_SIGHT:
                    raise
                return None

    views = await asyncio.gather(*map(look, found.ids))
    return replace(found, overviews=[view for view in views if view is not None])


def _opened(app: App, continuation: str | None, bound_to: str) -> Place | None:
    if continuation is None:
        return None
    text = app.seals.open(continuation, belongs_to=bound_to)
    if text is None:
        fault = "must be what the page before gave, for the same search by the same caller"
        raise InvalidRequest(FieldError("continuationToken", fault))
    at, id_ = text.split(" ")
    return Place(datetime.fromisoformat(at), CorrespondenceId(id_))


def _text(place: Place) -> str:
    return f"{place.at.isoformat()} {place.id}"


def _bound_to(search: Search, party: PartyUrn, caller: Subject) -> str:
    """What a continuation goes with: everything that says what is found; the size of a page may change."""
    same = replace(search, on_behalf_of=party, limit=None, continuation=None, with_overviews=False)
    return f"search {same} {caller.party} {caller.organisation}"
