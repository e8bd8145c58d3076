"""What can be wrong with a message, by its refusal: the members of the request and the world that provoke it.

They are in the wire contract's order (5.1), and can be laid over one another.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from functions.http.openapi import entry
from shared.domain.attachment import AttachmentChange, AttachmentStatus
from shared.domain.correspondence import AttachmentUse, CorrespondenceChange
from shared.domain.errors import Refusal, Unavailable
from shared.domain.identifiers import AttachmentId, CorrespondenceId, resource_id
from shared.domain.notification import ContactPoint
from shared.domain.policy import Action, own_work
from shared.ports import KeyedRequest, KnownDialog
from tests.builders import (
    AGENCY,
    BUSINESS,
    NOW,
    OTHER_AGENCY,
    PERSON,
    RESOURCE,
    attachment,
    content,
    in_status,
    stored,
)
from tests.fakes.world import World
from tests.functions.rim import letter
from tests.functions.states import LETTERS

KEY = "0d7c6bce-0000-4000-8000-000000000001"
DIALOG = "0197c5f0-0000-7000-8000-000000000001"
MISSING_FILE = "019a0000-0000-7000-8000-00000000ffff"
TO_BUSINESS, TO_AGENCY, TO_PERSON = "0192:311001000", "0192:310001007", "01838510058"
PERMIT = own_work(Action.WRITE, RESOURCE, "faults")
_WITH_RECIPIENTS = {"recipients", "existingAttachments", "idempotentKey"}
"""The members beside the correspondence."""

Given = Callable[[World], Awaitable[None]]


async def as_it_is(_: World) -> None:
    """Nothing is special."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Members by their dotted paths, files when it takes a form, what is so in the world, who sends it, and the
    detail of the answer where it is not the catalogue's text.
    """

    members: Mapping[str, object] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    given: Given = as_it_is
    caller: str = "sender"
    detail: str | None = None

    def over(self, other: "Fault") -> "Fault":
        """Both faults in one request; where they touch the same thing this one is on top."""

        async def both(world: World) -> None:
            await other.given(world)
            await self.given(world)

        return Fault(
            members={**other.members, **self.members},
            files={**other.files, **self.files},
            given=both,
            caller=self.caller if self.caller != "sender" else other.caller,
        )

    @property
    def body(self) -> dict[str, Any]:
        """The least request with these members."""
        body = deepcopy(letter())
        for path, value in self.members.items():
            whole = path if path.split(".")[0] in _WITH_RECIPIENTS else f"correspondence.{path}"
            *above, last = whole.split(".")
            node = body
            for step in above:
                node = node.setdefault(step, {})
            node[last] = value
        return body


def with_resource(**changes: Any) -> Given:
    """The resource is like this."""

    async def given(world: World) -> None:
        world.registry.resources[RESOURCE] = replace(world.registry.resources[RESOURCE], **changes)

    return given


def with_file(**changes: Any) -> Given:
    """The existing file is like this."""

    async def given(world: World) -> None:
        await put_file(world, **changes)

    return given


async def put_file(world: World, **changes: Any) -> None:
    """The existing file is there, of ten bytes and published unless told otherwise."""
    state = attachment(**{"id": AttachmentId(entry.FILE), **changes})
    world.attachments.partitions.pop(state.id, None)
    await world.app.attachments.create(AttachmentChange(state=state), PERMIT)


async def put_letter(world: World, state: str, **changes: Any) -> None:
    """The letter is there in one of the states of the access table, with these changes."""
    statuses, others = LETTERS[state]
    made = in_status(
        statuses[-1],
        *statuses,
        **{"id": CorrespondenceId(entry.LETTER), "recipient": PERSON, **others, **changes},
    )
    await world.app.correspondences.create(CorrespondenceChange(state=made), content(), PERMIT)


def with_dialog(**changes: Any) -> Given:
    """The dialog that the message names is like this."""

    async def given(world: World) -> None:
        dialog = KnownDialog(party=BUSINESS, resource_id=resource_id(RESOURCE), owner_code="exa")
        world.dialogs.foreign[DIALOG] = replace(dialog, **changes)

    return given


def entry_of(file_name: str = "vedtak.pdf", **changes: object) -> dict[str, object]:
    """The metadata of a new file."""
    return {"fileName": file_name, "sendersReference": "ref-1", **changes}


def references(*pairs: tuple[str, str]) -> dict[str, object]:
    """External references, as (type, value)."""
    return {"externalReferences": [{"referenceType": kind, "referenceValue": value} for kind, value in pairs]}


def new_files(*entries: object) -> dict[str, object]:
    """Metadata of files that come with the message."""
    return {"content.attachments": list(entries)}


def notice(**members: object) -> dict[str, object]:
    """A wish to notify, each member by itself, so that two wishes can be laid over one another."""
    return {f"notification.{name}": value for name, value in members.items()}


async def _nobody_is_permitted(world: World) -> None:
    world.decisions.rule = None


async def _key_is_used(world: World) -> None:
    used = KeyedRequest(owner=AGENCY, key=KEY, digest="other", created=NOW, in_flight_until=NOW + timedelta(seconds=30))
    await world.app.idempotency.begin(used)


async def _business_is_unknown(world: World) -> None:
    del world.registry.known[BUSINESS]


async def _person_is_reserved(world: World) -> None:
    world.registry.contact_points[PERSON] = ContactPoint(reserved=True)


async def _reservations_cannot_be_asked(world: World) -> None:
    async def goes_down() -> None:
        world.registry.down = True

    world.meanwhile["registry.contacts"] = goes_down


async def _storage_takes_no_bytes(world: World) -> None:
    world.blobs.fail(Unavailable("blob"))


async def _file_ends_soon(world: World) -> None:
    """Its only letter, long since written, uses it for five hours more."""
    await put_file(world, expiration_in_days=10)
    use = AttachmentUse(AttachmentId(entry.FILE), NOW + timedelta(hours=5))
    await put_letter(world, "published", attachments=(use,))
    await world.app.attachments.link(use.id, CorrespondenceId(entry.LETTER), at=NOW - timedelta(days=9))


def with_body_file(data: bytes, **changes: Any) -> Given:
    """The existing file is a text that a message may have as its body."""

    async def given(world: World) -> None:
        kept = world.blobs.put(AttachmentId(entry.FILE), data)
        await put_file(world, **{"file_name": "vedtak.txt", "stored": kept, **changes})

    return given


_EXISTING = {"existingAttachments": [entry.FILE]}
_IN_DIALOG = references(("DialogportenDialogId", DIALOG))
_TYPE = ("DialogportenTransmissionType", "Information")
_PDF = {"vedtak.pdf": b"%PDF-1.7"}
_BODY_FILE = {"content.messageBody": None, "content.messageBodyAttachmentId": entry.FILE}
_WITH_FILE_DETAIL = r"content\.messageBodyAttachmentId: .+"
_EMAIL = {"emailAddress": "kari@example.no"}
_TEXTS = {"emailSubject": "Ny post", "emailBody": "Du har post.", "smsBody": "Du har post."}

FAULTS: Mapping[Refusal, Fault] = {
    Refusal.TEMPLATE_OUT_OF_RANGE: Fault(members=notice(notificationTemplate=7)),
    Refusal.RESOURCE_UNKNOWN: Fault(members={"resourceId": "unknown"}),
    Refusal.NO_ACCESS: Fault(given=_nobody_is_permitted),
    Refusal.RESOURCE_TYPE_CORRESPONDENCE: Fault(given=with_resource(type="GenericAccessResource")),
    Refusal.CALLER_UNKNOWN: Fault(caller="nameless"),
    Refusal.PARTY_UNKNOWN: Fault(caller="stranger"),
    Refusal.KEY_ALREADY_USED: Fault(
        members={"idempotentKey": KEY}, given=_key_is_used, detail="The idempotent key was used for a different request"
    ),
    Refusal.CONFIDENTIAL_FLAG_MISSING: Fault(given=with_resource(confidential=True)),
    Refusal.CONFIDENTIAL_FLAG_WRONG: Fault(members={"isConfidential": True}),
    Refusal.FORWARDING_NEEDS_LEVEL_0: Fault(members={"allowForwarding": True}, given=with_resource(minimum_level=3)),
    Refusal.DUPLICATE_RECIPIENTS: Fault(members={"recipients": [TO_BUSINESS, str(BUSINESS)]}),
    Refusal.RECIPIENTS_UNKNOWN: Fault(
        members={"recipients": [TO_BUSINESS]}, given=_business_is_unknown, detail=f".+: {BUSINESS}"
    ),
    Refusal.RECIPIENT_LACKS_ROLES: Fault(
        members={"isConfidential": True}, given=with_resource(confidential=True), detail=f".+: {BUSINESS}"
    ),
    Refusal.DUE_DATE_NEEDED: Fault(members={"isConfirmationNeeded": True}),
    Refusal.RECIPIENT_RESERVED: Fault(members={"recipients": [TO_PERSON]}, given=_person_is_reserved),
    Refusal.RESERVATION_LOOKUP_FAILED: Fault(members={"recipients": [TO_PERSON]}, given=_reservations_cannot_be_asked),
    Refusal.DUE_DATE_IN_PAST: Fault(members={"dueDateTime": "2026-11-30T12:00:00Z"}),
    Refusal.DUE_DATE_BEFORE_PUBLISH: Fault(
        members={"dueDateTime": "2026-12-02T12:00:00Z", "requestedPublishTime": "2026-12-03T12:00:00+00:00"}
    ),
    Refusal.BODY_ATTACHMENT_UNFIT: Fault(members=_BODY_FILE, given=with_body_file(b"\xff"), detail=_WITH_FILE_DETAIL),
    Refusal.TITLE_NOT_PLAIN_TEXT: Fault(members={"content.messageTitle": "<h1>Vedtak</h1>"}),
    Refusal.BODY_NOT_MARKDOWN: Fault(members={"content.messageBody": "<i>Vedtak</i>"}),
    Refusal.BODY_EMPTY: Fault(members=_BODY_FILE, given=with_body_file(b"  \n")),
    Refusal.BODY_TOO_LONG: Fault(members=_BODY_FILE, given=with_body_file(b"x" * 30_001)),
    Refusal.LANGUAGE_UNSUPPORTED: Fault(members={"content.language": "de"}),
    Refusal.MESSAGE_SENDER_NOT_PLAIN_TEXT: Fault(members={"messageSender": "<b>Etaten</b>"}),
    Refusal.SEVERAL_TRANSMISSION_TYPES: Fault(members=references(_TYPE, _TYPE)),
    Refusal.TRANSMISSION_TYPE_WITHOUT_DIALOG: Fault(members=references(_TYPE)),
    Refusal.DIALOG_ID_NOT_A_GUID: Fault(members=references(("DialogportenDialogId", "42"))),
    Refusal.TRANSMISSION_SEVERAL_RECIPIENTS: Fault(members=_IN_DIALOG | {"recipients": [TO_BUSINESS, TO_AGENCY]}),
    Refusal.TRANSMISSION_WITH_REPLIES: Fault(
        members=_IN_DIALOG | {"replyOptions": [{"linkURL": "https://agency.example/"}]}
    ),
    Refusal.DIALOG_UNKNOWN: Fault(members=_IN_DIALOG),
    Refusal.DIALOG_OF_ANOTHER_OWNER: Fault(
        members=_IN_DIALOG, given=with_dialog(resource_id=resource_id("other"), owner_code="other")
    ),
    Refusal.RECIPIENT_NOT_DIALOG_PARTY: Fault(members=_IN_DIALOG, given=with_dialog(party=PERSON)),
    Refusal.ATTACHMENT_OF_ANOTHER_SENDER: Fault(members=_EXISTING, given=with_file(sender=OTHER_AGENCY)),
    Refusal.EXISTING_ATTACHMENT_UNKNOWN: Fault(members={"existingAttachments": [MISSING_FILE]}),
    Refusal.TOO_MANY_ATTACHMENTS: Fault(members=new_files(*(entry_of(f"{n}.pdf") for n in range(101)))),
    Refusal.ATTACHMENT_NOT_PUBLISHED: Fault(
        members=_EXISTING, given=with_file(status=AttachmentStatus.UPLOAD_PROCESSING)
    ),
    Refusal.FORWARDING_TOO_LARGE: Fault(
        members={"allowForwarding": True, **_EXISTING}, given=with_file(stored=stored(size=10_000_001))
    ),
    Refusal.FILE_NAME_MISSING: Fault(members=new_files(entry_of(" "))),
    Refusal.FILE_NAME_TOO_LONG: Fault(members=new_files(entry_of("x" * 252 + ".pdf"))),
    Refusal.FILE_TYPE_NOT_ALLOWED: Fault(members=new_files(entry_of("vedtak.exe"))),
    Refusal.FILE_NAME_CHARACTERS: Fault(members=new_files(entry_of("ved:tak.pdf"))),
    Refusal.FILE_NAME_RESERVED: Fault(members=new_files(entry_of("con.pdf"))),
    Refusal.FILES_DO_NOT_MATCH: Fault(members=new_files(entry_of())),
    Refusal.FILE_SIZE: Fault(members=new_files(entry_of()), files={"vedtak.pdf": b""}),
    Refusal.EXPIRATION_TOO_SHORT: Fault(
        members=new_files(entry_of(expirationInDays=0)), files=_PDF, detail="expirationInDays must be at least 1"
    ),
    Refusal.EXTERNAL_ADDRESS_INVALID: Fault(
        members=new_files(entry_of(dataLocationType=2, dataLocationUrl="http://files.example.com/a")),
        detail=r"content\.attachments\[0\]\.dataLocationUrl must be .+",
    ),
    Refusal.EXTERNAL_HOST_NOT_ALLOWED: Fault(
        members=new_files(entry_of(dataLocationType=2, dataLocationUrl="https://other.example/a")),
        detail=r"content\.attachments\[0\]\.dataLocationUrl must be .+: files\.example\.com",
    ),
    Refusal.ATTACHMENT_EXPIRES_SOON: Fault(members=_EXISTING, given=_file_ends_soon),
    Refusal.REPLY_OPTION_INVALID: Fault(members={"replyOptions": [{"linkURL": "http://agency.example/"}]}),
    Refusal.TEMPLATE_UNKNOWN: Fault(members=notice(notificationTemplate=2)),
    Refusal.OVERRIDE_NEEDS_CUSTOM_RECIPIENTS: Fault(members=notice(overrideRegisteredContactInformation=True)),
    Refusal.CUSTOM_RECIPIENTS_NEED_ONE_RECIPIENT: Fault(
        members={"recipients": [TO_BUSINESS, TO_AGENCY], **notice(customRecipients=[_EMAIL])}
    ),
    Refusal.CUSTOM_RECIPIENT_WITHOUT_IDENTIFIER: Fault(members=notice(customRecipients=[{}])),
    Refusal.CUSTOM_RECIPIENT_SEVERAL_IDENTIFIERS: Fault(
        members=notice(customRecipients=[{"organizationNumber": "311001000", "nationalIdentityNumber": TO_PERSON}])
    ),
    Refusal.KEYWORD_NEEDS_IDENTITY: Fault(
        members=notice(customRecipients=[_EMAIL], **_TEXTS | {"smsBody": "Hei $RecipientName$"})
    ),
    Refusal.EMAIL_INVALID: Fault(members=notice(customRecipients=[{"emailAddress": "kari"}])),
    Refusal.MOBILE_INVALID: Fault(members=notice(customRecipients=[{"mobileNumber": "99999999"}])),
    Refusal.EMAIL_TEXTS_MISSING: Fault(members=notice(notificationChannel=0)),
    Refusal.SMS_TEXT_MISSING: Fault(members=notice(notificationChannel="Sms")),
    Refusal.PREFERRED_TEXTS_MISSING: Fault(members=notice(notificationChannel="smspreferred")),
    Refusal.BOTH_TEXTS_MISSING: Fault(members=notice(notificationChannel="4")),
    Refusal.REMINDER_EMAIL_TEXTS_MISSING: Fault(members=notice(**_TEXTS, sendReminder=True)),
    Refusal.REMINDER_SMS_TEXT_MISSING: Fault(
        members=notice(**_TEXTS, sendReminder=True, reminderNotificationChannel="Sms")
    ),
    Refusal.REMINDER_PREFERRED_TEXTS_MISSING: Fault(
        members=notice(**_TEXTS, sendReminder=True, reminderNotificationChannel="EmailPreferred")
    ),
    Refusal.REMINDER_BOTH_TEXTS_MISSING: Fault(
        members=notice(**_TEXTS, sendReminder=True, reminderNotificationChannel="EmailAndSms")
    ),
    Refusal.UPLOAD_FAILED: Fault(members=new_files(entry_of()), files=_PDF, given=_storage_takes_no_bytes),
    Refusal.CHECKSUM_MISMATCH: Fault(members=new_files(entry_of(checksum="0" * 32)), files=_PDF),
}
"""The refusals of a new message, in the order in which they are told."""


def fields_of(body: Mapping[str, Any], at: str = "") -> Iterable[tuple[str, str]]:
    """The request as fields of a form: `Correspondence.Content.Attachments[0].FileName`."""
    for name, value in body.items():
        path = f"{at}.{name}" if at else name
        items = [(f"{path}[{n}]", item) for n, item in enumerate(value)] if isinstance(value, list) else [(path, value)]
        for key, item in items:
            if isinstance(item, dict):
                yield from fields_of(item, key)
            elif item is not None:
                yield key, str(item)
