"""A batch: what all correspondences of one request share, and each of them as it begins."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.domain import publishing
from shared.domain.checks import needs_recipient_name, substitute_recipient_name
from shared.domain.correspondence import AttachmentUse, Correspondence
from shared.domain.identifiers import (
    AttachmentId,
    CorrespondenceId,
    PartyKind,
    PartyUrn,
    derived_uuid7,
    party_kind,
    uuid7,
)
from shared.domain.names import title_cased
from shared.domain.policy import Permit
from shared.domain.requests import NewMessage
from shared.ports import Resource
from shared.usecases.judging import Admission, Judged, SentFile
from shared.usecases.saving import NewCorrespondence


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The message as it was judged. `ready`: it brings no new files; `taken_over`: an earlier try began with it.

    `watched` has the agenda's keys of its new files; see `orphans`.
    """

    message: NewMessage
    admission: Admission
    judged: Judged
    created: datetime
    ids: Mapping[PartyUrn, CorrespondenceId]
    uses: tuple[AttachmentUse, ...]
    ready: bool
    taken_over: bool = False
    watched: Mapping[AttachmentId, str] = field(default_factory=dict)

    @property
    def resource(self) -> Resource:
        """What the message is sent under."""
        return self.admission.resource

    @property
    def permit(self) -> Permit:
        """That the caller may send it."""
        return self.admission.permit

    @property
    def party(self) -> PartyUrn:
        """Who stands in the history."""
        return self.admission.party


def batch_of(
    message: NewMessage, admission: Admission, judged: Judged, *, created: datetime, taken_over: bool = False
) -> Batch:
    """The batch with the attachments that exist already; those that come with it are not stored yet."""
    owner = admission.resource.owner
    return Batch(
        message=message,
        admission=admission,
        judged=judged,
        created=created,
        ids={recipient: correspondence_id(owner, message, recipient, created) for recipient in message.recipients},
        uses=judged.existing_uses,
        ready=not judged.places,
        taken_over=taken_over,
    )


def begin_correspondence(batch: Batch, recipient: PartyUrn, *, now: datetime) -> NewCorrespondence:
    """The correspondence of this recipient as it begins, with their name in its texts where these ask for it."""
    content = batch.judged.content
    if needs_recipient_name(content):
        content = substitute_recipient_name(content, _name(batch, recipient))
    change = publishing.initialise(
        _correspondence(batch, recipient),
        party=batch.party,
        ready=batch.ready,
        reserved=recipient in batch.judged.reserved,
        now=now,
    )
    return NewCorrespondence(change, content)


def correspondence_id(owner: PartyUrn, message: NewMessage, recipient: PartyUrn, created: datetime) -> CorrespondenceId:
    """A new id; derived from owner, key and recipient when there is a key, so that a repeat makes the same ones."""
    if message.idempotent_key is None:
        return CorrespondenceId(uuid7(created, os.urandom(10)))
    return CorrespondenceId(derived_uuid7(created, owner, message.idempotent_key, recipient))


def with_bytes(message: NewMessage, files: Sequence[SentFile]) -> NewMessage:
    """The message with a digest of all that it means, the bytes of its files included."""
    if not files:
        return message
    parts = [message.digest, *(file.sha256 for file in files)]
    return replace(message, digest=hashlib.sha256("\n".join(parts).encode()).hexdigest())


def _name(batch: Batch, recipient: PartyUrn) -> str:
    """Of a person or an organisation; others have none to show. Source: wire contract 5.1, item 24."""
    party = batch.judged.parties.get(recipient)
    if party is None or party_kind(recipient) not in {PartyKind.PERSON, PartyKind.ORGANISATION}:
        return ""
    return title_cased(party.name)


def _correspondence(batch: Batch, recipient: PartyUrn) -> Correspondence:
    message = batch.message
    return Correspondence(
        id=batch.ids[recipient],
        resource_id=batch.resource.id,
        sender=batch.resource.owner,
        recipient=recipient,
        senders_reference=message.senders_reference,
        message_sender=message.message_sender,
        created=batch.created,
        requested_publish_time=message.requested_publish_time or batch.created,
        due_date_time=message.due_date_time,
        external_references=message.external_references,
        property_list=message.property_list,
        reply_options=message.reply_options,
        notification=message.notification,
        attachments=batch.uses,
        ignore_reservation=message.ignore_reservation,
        is_confirmation_needed=message.is_confirmation_needed,
        is_confidential=message.is_confidential,
        allow_forwarding=message.allow_forwarding,
        idempotent_key=message.idempotent_key,
        status_changed=batch.created,
    )
