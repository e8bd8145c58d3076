"""What each member of a body and each parameter means: one word per thing, so one description per name.

`Model.member` describes the member of one model where the name alone would say too little.
"""

from collections.abc import Mapping

_ADDED = {
    "messageBodyFormat",
    "messageBodyUrl",
    "messageBodyAttachmentId",
    "dataLocationUrl",
    "dataLocationDigest",
    "scan",
    "contentFlags",
    "active",
    "ended",
    "paused",
    "previousSecretUntil",
    "publicKey",
    "secret",
    "signing",
}
ADDED_MEMBERS = frozenset(_ADDED)
"""Members that upstream's bodies do not have."""

PARAMETERS: Mapping[str, str] = {
    "correspondenceId": "The id of the correspondence, a GUID",
    "attachmentId": "The id of the attachment, a GUID",
    "id": "The number of the subscription",
    "stuckId": "The id of what is stuck",
}

ADDED_PARAMETERS = frozenset({"dryRun", "limit", "continuationToken", "include"})
"""Parameters that upstream's operations do not take."""

MEMBERS: Mapping[str, str] = {
    "about": "The id of the attachment or correspondence; of a dead letter its queue or subscription and its id",
    "active": "Whether it is told of events; not once it has ended",
    "allowForwarding": "Whether the recipient may forward it by e-mail",
    "alternativeSubjectFilter": "The party as `/organisation/` or `/person/` and the number",
    "altinn2CorrespondenceId": "The number that it had in Altinn 2; none has one here",
    "answer": "The beginning of the endpoint's answer, or why there is none",
    "at": "When it was made",
    "attachmentId": "The id of the attachment",
    "attachmentIds": "The attachments of the request, new ones first, each once",
    "attachments": "The files",
    "attempt": "Which attempt for this event it was, from 1",
    "checksum": "The MD5 digest of the file in hex, 32 characters in lower case; computed when it is not given",
    "consumer": "The party that is told",
    "contactPoints": "Where the registers know the recipient to be reached",
    "content": "What the recipient reads",
    "continuationToken": "Where the next page begins; null after the last one",
    "correspondence": "The message",
    "correspondenceId": "The id of the correspondence",
    "correspondenceIds": "The correspondences that use the file, at most a thousand",
    "correspondences": "One correspondence per recipient, in the order of the request",
    "count": "How many there are",
    "created": "When it was made",
    "createdBy": "The party that made it",
    "creator": "The code of the owner of the resource, or `Not found`",
    "customNotificationRecipients": "Deprecated: only the recipients of the first one count",
    "customRecipient": "Deprecated: used when customRecipients is not",
    "customRecipients": "Who is notified instead of, or besides, those registered for the recipient",
    "contentFlags": "What to know before opening the file: it holds macros, or is encrypted",
    "dataLocationDigest": "The SHA-256 digest in hex of what is stored elsewhere, as its sender says it",
    "dataLocationType": "Where the file lies",
    "dataLocationUrl": "The https address of what is stored elsewhere, on a host that the sender may point to",
    "dataType": "The media type of the file by its name",
    "description": "The status in words",
    "displayName": "The name that the recipient sees instead of fileName",
    "dryRun": "`true` to see what would come of the request: it is judged in full, and nothing is written",
    "dueDateTime": "When the recipient must have answered or confirmed; needed when isConfirmationNeeded",
    "email": "The latest e-mail",
    "emailAddress": "An e-mail address",
    "emailBody": "The text of the e-mail",
    "emailContentType": "How the text of the e-mail is written",
    "emailSubject": "The subject of the e-mail",
    "emails": "All e-mails",
    "ended": "Why it ended without its owner's word",
    "endPoint": "The https address that events are posted to",
    "event": "The id of the event",
    "existingCorrespondences": "What a repeat would be answered, when the key was used for the same request before",
    "existingAttachments": "Ids of published attachments of the same sender",
    "expirationInDays": "How many days after publication the file can be downloaded; for ever when null",
    "expirationTime": "When the file can no longer be downloaded",
    "externalReferences": "References to things in other systems",
    "failuresInARow": "How many of the latest attempts have failed since one succeeded",
    "fileName": "The name of the file with its extension",
    "forwardTo": "The e-mail address that it is forwarded to",
    "forwardingText": "The forwarder's own words, at most 200 characters of plain text, that go before the message",
    "from": "Only what was to be published after this instant",
    "id": "Its id",
    "idempotentKey": "A GUID of the sender's: the same request with the same key is carried out once",
    "ids": "The ids that match, newest first",
    "ignoreReservation": "Send it although the recipient has reserved against digital mail",
    "includeSubunits": "Must be false: each sub-unit has subscriptions of its own",
    "isConfidential": "Whether it is confidential, as the resource must be",
    "isConfirmationNeeded": "Whether the recipient must confirm receipt",
    "isEncrypted": "Whether the sender has encrypted the file",
    "include": "`overview` to have the overviews of the page, too, without their bodies",
    "isReminder": "Whether it is a reminder",
    "isReserved": "Whether the recipient has reserved",
    "items": "The items, oldest first",
    "kind": "What kind of thing it is",
    "latest": "The latest attempts to deliver, newest first",
    "limit": "How many there are on a page at most",
    "language": "nb, nn or en; nb when it is not given",
    "lastUpdate": "When the status was entered",
    "linkText": "What the link says",
    "linkURL": "An absolute https address of at most 255 characters",
    "maskedAddress": "The address, with most of it hidden; empty when nobody could be reached",
    "medium": "Whether it was an e-mail or an SMS",
    "notificationId": "The id of the notification, as events and details have it",
    "message": "The state in words",
    "messageBody": "The text, in Markdown unless another format is said; not when it is named in another way",
    "messageBodyAttachmentId": "A published .html, .txt or .json attachment with the body, instead of messageBody",
    "messageBodyFormat": "How the text is written; not said when it is Markdown",
    "messageBodyUrl": "Where the body is stored elsewhere, instead of messageBody: the recipient gets a link",
    "messageSender": "The name to show as the sender's, in plain text",
    "messageSummary": "A summary of the text",
    "messageTitle": "The title, in plain text",
    "mobileNumber": "A mobile number that begins with + or 00",
    "more": "Whether there may be others",
    "nationalIdentityNumber": "A person's number of eleven digits",
    "notification": "How the recipient is told; nobody is told when it is null",
    "notificationChannel": "How the recipient is told first",
    "notificationOrderId": "The id of the order",
    "notificationStatusDetails": "What became of each e-mail and SMS",
    "notificationTemplate": "The sender's own texts, or a generic one",
    "notifications": "What was sent to tell the recipient",
    "onBehalfOf": "The organisation or person whose mail is searched; the caller's own when it is not given",
    "organizationNumber": "An organisation's number of nine digits",
    "overrideRegisteredContactInformation": "Notify the custom recipients only",
    "paused": "Whether its deliveries wait until it is resumed",
    "previousSecretUntil": "Until when deliveries are signed with the secret before this one, too",
    "processingStatus": "How far the order is",
    "propertyList": "At most 10 values of at most 300 characters, by keys of at most 50",
    "publicKey": "What signatures are verified with, in the form of Standard Webhooks",
    "published": "When the recipient could see it first",
    "ratePerMinute": "How many deliveries a minute the endpoint has allowed; any number when null",
    "read": "When it was read first",
    "reason": "Why",
    "recipient": "The recipient",
    "recipientToOverride": "The recipient that is meant",
    "recipients": "The recipients",
    "referenceType": "What it refers to",
    "referenceValue": "The reference",
    "reminderEmailBody": "The text of the e-mail that reminds",
    "reminderEmailContentType": "How the text of the e-mail that reminds is written; as the first one when null",
    "reminderEmailSubject": "The subject of the e-mail that reminds",
    "reminderNotificationChannel": "How the recipient is reminded; as the first time when null",
    "reminderSmsBody": "The text of the SMS that reminds",
    "replyOptions": "Links with which the recipient can answer; up to three are shown as buttons",
    "requestedPublishTime": "When the recipient may see it; at once when null or past",
    "resourceFilter": "The resource that events must be about, as `urn:altinn:resource:` and its id",
    "resourceId": "The id of the resource in the resource registry, with or without `urn:altinn:resource:`",
    "resubmittable": "Whether it can be tried again: its message can be read",
    "role": "Whose side is searched from",
    "scan": "How the malware scan of the file stands; not there before its bytes are",
    "secret": "What deliveries are signed with, in the form of Standard Webhooks; shown once only",
    "sendNotification": "Whether it may still be sent",
    "sendReminder": "Whether a reminder is sent after seven days when it is still unread",
    "sendStatus": "What became of it",
    "sender": "The owner of the resource; ignored in requests",
    "sendersReference": "The sender's own reference",
    "signing": (
        "How deliveries are signed: `hmac` with a secret that both have, `ed25519` with a key whose public "
        "half is shown"
    ),
    "sms": "The latest SMS",
    "smsBody": "The text of the SMS",
    "smses": "All SMS",
    "since": "Since when",
    "sourceFilter": "Not to be used together with resourceFilter",
    "state": "How it stands",
    "status": "The status",
    "statusChanged": "When the status was entered",
    "statusHistory": "Every status that it has had, oldest first",
    "statusText": "The status in words",
    "StuckItem.id": "The id to try it again by",
    "subjectFilter": "The party that events must be about",
    "subscriptions": "The subscriptions",
    "succeeded": "Whether it was sent",
    "systemLabel": "Where the recipient keeps it",
    "to": "Only what was to be published before this instant",
    "tookMs": "How long it took, in milliseconds",
    "typeFilter": "The one type of event that is wanted; all when it is not given",
    "validated": "Whether the endpoint has consented",
    "waiting": "How many deliveries wait for their next attempt; 1,000 at most are counted",
    "AttemptAnswer.state": "What had become of the delivery with it",
    "AttemptAnswer.status": "The status of the answer; 0 when none came",
    "TestAnswer.status": "The status of the answer; 0 when none came",
    "TestAnswer.succeeded": "Whether the endpoint took it",
    "InitializeCorrespondences.recipients": (
        "1 to 500 recipients: `0192:` or `urn:altinn:organization:identifier-no:` and nine digits, a person's eleven "
        "digits with or without `urn:altinn:person:identifier-no:`, `urn:altinn:person:idporten-email:` and an "
        "address, or `urn:altinn:person:legacy-selfidentified:` and a name"
    ),
    "ContentIn.attachments": "What is said of each file of a form, in the order of the files",
    "NotificationStatusDetails.sms": "The latest SMS",
    "ContactPoints.email": "Whether there is an e-mail address",
    "ContactPoints.mobile": "Whether there is a mobile number",
    "DryRunAnswer.content": "The texts of the message, with links for reply options that get no button",
    "DryRunAnswer.dryRun": "Always true: nothing was written and nobody was told",
    "DryRunAnswer.recipients": "What each recipient would get, in the order of the request",
    "PreviewNotification.address": "Where it would go, masked",
    "PreviewNotification.notificationChannel": "`Email` or `Sms`",
    "PreviewRecipient.content": "The texts with the name in them; null when they do not ask for it",
    "PreviewRecipient.notifications": "Every notice that would be sent, the reminder too, as it would arrive",
    "PreviewRecipient.status": "The status it would begin with; nothing is sent to who is Reserved",
    "SearchQuery.status": "Only what has, or has had, this status",
    "InitializedCorrespondence.notifications": "Always null: they are made when it is published",
    "CorrespondenceOverview.notification": "Always null in answers",
    "CorrespondenceDetails.notification": "Always null in answers",
    "SendDetails.recipient": "Who was notified",
}


def member(model: str, name: str) -> str:
    """What the member of the model means; empty when nobody has said."""
    words = MEMBERS.get(f"{model}.{name}") or MEMBERS.get(name, "")
    return f"{words} (an addition to upstream's API)" if words and is_added(name) else words


def is_added(name: str) -> bool:
    """True for a member or a parameter that upstream's API does not have."""
    return name in ADDED_MEMBERS | ADDED_PARAMETERS


def documentation(text: str | None) -> str:
    """A docstring for those who use the API: without where its rules come from and without the contract's numbers."""
    told, _, _ = " ".join((text or "").split()).partition(" Source:")
    head, colon, rest = told.partition(": ")
    numbered = colon and head[:1] in {"A", "C"} and head[1:].isdigit()
    told = rest if numbered else told
    return told[:1].upper() + told[1:]
