"""What a search asks for, from the query to the use case, and what it found, from there to the answer."""

from functions.http.views import overview_of
from shared.domain.identifiers import ResourceId, parse_recipient, resource_id
from shared.schemas.search import SearchAnswer, SearchQuery
from shared.usecases.searching import Found, Role, Search


def of(query: SearchQuery) -> Search:
    """The search; the query has been found in form."""
    return Search(
        resource_id=ResourceId(resource_id(query.resource_id)),
        role=Role(query.role.value),
        on_behalf_of=parse_recipient(query.on_behalf_of) if query.on_behalf_of else None,
        published_after=query.from_,
        published_before=query.to,
        status=query.status,
        senders_reference=query.senders_reference,
        idempotent_key=str(query.idempotent_key) if query.idempotent_key else None,
        altinn2_id=query.altinn2_correspondence_id,
        limit=query.limit,
        continuation=query.continuation_token,
        with_overviews=query.include is not None,
    )


def answer(asked: Search, found: Found) -> SearchAnswer:
    """The ids; the members of pages only for who asked for pages, so that the contract's answer keeps its shape."""
    body = SearchAnswer(ids=list(found.ids))
    if asked.is_paged:
        body.continuation_token = found.continuation
    if asked.with_overviews:
        body.correspondences = [overview_of(view) for view in found.overviews]
    return body
