"""The query of a search, and its answer. Source: wire contract 11; pages are an addition, decision record 0011."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, SerializerFunctionWrapHandler, field_validator, model_serializer
from pydantic.alias_generators import to_camel

from shared.domain.identifiers import PartyKind, parse_recipient, party_kind
from shared.schemas.base import Answer, Guid, Number, Query, Time, in_lower_case
from shared.schemas.enums import SearchRoleIn, StatusIn
from shared.schemas.requests import ResourceIdIn
from shared.schemas.responses import CorrespondenceOverview

MOST = 1000
"""Ids on one page, as in an answer without pages."""
_SEARCHABLE = frozenset({PartyKind.ORGANISATION, PartyKind.PERSON})


class SearchQuery(Query):
    """The query of a search. Empty values count as absent. Source: wire contract 11; `limit` and on are additions."""

    resource_id: ResourceIdIn
    role: SearchRoleIn
    from_: Time | None = Field(default=None, alias="from")
    to: Time | None = None
    status: StatusIn | None = None
    on_behalf_of: str | None = None
    senders_reference: str | None = None
    idempotent_key: Guid | None = None
    altinn2_correspondence_id: Number | None = Field(default=None, alias="altinn2CorrespondenceId")
    limit: Annotated[Number | None, Field(ge=1, le=MOST)] = None
    continuation_token: str | None = None
    include: Annotated[Literal["overview"] | None, BeforeValidator(in_lower_case)] = None

    @field_validator("on_behalf_of")
    @classmethod
    def _organisation_or_person(cls, value: str | None) -> str | None:
        party = parse_recipient(value) if value is not None else None
        if value is not None and (party is None or party_kind(party) not in _SEARCHABLE):
            raise ValueError("must be an organisation (0192:) or a person")
        return value


class SearchAnswer(Answer):
    """The ids that match, newest first.

    Additions, only there when pages were asked for: `continuationToken` leads to the next page and is null after the
    last one; `correspondences`, with `include=overview`, are those of the ids that can be shown, without their bodies.
    """

    additions: ClassVar[frozenset[str]] = frozenset({"continuationToken", "correspondences"})

    ids: list[str]
    continuation_token: str | None = None
    correspondences: list[CorrespondenceOverview] | None = None

    @model_serializer(mode="wrap")
    def _what_was_asked_for(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        members: dict[str, Any] = write(self)
        said = {to_camel(name) for name in self.model_fields_set}
        return {name: value for name, value in members.items() if name in said}
