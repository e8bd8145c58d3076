"""A dry run: what would come of a message, judged as the real one is, and nothing of it written."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from shared.domain.checks import needs_recipient_name
from shared.domain.correspondence import Status
from shared.domain.dry_run import DryRun, PlannedLetter, PlannedNotice
from shared.domain.errors import DomainError, Refusal
from shared.domain.identifiers import PartyUrn
from shared.domain.notification import ContactPoint, contact_in_name, masked
from shared.domain.policy import Subject
from shared.domain.replies import with_reply_links
from shared.domain.requests import NewMessage
from shared.ports import App
from shared.telemetry import Log
from shared.usecases import addressing, idempotency
from shared.usecases.addressing import Planned
from shared.usecases.batches import Batch, batch_of, begin_correspondence, with_bytes
from shared.usecases.judging import Judged, SentFile, admit, judge

_log = Log("dry_run")


async def dry_run(app: App, caller: Subject, message: NewMessage, files: Sequence[SentFile] = ()) -> DryRun:
    """What initialise would do with it now, to the very texts; nothing is written and nobody is told.

    Raises what initialise raises, in its order. Its key stays free. Source: design 9.
    """
    admission = await admit(app, caller, message)
    owner, now = admission.resource.owner, app.clock()
    message = with_bytes(message, files)
    outcome = DryRun(
        sender=owner,
        publish_time=message.requested_publish_time or now,
        content=with_reply_links(message.content, message.reply_options),
    )
    if (answer := await idempotency.look(app, owner, message, now=now)) is not None:
        return replace(outcome, existing=answer.correspondences)
    judged = await judge(app, admission.resource, message, files, now=now)
    _check_bytes(message, files, judged)
    letters = await _letters(app, batch_of(message, admission, judged, created=now), now)
    _log.info("dry_run.done", resource=admission.resource.id, recipients=len(letters))
    return replace(outcome, content=with_reply_links(judged.content, message.reply_options), letters=letters)


def _check_bytes(message: NewMessage, files: Sequence[SentFile], judged: Judged) -> None:
    """What arrived is what was announced. Raises 2008."""
    arriving = [new for new in message.new_attachments if new.external is None]
    for new, place in zip(arriving, judged.places, strict=True):
        if new.checksum and new.checksum.lower() != files[place].md5.lower():
            raise DomainError(Refusal.CHECKSUM_MISMATCH)


async def _letters(app: App, batch: Batch, now: datetime) -> tuple[PlannedLetter, ...]:
    message = batch.message
    notified = message.notification.custom_recipients if message.notification is not None else ()
    parties = [*message.recipients, *(custom.party for custom in notified if custom.party is not None)]
    contacts = await app.registry.contacts(parties)
    return tuple([await _letter(app, batch, recipient, contacts, now) for recipient in message.recipients])


async def _letter(
    app: App, batch: Batch, recipient: PartyUrn, contacts: Mapping[PartyUrn, ContactPoint], now: datetime
) -> PlannedLetter:
    new = begin_correspondence(batch, recipient, now=now)
    state, contact = new.change.state, contacts.get(recipient) or contact_in_name(recipient)
    own = with_reply_links(new.content, state.reply_options) if needs_recipient_name(batch.judged.content) else None
    notices: list[PlannedNotice] = []
    if state.notification is not None and Status.RESERVED not in state.ever:
        for reminder in range(1 + state.notification.send_reminder):
            plan = await addressing.plan(app, state, new.content, reminder, contacts=contacts)
            notices += [_notice(one, new.content.language) for one in plan.planned]
    return PlannedLetter(
        recipient=recipient,
        status=state.status,
        has_email=bool(contact.emails),
        has_mobile=bool(contact.mobiles),
        content=own,
        notices=tuple(notices),
    )


def _notice(planned: Planned, language: str) -> PlannedNotice:
    one, email = planned.notification, planned.email
    return PlannedNotice(
        medium=one.medium,
        address=masked(one.medium, one.address),
        is_reminder=one.is_reminder,
        language=language,
        subject=email.subject if email is not None else "",
        body=(email.html or email.plain_text) if email is not None else planned.sms_text,
        is_html=email is not None and email.html is not None,
    )
