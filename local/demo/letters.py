"""What is sent: bodies of messages and attachments, and files to go with them."""

import hashlib
import random
from datetime import datetime, timedelta
from typing import Any

from local.demo.client import Json
from local.numbers import party_urn

LETTERS = "example-letters"
QUIET = "correspondence-bruksmonstertester-ressurs"
"""A second resource of the same agency, for what shall not mix with the story."""
AGENCY, BUSINESS = "310001007", "311001000"
KARI, UNA = "01838510058", "05819910016"
BODY = "Vi har fattet et *vedtak* i saken din.\n\n- Fristen er **tre uker**.\n- Les mer i vedlegget."
_MIB = 1 << 20


def letter(*recipients: str, reference: str, resource: str = LETTERS, key: str | None = None, **more: Any) -> Json:
    """Return a message to these numbers; `more` are further members of `correspondence`."""
    texts = {"language": "nb", "messageTitle": f"Vedtak {reference}", "messageSummary": "Kort om saken"}
    content = {**texts, "messageBody": BODY, **more.pop("content", {})}
    correspondence = {"resourceId": resource, "sendersReference": reference, "content": content, **more}
    extra = {"idempotentKey": key} if key else {}
    return {"correspondence": correspondence, "recipients": [party_urn(number) for number in recipients], **extra}


def with_attachments(message: Json, *attachment_ids: str) -> Json:
    """Return the message with attachments that exist already."""
    return {**message, "existingAttachments": list(attachment_ids)}


def with_files(message: Json, *file_names: str) -> Json:
    """Return the message with the metadata of files that come with it in a form."""
    metadata = [{"fileName": name, "sendersReference": name} for name in file_names]
    content = {**message["correspondence"]["content"], "attachments": metadata}
    return {**message, "correspondence": {**message["correspondence"], "content": content}}


def notice(subject: str) -> Json:
    """Return the wish for a notice by e-mail and SMS, with a reminder, that can be told by its subject."""
    return {
        "notificationTemplate": "CustomMessage",
        "notificationChannel": "EmailAndSms",
        "emailSubject": subject,
        "emailBody": "$correspondenceRecipientName$ har fått $messageTitle$ fra $sendersName$.",
        "emailContentType": "Plain",
        "smsBody": f"{subject}: ny melding fra $sendersName$.",
        "sendReminder": True,
        "reminderEmailSubject": f"Påminnelse: {subject}",
        "reminderEmailBody": "$correspondenceRecipientName$ har en ulest melding.",
        "reminderSmsBody": f"Påminnelse: {subject}.",
    }


def confirmation(now: str, days: int = 30) -> Json:
    """Return the members that ask for confirmation within so many days of `now`."""
    due = datetime.fromisoformat(now) + timedelta(days=days)
    return {"isConfirmationNeeded": True, "dueDateTime": due.isoformat()}


def attachment(file_name: str, *, resource: str = LETTERS, content: bytes | None = None) -> Json:
    """Return the metadata of an attachment; of `content` the checksum goes along."""
    checksum = {"checksum": hashlib.md5(content, usedforsecurity=False).hexdigest()} if content is not None else {}
    return {"resourceId": resource, "fileName": file_name, "sendersReference": file_name, **checksum}


def pdf(size: int = 3 * _MIB, seed: int = 1) -> bytes:
    """Return a file of this size that begins as a PDF does and cannot be compressed."""
    return (b"%PDF-1.7\n" + random.Random(seed).randbytes(size))[:size]


def eicar() -> bytes:
    """Return the EICAR test file, put together here so that no scanner trips over this module."""
    return b"".join((b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$", b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"))
