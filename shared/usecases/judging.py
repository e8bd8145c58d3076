"""Judging a message before anything of it is written, in the wire contract's order."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain import checks
from shared.domain.attachment import Attachment
from shared.domain.checks_files import check_file_size
from shared.domain.correspondence import AttachmentUse, Content
from shared.domain.errors import DomainError, Refusal, Unavailable
from shared.domain.identifiers import AttachmentId, PartyKind, PartyUrn, party_kind
from shared.domain.policy import Action, Permit, Subject
from shared.domain.requests import NewMessage
from shared.ports import App, Party, Resource
from shared.usecases.access import acting_party, find_resource, require
from shared.usecases.bodies import with_body
from shared.usecases.confidentiality import require_responsible
from shared.usecases.external import require_addresses
from shared.usecases.releasing import is_in_use, lasts_beyond
from shared.usecases.transmitting import require_dialog


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What was learnt on the way: who the recipients are, who is reserved, which attachments are used until when.

    `content` has its body, wherever that came from; `places` has for each new attachment that is not stored elsewhere
    the position of its file.
    """

    parties: Mapping[PartyUrn, Party]
    reserved: frozenset[PartyUrn]
    existing_uses: tuple[AttachmentUse, ...]
    new_expiries: tuple[datetime | None, ...]
    places: tuple[int, ...]
    content: Content


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that came with the message: its name, its size in bytes, its digests in hex where they are known."""

    name: str
    size: int
    sha256: str = ""
    md5: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Who sends, and under which resource, with the permit for it."""

    resource: Resource
    permit: Permit
    party: PartyUrn


async def admit(app: App, caller: Subject, message: NewMessage) -> Admission:
    """The caller may send messages of the resource. Raises 1036, 4001, 4010, 4006, 4002.

    Source: wire contract 5.1, items 4 to 7.
    """
    resource = await find_resource(app, message.resource_id)
    permit = await require(app, caller, Action.WRITE, resource.id, resource.owner)
    checks.check_resource_type(message, resource.type)
    return Admission(resource=resource, permit=permit, party=await acting_party(app, caller))


async def judge(
    app: App, resource: Resource, message: NewMessage, files: Sequence[SentFile], *, now: datetime
) -> Judged:
    """The message may be sent. Raises the first fault in the order of the wire contract, 5.1 items 8 to 25."""
    checks.check_resource(message, confidential=_confidential(resource), minimum_level=resource.minimum_level)
    checks.check_before_register(message)
    parties = await _recipients(app, message)
    if message.is_confidential:
        await require_responsible(app, message.recipients)
    checks.check_confirmation(message)
    reserved = await _reserved(app, message)
    checks.check_dates(message, now=now)
    content = await with_body(app, resource.owner, message.content)
    await asyncio.to_thread(checks.check_content, content, app.texts)  # hostile Markdown takes seconds to parse
    checks.check_message_sender(message, app.texts)
    checks.check_references(message)
    await require_dialog(app, resource, message)
    existing = await app.attachments.load_many(message.existing_attachments)
    checks.check_existing(message, existing, sender=resource.owner)
    sizes = [*(file.size for file in files), *(a.stored.size for a in existing.values() if a.stored)]
    checks.check_forwarded_size(message, sizes)
    checks.check_new_names(message)
    places = checks.pair_files(message.new_attachments, [file.name for file in files])
    await require_addresses(app, resource.owner, message)
    for file in files:
        check_file_size(file.size, max_bytes=app.rules.largest_file(resource.id))
    checks.check_new_expirations(message, minimum_days=app.rules.minimum_expiration_days)
    await _check_time_left(app, existing.values(), now)
    checks.check_reply_options(message.reply_options)
    checks.check_notice(message, app.texts)
    return Judged(
        parties=parties,
        reserved=reserved,
        existing_uses=tuple(_use(message, existing, id_, now) for id_ in dict.fromkeys(message.existing_attachments)),
        new_expiries=tuple(checks.expiry(message, new.expiration_in_days, now=now) for new in message.new_attachments),
        places=places,
        content=content,
    )


def _confidential(resource: Resource) -> bool | None:
    """Whether its letters are confidential; None when both kinds are. Source: wire contract 5.1, item 8."""
    return None if resource.type == checks.APP or resource.explicitly_delegated else resource.confidential


def _use(
    message: NewMessage, existing: Mapping[AttachmentId, Attachment], id_: AttachmentId, now: datetime
) -> AttachmentUse:
    return AttachmentUse(id_, checks.expiry(message, existing[id_].expiration_in_days, now=now))


async def _check_time_left(app: App, existing: Iterable[Attachment], now: datetime) -> None:
    """None of them is about to go, being used by others for 6 hours at most. Raises 1055."""
    for attachment in existing:
        if attachment.expiration_in_days is None or await lasts_beyond(
            app, attachment, now + checks.SHORTEST_REMAINING_LIFE
        ):
            continue
        if await is_in_use(app, attachment.id):
            raise DomainError(Refusal.ATTACHMENT_EXPIRES_SOON)


async def _recipients(app: App, message: NewMessage) -> Mapping[PartyUrn, Party]:
    """Every recipient as the register knows them. Raises 1029 that lists those it does not know."""
    parties = await app.registry.parties(message.recipients)
    if missing := [recipient for recipient in message.recipients if recipient not in parties]:
        raise DomainError(Refusal.RECIPIENTS_UNKNOWN, f"{Refusal.RECIPIENTS_UNKNOWN.text}: {', '.join(missing)}")
    return parties


async def _reserved(app: App, message: NewMessage) -> frozenset[PartyUrn]:
    """Persons who want no digital mail. Raises 1030 when the only recipient is one, 1032 when it cannot be asked."""
    persons = [r for r in message.recipients if party_kind(r) is PartyKind.PERSON]
    if message.ignore_reservation or not persons:
        return frozenset()
    try:
        contacts = await app.registry.contacts(persons)
    except Unavailable as error:
        raise DomainError(Refusal.RESERVATION_LOOKUP_FAILED) from error
    reserved = frozenset(person for person in persons if person in contacts and contacts[person].reserved)
    if reserved and len(message.recipients) == 1:
        raise DomainError(Refusal.RECIPIENT_RESERVED)
    return reserved
