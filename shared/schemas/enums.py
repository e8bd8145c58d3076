"""Enumerations that only the wire knows, and how any of them is read: by name in any case, or by number."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator

from shared.domain.correspondence import BodyFormat, ReferenceType, Status
from shared.domain.notification import Channel, Template


class EmailContentType(StrEnum):
    """How the text of an e-mail is written."""

    PLAIN = "Plain"
    HTML = "Html"


class DataLocation(StrEnum):
    """Where a sender says a file comes from. Source: wire contract 3."""

    NEW = "NewCorrespondenceAttachment"
    EXISTING = "ExistingCorrespondenceAttachment"
    EXTERNAL = "ExistingExternalStorage"


class StoredLocation(StrEnum):
    """Where a file lies, as answers say it."""

    HERE = "AltinnCorrespondenceAttachment"
    EXTERNAL = "ExternalStorage"


class SearchRole(StrEnum):
    """Whose side a search looks from."""

    RECIPIENT = "Recipient"
    SENDER = "Sender"
    BOTH = "RecipientAndSender"


def named[Member: StrEnum](kind: type[Member], *, first: int = 0) -> Callable[[object], Member]:
    """A reader of members by name in any case or by number; members are numbered in their order from `first`.

    It raises ValueError for what is none of them. Source: wire contract 2.0.
    """
    by_name = {member.value.lower(): member for member in kind}
    by_number = dict(enumerate(kind, first))

    def read(value: object) -> Member:
        member: Member | None = None
        if isinstance(value, str):
            text = value.strip().lower()
            member = by_number.get(int(text)) if text.isascii() and text.isdigit() else by_name.get(text)
        elif isinstance(value, int) and not isinstance(value, bool):
            member = by_number.get(value)
        if member is None:
            raise ValueError(f"must be one of {', '.join(kind)}")
        return member

    return read


def _template(value: object) -> Template | int:
    """A template; a number outside the list stays a number, since it is refused in a way of its own (3023)."""
    if isinstance(value, str) and value.strip().lstrip("-").isdigit():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return list(Template)[value] if 0 <= value < len(Template) else value
    return named(Template)(value)


ChannelIn = Annotated[Channel, BeforeValidator(named(Channel))]
TemplateIn = Annotated[Template | int, BeforeValidator(_template)]
EmailContentTypeIn = Annotated[EmailContentType, BeforeValidator(named(EmailContentType))]
ReferenceTypeIn = Annotated[ReferenceType, BeforeValidator(named(ReferenceType))]
DataLocationIn = Annotated[DataLocation, BeforeValidator(named(DataLocation))]
BodyFormatIn = Annotated[BodyFormat, BeforeValidator(named(BodyFormat))]
StatusIn = Annotated[Status, BeforeValidator(named(Status))]
SearchRoleIn = Annotated[SearchRole, BeforeValidator(named(SearchRole))]
