"""Of two faults in one message the wire contract's first one is told (5.1).

A key that is used is looked up after the caller is admitted, since it belongs to the service owner.
"""

import pytest

from functions.http.openapi import entry
from shared.domain.attachment import AttachmentStatus
from shared.domain.errors import Refusal
from shared.domain.identifiers import resource_id
from tests.builders import OTHER_AGENCY, PERSON, stored
from tests.fakes.world import World
from tests.functions.catalogue import CALLERS, send_message
from tests.functions.faults import (
    DIALOG,
    FAULTS,
    MISSING_FILE,
    TO_AGENCY,
    TO_BUSINESS,
    TO_PERSON,
    Fault,
    entry_of,
    new_files,
    notice,
    references,
    with_dialog,
    with_file,
)
from tests.functions.scene import served

R = Refusal
_MALFORMED = Fault(members={"content.messageTitle": "x" * 256})
_EXISTING = {"existingAttachments": [entry.FILE]}
_TYPE = ("DialogportenTransmissionType", "Information")
_TWO = {"recipients": [TO_BUSINESS, TO_AGENCY]}
_NO_EMAIL = {"emailAddress": "kari", "mobileNumber": "99999999"}
_SPOKEN = {"smsBody": "Hei $recipientName$", "notificationChannel": "Email"}

CHAIN = (
    R.RESOURCE_UNKNOWN,
    R.NO_ACCESS,
    R.RESOURCE_TYPE_CORRESPONDENCE,
    R.CALLER_UNKNOWN,
    R.KEY_ALREADY_USED,
    R.CONFIDENTIAL_FLAG_WRONG,
    R.FORWARDING_NEEDS_LEVEL_0,
    R.DUPLICATE_RECIPIENTS,
    R.RECIPIENTS_UNKNOWN,
    R.RECIPIENT_RESERVED,
    R.DUE_DATE_IN_PAST,
    R.TITLE_NOT_PLAIN_TEXT,
    R.BODY_NOT_MARKDOWN,
    R.LANGUAGE_UNSUPPORTED,
    R.MESSAGE_SENDER_NOT_PLAIN_TEXT,
    R.SEVERAL_TRANSMISSION_TYPES,
    R.ATTACHMENT_OF_ANOTHER_SENDER,
    R.ATTACHMENT_EXPIRES_SOON,
    R.REPLY_OPTION_INVALID,
    R.TEMPLATE_UNKNOWN,
    R.OVERRIDE_NEEDS_CUSTOM_RECIPIENTS,
    R.EMAIL_TEXTS_MISSING,
    R.CHECKSUM_MISMATCH,
)
"""Faults of different members, so that any two of them go into one request: each is told before all that follow."""

BOTH = {
    (R.TEMPLATE_OUT_OF_RANGE, R.RESOURCE_UNKNOWN): FAULTS[R.TEMPLATE_OUT_OF_RANGE].over(FAULTS[R.RESOURCE_UNKNOWN]),
    (R.RECIPIENTS_UNKNOWN, R.DUE_DATE_NEEDED): FAULTS[R.RECIPIENTS_UNKNOWN].over(FAULTS[R.DUE_DATE_NEEDED]),
    (R.DUE_DATE_NEEDED, R.RECIPIENT_RESERVED): FAULTS[R.DUE_DATE_NEEDED].over(FAULTS[R.RECIPIENT_RESERVED]),
    (R.FILES_DO_NOT_MATCH, R.ATTACHMENT_EXPIRES_SOON): FAULTS[R.FILES_DO_NOT_MATCH].over(
        FAULTS[R.ATTACHMENT_EXPIRES_SOON]
    ),
    (R.PARTY_UNKNOWN, R.KEY_ALREADY_USED): FAULTS[R.PARTY_UNKNOWN].over(FAULTS[R.KEY_ALREADY_USED]),
    (R.PARTY_UNKNOWN, R.CONFIDENTIAL_FLAG_MISSING): FAULTS[R.PARTY_UNKNOWN].over(FAULTS[R.CONFIDENTIAL_FLAG_MISSING]),
    (R.CONFIDENTIAL_FLAG_MISSING, R.DUPLICATE_RECIPIENTS): FAULTS[R.CONFIDENTIAL_FLAG_MISSING].over(
        FAULTS[R.DUPLICATE_RECIPIENTS]
    ),
    (R.RECIPIENTS_UNKNOWN, R.RECIPIENT_LACKS_ROLES): FAULTS[R.RECIPIENTS_UNKNOWN].over(FAULTS[R.RECIPIENT_LACKS_ROLES]),
    (R.RECIPIENT_LACKS_ROLES, R.DUE_DATE_NEEDED): FAULTS[R.RECIPIENT_LACKS_ROLES].over(FAULTS[R.DUE_DATE_NEEDED]),
    (R.DUE_DATE_NEEDED, R.RESERVATION_LOOKUP_FAILED): FAULTS[R.DUE_DATE_NEEDED].over(
        FAULTS[R.RESERVATION_LOOKUP_FAILED]
    ),
    (R.RESERVATION_LOOKUP_FAILED, R.DUE_DATE_IN_PAST): FAULTS[R.RESERVATION_LOOKUP_FAILED].over(
        FAULTS[R.DUE_DATE_IN_PAST]
    ),
    (R.DUE_DATE_IN_PAST, R.DUE_DATE_BEFORE_PUBLISH): FAULTS[R.DUE_DATE_IN_PAST].over(FAULTS[R.DUE_DATE_BEFORE_PUBLISH]),
    (R.DUE_DATE_BEFORE_PUBLISH, R.TITLE_NOT_PLAIN_TEXT): FAULTS[R.DUE_DATE_BEFORE_PUBLISH].over(
        FAULTS[R.TITLE_NOT_PLAIN_TEXT]
    ),
    (R.TITLE_NOT_PLAIN_TEXT, R.BODY_EMPTY): FAULTS[R.TITLE_NOT_PLAIN_TEXT].over(FAULTS[R.BODY_EMPTY]),
    (R.BODY_EMPTY, R.LANGUAGE_UNSUPPORTED): FAULTS[R.BODY_EMPTY].over(FAULTS[R.LANGUAGE_UNSUPPORTED]),
    (R.MESSAGE_SENDER_NOT_PLAIN_TEXT, R.TRANSMISSION_TYPE_WITHOUT_DIALOG): FAULTS[R.MESSAGE_SENDER_NOT_PLAIN_TEXT].over(
        FAULTS[R.TRANSMISSION_TYPE_WITHOUT_DIALOG]
    ),
    (R.SEVERAL_TRANSMISSION_TYPES, R.TRANSMISSION_TYPE_WITHOUT_DIALOG): Fault(members=references(_TYPE, _TYPE)),
    (R.SEVERAL_TRANSMISSION_TYPES, R.DIALOG_ID_NOT_A_GUID): Fault(
        members=references(_TYPE, _TYPE, ("DialogportenDialogId", "42"))
    ),
    (R.TRANSMISSION_TYPE_WITHOUT_DIALOG, R.ATTACHMENT_OF_ANOTHER_SENDER): FAULTS[
        R.TRANSMISSION_TYPE_WITHOUT_DIALOG
    ].over(FAULTS[R.ATTACHMENT_OF_ANOTHER_SENDER]),
    (R.DIALOG_ID_NOT_A_GUID, R.TRANSMISSION_SEVERAL_RECIPIENTS): FAULTS[R.DIALOG_ID_NOT_A_GUID].over(
        Fault(members=_TWO)
    ),
    (R.TRANSMISSION_SEVERAL_RECIPIENTS, R.TRANSMISSION_WITH_REPLIES): FAULTS[R.TRANSMISSION_SEVERAL_RECIPIENTS].over(
        FAULTS[R.TRANSMISSION_WITH_REPLIES]
    ),
    (R.TRANSMISSION_WITH_REPLIES, R.DIALOG_UNKNOWN): FAULTS[R.TRANSMISSION_WITH_REPLIES],
    (R.DIALOG_UNKNOWN, R.ATTACHMENT_OF_ANOTHER_SENDER): FAULTS[R.DIALOG_UNKNOWN].over(
        FAULTS[R.ATTACHMENT_OF_ANOTHER_SENDER]
    ),
    (R.DIALOG_OF_ANOTHER_OWNER, R.RECIPIENT_NOT_DIALOG_PARTY): Fault(
        members=references(("DialogportenDialogId", DIALOG)),
        given=with_dialog(resource_id=resource_id("other"), owner_code="other", party=PERSON),
    ),
    (R.RECIPIENT_NOT_DIALOG_PARTY, R.EXISTING_ATTACHMENT_UNKNOWN): FAULTS[R.RECIPIENT_NOT_DIALOG_PARTY].over(
        FAULTS[R.EXISTING_ATTACHMENT_UNKNOWN]
    ),
    (R.ATTACHMENT_OF_ANOTHER_SENDER, R.EXISTING_ATTACHMENT_UNKNOWN): Fault(
        members={"existingAttachments": [MISSING_FILE, entry.FILE]}, given=with_file(sender=OTHER_AGENCY)
    ),
    (R.EXISTING_ATTACHMENT_UNKNOWN, R.TOO_MANY_ATTACHMENTS): FAULTS[R.EXISTING_ATTACHMENT_UNKNOWN].over(
        FAULTS[R.TOO_MANY_ATTACHMENTS]
    ),
    (R.TOO_MANY_ATTACHMENTS, R.ATTACHMENT_NOT_PUBLISHED): FAULTS[R.TOO_MANY_ATTACHMENTS].over(
        FAULTS[R.ATTACHMENT_NOT_PUBLISHED]
    ),
    (R.ATTACHMENT_NOT_PUBLISHED, R.FORWARDING_TOO_LARGE): Fault(
        members={"allowForwarding": True, **_EXISTING},
        given=with_file(status=AttachmentStatus.UPLOAD_PROCESSING, stored=stored(size=10_000_001)),
    ),
    (R.FORWARDING_TOO_LARGE, R.FILE_NAME_MISSING): FAULTS[R.FORWARDING_TOO_LARGE].over(FAULTS[R.FILE_NAME_MISSING]),
    (R.FILE_NAME_MISSING, R.FILE_NAME_TOO_LONG): Fault(members=new_files(entry_of(" " * 256))),
    (R.FILE_NAME_TOO_LONG, R.FILE_TYPE_NOT_ALLOWED): Fault(members=new_files(entry_of("x" * 252 + ".exe"))),
    (R.FILE_TYPE_NOT_ALLOWED, R.FILE_NAME_CHARACTERS): Fault(members=new_files(entry_of("ved:tak.exe"))),
    (R.FILE_NAME_CHARACTERS, R.FILE_NAME_RESERVED): Fault(members=new_files(entry_of("con.ved:tak.pdf"))),
    (R.FILE_NAME_RESERVED, R.FILES_DO_NOT_MATCH): Fault(members=new_files(entry_of("con.pdf"))),
    (R.FILES_DO_NOT_MATCH, R.FILE_SIZE): Fault(
        members=new_files(entry_of(), entry_of("b.pdf")), files={"vedtak.pdf": b""}
    ),
    (R.FILE_SIZE, R.EXPIRATION_TOO_SHORT): Fault(
        members=new_files(entry_of(expirationInDays=0)), files={"vedtak.pdf": b""}
    ),
    (R.RESOURCE_UNKNOWN, R.FILE_SIZE): FAULTS[R.RESOURCE_UNKNOWN].over(FAULTS[R.FILE_SIZE]),
    (R.EXPIRATION_TOO_SHORT, R.ATTACHMENT_EXPIRES_SOON): FAULTS[R.EXPIRATION_TOO_SHORT].over(
        FAULTS[R.ATTACHMENT_EXPIRES_SOON]
    ),
    (R.TEMPLATE_UNKNOWN, R.CUSTOM_RECIPIENTS_NEED_ONE_RECIPIENT): FAULTS[R.TEMPLATE_UNKNOWN].over(
        FAULTS[R.CUSTOM_RECIPIENTS_NEED_ONE_RECIPIENT]
    ),
    (R.TEMPLATE_UNKNOWN, R.CUSTOM_RECIPIENT_SEVERAL_IDENTIFIERS): FAULTS[R.TEMPLATE_UNKNOWN].over(
        FAULTS[R.CUSTOM_RECIPIENT_SEVERAL_IDENTIFIERS]
    ),
    (R.RESOURCE_UNKNOWN, R.CUSTOM_RECIPIENT_SEVERAL_IDENTIFIERS): FAULTS[R.RESOURCE_UNKNOWN].over(
        FAULTS[R.CUSTOM_RECIPIENT_SEVERAL_IDENTIFIERS]
    ),
    (R.CUSTOM_RECIPIENTS_NEED_ONE_RECIPIENT, R.CUSTOM_RECIPIENT_WITHOUT_IDENTIFIER): Fault(
        members={**_TWO, **notice(customRecipients=[{}])}
    ),
    (R.CUSTOM_RECIPIENTS_NEED_ONE_RECIPIENT, R.CUSTOM_RECIPIENT_SEVERAL_IDENTIFIERS): Fault(
        members={
            **_TWO,
            **notice(customRecipients=[{"organizationNumber": "311001000", "nationalIdentityNumber": TO_PERSON}]),
        }
    ),
    (R.CUSTOM_RECIPIENT_SEVERAL_IDENTIFIERS, R.KEYWORD_NEEDS_IDENTITY): Fault(
        members=notice(customRecipients=[_NO_EMAIL], **_SPOKEN)
    ),
    (R.KEYWORD_NEEDS_IDENTITY, R.EMAIL_INVALID): Fault(
        members=notice(customRecipients=[{"emailAddress": "kari"}], **_SPOKEN)
    ),
    (R.EMAIL_INVALID, R.EMAIL_TEXTS_MISSING): FAULTS[R.EMAIL_INVALID],
    (R.MOBILE_INVALID, R.SMS_TEXT_MISSING): FAULTS[R.MOBILE_INVALID].over(FAULTS[R.SMS_TEXT_MISSING]),
    (R.EMAIL_TEXTS_MISSING, R.REMINDER_EMAIL_TEXTS_MISSING): Fault(members=notice(sendReminder=True)),
    (R.EMAIL_TEXTS_MISSING, R.UPLOAD_FAILED): FAULTS[R.EMAIL_TEXTS_MISSING].over(FAULTS[R.UPLOAD_FAILED]),
}
"""Requests with the faults of two neighbours, where they touch the same members or exclude others of the chain."""


async def told(fault: Fault) -> int:
    """The number of the answer."""
    world = World()
    await fault.given(world)
    async with served(world, CALLERS) as http:
        answer = (await send_message(http, fault)).json()
    if answer == R.TEMPLATE_OUT_OF_RANGE.text:
        return R.TEMPLATE_OUT_OF_RANGE.number
    number = answer.get("errorCode", -1)
    assert isinstance(number, int)
    return number


@pytest.mark.parametrize(("first", "second"), BOTH, ids=lambda refusal: refusal.name)
async def test_the_first_of_two_neighbours_is_told(first: R, second: R) -> None:
    """The second one is told when the first is mended, as the catalogue's test shows."""
    assert await told(BOTH[first, second]) == first.number


@pytest.mark.parametrize("place", range(len(CHAIN)), ids=lambda place: CHAIN[place].name)
async def test_a_fault_is_told_before_all_that_follow(place: int) -> None:
    """The whole rest of the chain is wrong as well."""
    everything = FAULTS[CHAIN[-1]]
    for refusal in reversed(CHAIN[place:-1]):
        everything = FAULTS[refusal].over(everything)
    assert await told(everything) == CHAIN[place].number


async def test_the_form_of_a_request_is_judged_before_all_else() -> None:
    """Also before the bare answer about the template."""
    assert await told(_MALFORMED.over(FAULTS[R.TEMPLATE_OUT_OF_RANGE]).over(FAULTS[R.RESOURCE_UNKNOWN])) == -1
