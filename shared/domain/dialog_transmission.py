"""A correspondence as a transmission in a dialog that somebody else made. Pure."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum

from shared.domain.attachment import Attachment
from shared.domain.correspondence import AttachmentUse, Content, Correspondence, ReferenceType
from shared.domain.dialog_parts import (
    address,
    embed,
    external_reference,
    files,
    living,
    resource_urn,
    texts,
    transmission_id,
)
from shared.domain.dialog_texts import cut
from shared.domain.events import iso_z


class TransmissionType(StrEnum):
    """What a transmission is about; the wire contract numbers them from 1, in this order."""

    INFORMATION = "Information"
    ACCEPTANCE = "Acceptance"
    REJECTION = "Rejection"
    REQUEST = "Request"
    ALERT = "Alert"
    DECISION = "Decision"
    SUBMISSION = "Submission"
    CORRECTION = "Correction"


def transmission_type(correspondence: Correspondence) -> TransmissionType:
    """The type that its references name, by number or name in any case; Information when they name none."""
    for reference in correspondence.external_references:
        if reference.type is ReferenceType.TRANSMISSION_TYPE:
            wanted = reference.value.strip().lower()
            for number, kind in enumerate(TransmissionType, start=1):
                if wanted in {str(number), kind.lower()}:
                    return kind
    return TransmissionType.INFORMATION


def create_transmission(
    correspondence: Correspondence,
    content: Content,
    attachments: Sequence[tuple[AttachmentUse, Attachment]],
    *,
    base_url: str,
    plain: Callable[[str], str],
    now: datetime,
) -> dict[str, object]:
    """The body of `POST dialogs/{id}/transmissions`. `plain` strips Markdown and HTML. Source: wire contract 10.2."""
    url = address(correspondence, base_url)
    return {
        "id": transmission_id(correspondence),
        "createdAt": iso_z(correspondence.published or now),
        "authorizationAttribute": resource_urn(correspondence),
        "externalReference": external_reference(correspondence),
        "type": transmission_type(correspondence),
        "sender": _sender(correspondence),
        "content": texts(content, plain) | {"contentReference": embed(content, url)},
        "attachments": files(correspondence, living(attachments, now), url),
    }


def _sender(correspondence: Correspondence) -> dict[str, object]:
    """By the name that the sender goes by in this message, or as the service owner."""
    if name := cut(correspondence.message_sender.strip()):
        return {"actorType": "PartyRepresentative", "actorName": name}
    return {"actorType": "ServiceOwner"}
