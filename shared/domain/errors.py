"""What can be refused, and what can fail: one catalogue of numbers, one exception for each kind of trouble."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, StrEnum


class ErrorKind(StrEnum):
    """How a refusal is meant. The HTTP status of each kind is looked up in `functions/http/edge.py` only."""

    INVALID = "invalid"
    NO_ACCESS = "no access"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not found"
    CONFLICT = "conflict"
    TOO_SLOW = "too slow"
    TOO_LARGE = "too large"
    UNPROCESSABLE = "unprocessable"
    LEGAL = "unavailable for legal reasons"
    BROKEN = "broken"
    UPSTREAM = "upstream failed"


_I, _N, _A = ErrorKind.INVALID, ErrorKind.NOT_FOUND, ErrorKind.NO_ACCESS


class Refusal(Enum):
    """Every refusal of the wire contract that can occur: its stable number, its kind, its English text.

    Source: the error catalogue of the wire contract, numbers unchanged.
    """

    CORRESPONDENCE_NOT_FOUND = (1001, _N, "The requested correspondence was not found")
    TITLE_NOT_PLAIN_TEXT = (1002, _I, "Message title must be plain text")
    BODY_NOT_MARKDOWN = (1003, _I, "Message body must be Markdown; HTML is not accepted")
    FILES_DO_NOT_MATCH = (1005, _I, "The attached files and the attachment metadata do not match")
    DUPLICATE_RECIPIENTS = (1006, _I, "A recipient may only occur once in a request")
    EXISTING_ATTACHMENT_UNKNOWN = (1007, _I, "At least one of the existing attachments was not found")
    DUE_DATE_IN_PAST = (1008, _I, "dueDateTime cannot be in the past")
    DUE_DATE_BEFORE_PUBLISH = (1009, _I, "dueDateTime cannot be before requestedPublishTime")
    PURGE_AFTER_PUBLISH = (1013, _I, "A published correspondence cannot be purged by its sender")
    ALREADY_PURGED = (1014, _I, "The correspondence has already been purged")
    DUE_DATE_NEEDED = (1016, _I, "dueDateTime is needed when confirmation is needed")
    ATTACHMENT_OF_ANOTHER_SENDER = (1017, _I, "An existing attachment belongs to another sender")
    ATTACHMENT_NOT_PUBLISHED = (1018, _I, "An existing attachment is not published")
    CONTENT_MISSING = (1019, _I, "The message must have content")
    TITLE_EMPTY = (1020, _I, "Message title cannot be empty")
    BODY_EMPTY = (1021, _I, "Message body cannot be empty")
    BODY_TOO_LONG = (1022, _I, "Message body cannot be longer than 30000 characters")
    LANGUAGE_UNSUPPORTED = (1023, _I, "Language must be nb, nn or en")
    READ_BEFORE_FETCHED = (1024, _I, "A correspondence must be fetched before it can be marked as read")
    CONFIRM_BEFORE_FETCHED = (1025, _I, "A correspondence must be fetched before it can be confirmed")
    PURGE_BEFORE_CONFIRMED = (1026, _I, "A correspondence that needs confirmation must be confirmed before its purge")
    FROM_AFTER_TO = (1027, _I, "from cannot be after to")
    RECIPIENTS_UNKNOWN = (1029, _N, "Recipients were not found in the register")
    RECIPIENT_RESERVED = (1030, ErrorKind.UNPROCESSABLE, "The recipient has reserved against digital mail")
    RESERVATION_LOOKUP_FAILED = (1032, ErrorKind.BROKEN, "The contact and reservation register could not be asked")
    KEY_NOT_A_GUID = (1033, _I, "idempotentKey must be a GUID that is not empty")
    KEY_ALREADY_USED = (1034, ErrorKind.CONFLICT, "A correspondence with this idempotent key exists already")
    REPLY_OPTION_INVALID = (1035, _I, "Reply options must have an https link of at most 255 characters")
    RESOURCE_UNKNOWN = (1036, _I, "The resource does not exist or has no service owner")
    TITLE_TOO_LONG = (1037, _I, "Message title cannot be longer than 255 characters")
    TOO_MANY_ATTACHMENTS = (1038, _I, "A correspondence can have at most 100 attachments")
    MESSAGE_SENDER_NOT_PLAIN_TEXT = (1039, _I, "messageSender must be plain text")
    ALREADY_READ = (1040, _I, "The correspondence is already marked as read")
    ALREADY_CONFIRMED = (1041, _I, "The correspondence is already confirmed")
    SUMMARY_TOO_LONG = (1042, _I, "Message summary cannot be longer than 255 characters")
    TRANSMISSION_NOT_PURGEABLE = (1043, _I, "A transmission cannot be purged")
    RECIPIENT_LACKS_ROLES = (1044, _I, "Recipients lack the roles that confidential correspondence requires")
    TRANSMISSION_SEVERAL_RECIPIENTS = (1045, _I, "A transmission can have one recipient only")
    RECIPIENT_NOT_DIALOG_PARTY = (1046, _I, "The recipient is not the party of the dialog")
    DIALOG_ID_NOT_A_GUID = (1048, _I, "The dialog id must be a GUID")
    DIALOG_OF_ANOTHER_OWNER = (1050, _I, "The dialog and the resource belong to different service owners")
    TRANSMISSION_WITH_REPLIES = (1051, _I, "A transmission cannot have reply options or need confirmation")
    SEVERAL_TRANSMISSION_TYPES = (1052, _I, "Only one transmission type may be given")
    TRANSMISSION_TYPE_WITHOUT_DIALOG = (1053, _I, "A transmission type needs a dialog id")
    DIALOG_UNKNOWN = (1054, _N, "The dialog was not found")
    ATTACHMENT_EXPIRES_SOON = (1055, _I, "An existing attachment expires within 6 hours")
    CONFIDENTIAL_FLAG_MISSING = (1060, _I, "The resource is confidential: isConfidential must be true")
    CONFIDENTIAL_FLAG_WRONG = (1061, _I, "The resource is not confidential: isConfidential must be false")
    FORWARDING_NOT_ALLOWED = (1063, _I, "The sender does not allow this correspondence to be forwarded")
    ALREADY_FORWARDED = (1064, _I, "The correspondence has already been forwarded to this address")
    FORWARD_BEFORE_READ = (1065, _I, "A correspondence must be read before it can be forwarded")
    FORWARDING_TEXT_TOO_LONG = (1066, _I, "forwardingText cannot be longer than 200 characters")
    FORWARDING_TEXT_NOT_PLAIN_TEXT = (1067, _I, "forwardingText must be plain text")
    FORWARDING_NEEDS_LEVEL_0 = (1068, _I, "allowForwarding needs a resource with authentication level 0")
    FORWARDING_TOO_LARGE = (1069, _I, "allowForwarding needs attachments of at most 10 MB in all")
    ATTACHMENT_NOT_FOUND = (2001, _N, "The requested attachment was not found")
    UPLOAD_FAILED = (2002, ErrorKind.UPSTREAM, "The file could not be stored")
    ATTACHMENT_LINKED = (2003, _I, "The attachment is already linked to a correspondence")
    FILE_SIZE = (2004, _I, "The file is empty or too large")
    ALREADY_UPLOADED = (2005, _I, "The attachment has been uploaded already or is being uploaded")
    ATTACHMENT_PURGED_ALREADY = (2006, _I, "The attachment has already been purged")
    ATTACHMENT_IN_USE = (2007, _I, "The attachment is linked to a correspondence and cannot be deleted")
    CHECKSUM_MISMATCH = (2008, _I, "The checksum of the uploaded file does not match the one given")
    FILE_NAME_MISSING = (2010, _I, "fileName is missing")
    FILE_NAME_TOO_LONG = (2011, _I, "fileName cannot be longer than 255 characters")
    FILE_NAME_CHARACTERS = (2012, _I, "fileName contains characters that are not allowed")
    FILE_TYPE_NOT_ALLOWED = (2013, _I, "The file type is not allowed")
    SENDER_CAN_NO_LONGER_DOWNLOAD = (2016, _I, "The attachment belongs to a published correspondence")
    EXPIRATION_TOO_SHORT = (2017, _I, "expirationInDays is below the minimum")
    ATTACHMENT_EXPIRED_ALREADY = (2018, _I, "The attachment has already expired")
    ATTACHMENT_PURGED = (2019, _I, "The attachment has been purged")
    ATTACHMENT_EXPIRED = (2020, _I, "The attachment has expired")
    FILE_NAME_RESERVED = (2021, _I, "fileName is a name that Windows reserves")
    UPLOAD_TOO_SLOW = (2022, ErrorKind.TOO_SLOW, "The upload was too slow or was cut off")
    ZIP_TOO_LARGE = (2023, _I, "The attachments are too large for one ZIP file")
    TEMPLATE_UNKNOWN = (3001, _N, "There is no notification template for the language")
    EMAIL_TEXTS_MISSING = (3002, _I, "Email notifications need emailSubject and emailBody")
    REMINDER_EMAIL_TEXTS_MISSING = (3003, _I, "Email reminders need reminderEmailSubject and reminderEmailBody")
    SMS_TEXT_MISSING = (3004, _I, "SMS notifications need smsBody")
    REMINDER_SMS_TEXT_MISSING = (3005, _I, "SMS reminders need reminderSmsBody")
    PREFERRED_TEXTS_MISSING = (3006, _I, "Preferred channels need emailSubject, emailBody and smsBody")
    REMINDER_PREFERRED_TEXTS_MISSING = (3007, _I, "Reminders on preferred channels need all three reminder texts")
    EMAIL_INVALID = (3011, _I, "The e-mail address is invalid")
    MOBILE_INVALID = (3012, _I, "The mobile number is invalid")
    KEYWORD_NEEDS_IDENTITY = (3015, _I, "$recipientName$ cannot be used with custom e-mail addresses or mobile numbers")
    CUSTOM_RECIPIENTS_NEED_ONE_RECIPIENT = (3017, _I, "Custom recipients need exactly one recipient")
    CUSTOM_RECIPIENT_SEVERAL_IDENTIFIERS = (3018, _I, "A custom recipient must have exactly one identifier")
    CUSTOM_RECIPIENT_WITHOUT_IDENTIFIER = (3019, _I, "A custom recipient must have an identifier")
    OVERRIDE_NEEDS_CUSTOM_RECIPIENTS = (3022, _I, "overrideRegisteredContactInformation needs custom recipients")
    TEMPLATE_OUT_OF_RANGE = (3023, _I, "notificationTemplate is not a known template")
    BOTH_TEXTS_MISSING = (3024, _I, "EmailAndSms needs emailSubject, emailBody and smsBody")
    REMINDER_BOTH_TEXTS_MISSING = (3025, _I, "EmailAndSms reminders need all three reminder texts")
    FORWARD_ADDRESS_TOO_LONG = (3027, _I, "forwardTo cannot be longer than 1000 characters")
    FORWARDING_FAILED = (3028, ErrorKind.BROKEN, "The e-mail could not be sent; nothing was forwarded, try again")
    NO_ACCESS = (4001, _A, "You do not have access to the resource for this party")
    PARTY_UNKNOWN = (4002, _I, "The caller's party was not found in the register")
    CALLER_UNKNOWN = (4006, _A, "The caller could not be determined from the token")
    RESOURCE_TYPE_ATTACHMENT = (4009, _I, "The resource type cannot be used for attachments")
    RESOURCE_TYPE_CORRESPONDENCE = (
        4010,
        _I,
        "The resource must be of the type CorrespondenceService, or AltinnApp for a message in a dialog",
    )
    SUBSCRIPTION_NOT_FOUND = (7001, _N, "The subscription was not found")
    SUBSCRIPTION_ENDED = (
        7002,
        ErrorKind.CONFLICT,
        "The subscription has ended: resume it, then replay",
    )
    ENDPOINT_NOT_VALIDATED = (7003, _I, "The endpoint did not consent to receive events")
    REQUEST_TOO_LARGE = (7004, ErrorKind.TOO_LARGE, "The request is larger than this server takes in one piece")
    DELIVERY_NOT_FOUND = (7005, _N, "No delivery of this event to the subscription is known")
    NOT_ALL_WRITTEN = (7006, ErrorKind.CONFLICT, "What was written is not what was said: write it, then complete")
    NO_UPLOAD_BEGUN = (7007, ErrorKind.CONFLICT, "No upload to a link is under way: ask for a link first")
    NOT_STUCK = (7020, _N, "Nothing of this id is stuck")
    NOT_READABLE = (7021, ErrorKind.CONFLICT, "The message cannot be read, so that it cannot be tried again")
    TEMPLATE_VERSION_NOT_FOUND = (7030, _N, "The resource's template has no version of this number")
    NO_TEMPLATE_ACTIVE = (7031, ErrorKind.CONFLICT, "No template of the resource is in use: there is nothing to undo")
    EXTERNAL_ADDRESS_INVALID = (7010, _I, "The address of content stored elsewhere is invalid")
    EXTERNAL_HOST_NOT_ALLOWED = (7011, _I, "The sender may not point to content on this host")
    BODY_ATTACHMENT_UNFIT = (7012, _I, "The attachment cannot be the body: it must be .html, .txt or .json in UTF-8")

    def __init__(self, number: int, kind: ErrorKind, text: str) -> None:
        self.number = number
        self.kind = kind
        self.text = text


class DomainError(Exception):
    """A refusal of the domain: known, numbered, final.

    `detail` replaces the catalogue's text when the caller can be told more; it never holds personal data that the
    caller did not send. `extra` are further members of the problem body.
    """

    def __init__(self, refusal: Refusal, detail: str = "", *, extra: dict[str, object] | None = None) -> None:
        super().__init__(f"{refusal.number} {refusal.name}")
        self.refusal = refusal
        self.detail = detail or refusal.text
        self.extra = extra or {}


class Unavailable(Exception):
    """A neighbour did not answer, or not now: the same call may succeed later."""

    def __init__(self, neighbour: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(f"{neighbour} is unavailable")
        self.neighbour = neighbour
        self.retry_after = retry_after


class Conflict(Exception):
    """Somebody else changed the thing first: reload and decide again from the start."""


class Rejected(Exception):
    """A neighbour understood and said no: the same call will never succeed. `reason` holds no personal data."""

    def __init__(self, neighbour: str, reason: str) -> None:
        super().__init__(f"{neighbour}: {reason}")
        self.neighbour = neighbour
        self.reason = reason


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault of a request: where (`correspondence.content.messageTitle`, wire names) and what to mend."""

    path: str
    message: str


class InvalidRequest(Exception):
    """The request's form is wrong: answered as a validation problem that lists every fault."""

    def __init__(self, *faults: FieldError) -> None:
        super().__init__(", ".join(fault.path for fault in faults))
        self.faults = faults
