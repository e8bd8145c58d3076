"""What a search asks for, from the query to the use case."""

from shared.domain.identifiers import ResourceId, parse_recipient, resource_id
from shared.schemas.requests import SearchQuery
from shared.usecases.reading import Role, Search


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
    )
