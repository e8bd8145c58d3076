"""Examples and refusals of the operations on correspondences. Source of the numbers: wire contract 5.1, 5.9, 12."""

from collections.abc import Mapping

from functions.http.openapi.entry import (
    ACCESS,
    BUSINESS,
    FILE,
    FREE_FILE,
    LETTER,
    LINK,
    LINK_FILE,
    LINK_LETTER,
    OF_LETTER,
    PERSON,
    READ_LETTER,
    RESOURCE,
    Entry,
    Example,
)
from shared.domain.errors import Refusal

_OF_A_MESSAGE = (
    Refusal.RESOURCE_UNKNOWN,
    *ACCESS,
    Refusal.RESOURCE_TYPE_CORRESPONDENCE,
    Refusal.KEY_ALREADY_USED,
    Refusal.CONFIDENTIAL_FLAG_MISSING,
    Refusal.CONFIDENTIAL_FLAG_WRONG,
    Refusal.FORWARDING_NEEDS_LEVEL_0,
    Refusal.DUPLICATE_RECIPIENTS,
    Refusal.RECIPIENTS_UNKNOWN,
    Refusal.RECIPIENT_LACKS_ROLES,
    Refusal.DUE_DATE_NEEDED,
    Refusal.RECIPIENT_RESERVED,
    Refusal.RESERVATION_LOOKUP_FAILED,
    Refusal.DUE_DATE_IN_PAST,
    Refusal.DUE_DATE_BEFORE_PUBLISH,
    Refusal.TITLE_NOT_PLAIN_TEXT,
    Refusal.BODY_NOT_MARKDOWN,
    Refusal.LANGUAGE_UNSUPPORTED,
    Refusal.MESSAGE_SENDER_NOT_PLAIN_TEXT,
    Refusal.SEVERAL_TRANSMISSION_TYPES,
    Refusal.TRANSMISSION_TYPE_WITHOUT_DIALOG,
    Refusal.DIALOG_ID_NOT_A_GUID,
    Refusal.TRANSMISSION_SEVERAL_RECIPIENTS,
    Refusal.TRANSMISSION_WITH_REPLIES,
    Refusal.DIALOG_UNKNOWN,
    Refusal.DIALOG_OF_ANOTHER_OWNER,
    Refusal.RECIPIENT_NOT_DIALOG_PARTY,
    Refusal.ATTACHMENT_OF_ANOTHER_SENDER,
    Refusal.EXISTING_ATTACHMENT_UNKNOWN,
    Refusal.TOO_MANY_ATTACHMENTS,
    Refusal.ATTACHMENT_NOT_PUBLISHED,
    Refusal.FORWARDING_TOO_LARGE,
    Refusal.FILE_NAME_MISSING,
    Refusal.FILE_NAME_TOO_LONG,
    Refusal.FILE_NAME_CHARACTERS,
    Refusal.FILE_TYPE_NOT_ALLOWED,
    Refusal.FILE_NAME_RESERVED,
    Refusal.FILES_DO_NOT_MATCH,
    Refusal.EXPIRATION_TOO_SHORT,
    Refusal.BODY_ATTACHMENT_UNFIT,
    Refusal.BODY_EMPTY,
    Refusal.BODY_TOO_LONG,
    Refusal.EXTERNAL_ADDRESS_INVALID,
    Refusal.EXTERNAL_HOST_NOT_ALLOWED,
    Refusal.ATTACHMENT_EXPIRES_SOON,
    Refusal.REPLY_OPTION_INVALID,
)
_OF_A_NOTICE = (
    Refusal.TEMPLATE_UNKNOWN,
    Refusal.EMAIL_TEXTS_MISSING,
    Refusal.REMINDER_EMAIL_TEXTS_MISSING,
    Refusal.SMS_TEXT_MISSING,
    Refusal.REMINDER_SMS_TEXT_MISSING,
    Refusal.PREFERRED_TEXTS_MISSING,
    Refusal.REMINDER_PREFERRED_TEXTS_MISSING,
    Refusal.EMAIL_INVALID,
    Refusal.MOBILE_INVALID,
    Refusal.KEYWORD_NEEDS_IDENTITY,
    Refusal.CUSTOM_RECIPIENTS_NEED_ONE_RECIPIENT,
    Refusal.CUSTOM_RECIPIENT_SEVERAL_IDENTIFIERS,
    Refusal.CUSTOM_RECIPIENT_WITHOUT_IDENTIFIER,
    Refusal.OVERRIDE_NEEDS_CUSTOM_RECIPIENTS,
    Refusal.BOTH_TEXTS_MISSING,
    Refusal.REMINDER_BOTH_TEXTS_MISSING,
)
_OF_A_FORM = (Refusal.FILE_SIZE, Refusal.CHECKSUM_MISMATCH, Refusal.UPLOAD_TOO_SLOW, Refusal.UPLOAD_FAILED)
_OF_A_DOWNLOAD = (*OF_LETTER, Refusal.ATTACHMENT_NOT_FOUND, Refusal.ATTACHMENT_PURGED, Refusal.ATTACHMENT_EXPIRED)

_OF_A_FORWARDING = (
    Refusal.EMAIL_INVALID,
    Refusal.FORWARD_ADDRESS_TOO_LONG,
    Refusal.FORWARDING_NOT_ALLOWED,
    Refusal.FORWARDING_TEXT_TOO_LONG,
    Refusal.FORWARDING_TEXT_NOT_PLAIN_TEXT,
    Refusal.FORWARD_BEFORE_READ,
    Refusal.ALREADY_FORWARDED,
    Refusal.FORWARDING_FAILED,
)

_SHORT = {
    "resourceId": RESOURCE,
    "sendersReference": "case-2026-1",
    "content": {"language": "nb", "messageTitle": "Vedtak", "messageBody": "Et *vedtak* er fattet."},
}
_LONG = {
    "resourceId": "urn:altinn:resource:" + RESOURCE,
    "sendersReference": "case-2026-2",
    "messageSender": "Example Agency, Oslo",
    "content": {
        "language": "nn",
        "messageTitle": "Svar innan fristen",
        "messageSummary": "Du må stadfeste at du har fått brevet",
        "messageBody": "# Hei\n\nDu må **stadfeste** at du har fått brevet.",
    },
    "requestedPublishTime": "2026-11-01T08:00:00+01:00",
    "dueDateTime": "2036-12-31T23:59:00+01:00",
    "externalReferences": [{"referenceValue": "case 2", "referenceType": "Generic"}],
    "propertyList": {"department": "Oslo"},
    "replyOptions": [{"linkURL": "https://agency.example/answer", "linkText": "Svar"}],
    "notification": {
        "notificationTemplate": "CustomMessage",
        "notificationChannel": "EmailPreferred",
        "emailSubject": "Ny post",
        "emailBody": "Du har fått post frå $sendersName$.",
        "emailContentType": "Plain",
        "smsBody": "Du har fått post.",
        "sendReminder": True,
        "reminderEmailSubject": "Ulesen post",
        "reminderEmailBody": "Du har ikkje lese posten din.",
        "reminderSmsBody": "Du har ulesen post.",
    },
    "ignoreReservation": False,
    "isConfirmationNeeded": True,
}
_LINKED = {
    "messageTitle": "Modell",
    "messageBody": "<p>Her er <em>modellen</em>.</p>",
    "messageBodyFormat": "Html",
    "attachments": [
        {
            "fileName": "model.zip",
            "sendersReference": "case-2026-4-1",
            "dataLocationType": "ExistingExternalStorage",
            "dataLocationUrl": LINK,
            "dataLocationDigest": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        }
    ],
}
_FORM = {
    "Recipients[0]": BUSINESS,
    "Correspondence.ResourceId": RESOURCE,
    "Correspondence.SendersReference": "case-2026-3",
    "Correspondence.Content.Language": "nb",
    "Correspondence.Content.MessageTitle": "Vedtak med vedlegg",
    "Correspondence.Content.MessageBody": "Se vedlegget.",
    "Correspondence.Content.Attachments[0].FileName": "vedtak.pdf",
    "Correspondence.Content.Attachments[0].SendersReference": "case-2026-3-1",
}
_KEY = "8f1c2a34-5b6d-4e7f-8a9b-0c1d2e3f4a5b"


def _of(letter: str, summary: str, **path: str) -> Example:
    return Example(summary=summary, path={"correspondenceId": letter, **path})


ENTRIES: Mapping[str, Entry] = {
    "initialise_correspondences": Entry(
        examples=(
            Example(summary="A letter to a person", json={"correspondence": _SHORT, "recipients": ["01838510058"]}),
            Example(
                summary="Everything, to two recipients, with a file that was uploaded before and a key",
                json={
                    "correspondence": _LONG,
                    "recipients": [PERSON, "0192:311001000"],
                    "existingAttachments": [FREE_FILE],
                    "idempotentKey": _KEY,
                },
            ),
            Example(
                summary="A letter in HTML, with a file that is stored elsewhere",
                json={"correspondence": _SHORT | {"content": _LINKED}, "recipients": ["0192:311001000"]},
            ),
            Example(
                summary="What would come of a letter with a notice",
                query={"dryRun": "true"},
                json={
                    "correspondence": _SHORT | {"notification": _LONG["notification"]},
                    "recipients": [PERSON, "0192:311001000"],
                },
            ),
        ),
        refusals=(*_OF_A_MESSAGE, *_OF_A_NOTICE, Refusal.TEMPLATE_OUT_OF_RANGE),
    ),
    "upload_correspondences": Entry(
        examples=(Example(summary="A letter with a file", form=_FORM, files={"vedtak.pdf": "%PDF-1.7 vedtak"}),),
        refusals=(*_OF_A_MESSAGE, *_OF_A_NOTICE, *_OF_A_FORM),
    ),
    "search_correspondences": Entry(
        examples=(
            Example(summary="What I have received", query={"resourceId": RESOURCE, "role": "Recipient"}),
            Example(
                summary="Since a day, not yet read",
                query={"resourceId": RESOURCE, "role": "Recipient", "from": "2026-11-01", "status": "Published"},
            ),
            Example(
                summary="A page of two, with what a list shows of them",
                query={"resourceId": RESOURCE, "role": "Recipient", "limit": "2", "include": "overview"},
            ),
        ),
        refusals=(Refusal.FROM_AFTER_TO, *ACCESS),
    ),
    "get_correspondence": Entry(examples=(_of(LETTER, "A letter"),), refusals=OF_LETTER),
    "get_correspondence_details": Entry(examples=(_of(LETTER, "A letter with its history"),), refusals=OF_LETTER),
    "get_correspondence_content": Entry(
        examples=(
            _of(LETTER, "The body of a letter"),
            Example(
                summary="As a page for a browser", path={"correspondenceId": LETTER}, headers={"Accept": "text/html"}
            ),
        ),
        refusals=OF_LETTER,
    ),
    "mark_correspondence_as_read": Entry(
        examples=(_of(LETTER, "Read without opening"),),
        refusals=(*OF_LETTER, Refusal.READ_BEFORE_FETCHED, Refusal.ALREADY_READ),
    ),
    "confirm_correspondence": Entry(
        examples=(_of(LETTER, "Receipt is confirmed"),),
        refusals=(*OF_LETTER, Refusal.CONFIRM_BEFORE_FETCHED, Refusal.ALREADY_CONFIRMED),
    ),
    "forward_correspondence": Entry(
        examples=(
            Example(
                summary="A letter that was read is forwarded with a few words",
                path={"correspondenceId": READ_LETTER},
                json={"forwardTo": "ada@friend.example", "forwardingText": "Se på dette."},
            ),
        ),
        refusals=(*OF_LETTER, *_OF_A_FORWARDING),
    ),
    "get_correspondence_notifications": Entry(
        examples=(_of(LETTER, "What was sent about a letter"),), refusals=OF_LETTER, addition=True
    ),
    "archive_correspondence": Entry(examples=(_of(LETTER, "A letter is put away"),), refusals=OF_LETTER, addition=True),
    "unarchive_correspondence": Entry(
        examples=(_of(LETTER, "A letter is taken back"),), refusals=OF_LETTER, addition=True
    ),
    "mark_correspondence_as_unread": Entry(
        examples=(_of(READ_LETTER, "A letter shall be read again"),), refusals=OF_LETTER, addition=True
    ),
    "purge_correspondence": Entry(
        examples=(_of(READ_LETTER, "A letter that was read is removed"),),
        refusals=(
            *OF_LETTER,
            Refusal.PURGE_AFTER_PUBLISH,
            Refusal.ALREADY_PURGED,
            Refusal.PURGE_BEFORE_CONFIRMED,
            Refusal.TRANSMISSION_NOT_PURGEABLE,
        ),
    ),
    "download_correspondence_attachment": Entry(
        examples=(
            _of(LETTER, "The whole file", attachmentId=FILE),
            Example(
                summary="Its first eight bytes",
                path={"correspondenceId": LETTER, "attachmentId": FILE},
                headers={"Range": "bytes=0-7"},
            ),
            _of(LINK_LETTER, "The way to a file that is stored elsewhere", attachmentId=LINK_FILE),
        ),
        refusals=_OF_A_DOWNLOAD,
    ),
    "download_all_correspondence_attachments": Entry(
        examples=(_of(LETTER, "Every file of a letter"),), refusals=(*_OF_A_DOWNLOAD, Refusal.ZIP_TOO_LARGE)
    ),
}
"""By the operation's id."""
