"""Every answer has exactly the members of the wire contract (2.6), and those additions that are listed here."""

from collections.abc import Mapping
from typing import Any

import pytest

from functions.http.openapi import entry
from functions.http.openapi.entries import ENTRIES
from functions.http.openapi.entry import Example
from tests.functions.catalogue import BY_ID
from tests.functions.scene import carry_out, scene, served

ATTACHMENT_BASE = "fileName displayName isEncrypted checksum sendersReference expirationInDays"
STATUS = "status statusText statusChanged"
SCAN = "state since reason"
LETTER_BASE = (
    "resourceId sender sendersReference messageSender requestedPublishTime dueDateTime externalReferences propertyList "
    "replyOptions notification ignoreReservation isConfirmationNeeded isConfidential allowForwarding"
)
OVERVIEW: Mapping[str, str] = {
    "": f"recipient correspondenceId content created {STATUS} notifications altinn2CorrespondenceId published read "
    f"{LETTER_BASE}",
    "content": "language messageTitle messageSummary messageBody attachments",
    "content.attachments": f"id {ATTACHMENT_BASE} dataLocationType created {STATUS} dataType expirationTime scan",
    "content.attachments.scan": SCAN,
    "externalReferences": "referenceValue referenceType",
    "replyOptions": "linkURL linkText",
    "notifications": "notificationOrderId isReminder",
}
_CHANGE = "status description lastUpdate"
_SENT = {
    "": "id succeeded recipient sendStatus",
    ".recipient": "emailAddress mobileNumber organizationNumber nationalIdentityNumber isReserved",
    ".sendStatus": _CHANGE,
}
_SENT_AT = "notifications.notificationStatusDetails"
DETAILS: Mapping[str, str] = {
    **OVERVIEW,
    "": f"{OVERVIEW['']} statusHistory systemLabel",
    "statusHistory": STATUS,
    "notifications": "id sendersReference creator created isReminder notificationChannel ignoreReservation resourceId "
    "processingStatus notificationStatusDetails",
    "notifications.processingStatus": _CHANGE,
    _SENT_AT: "email sms emails smses",
    **{f"{_SENT_AT}.{kind}{below}": members for kind in ("email", "emails") for below, members in _SENT.items()},
}
FILE: Mapping[str, str] = {
    "": f"resourceId sender {ATTACHMENT_BASE} attachmentId {STATUS} correspondenceIds dataType scan",
    "scan": SCAN,
}
MADE: Mapping[str, str] = {
    "": "correspondences attachmentIds",
    "correspondences": "correspondenceId status recipient notifications",
}
ANSWERS: Mapping[str, Mapping[str, str]] = {
    "initialise_correspondences": MADE,
    "upload_correspondences": MADE,
    "get_correspondence": OVERVIEW,
    "get_correspondence_details": DETAILS,
    "search_correspondences": {"": "ids"},
    "check_reminder": {"": "sendNotification"},
    "check_main_notification": {"": "sendNotification"},
    "check_forwarding": {"": "allowForwarding"},
    "upload_attachment": FILE,
    "get_attachment": FILE,
    "get_attachment_details": {**FILE, "": f"{FILE['']} statusHistory", "statusHistory": STATUS},
}
"""By operation: the members of the body and of every object in it, by its path; lists are passed through."""

AN_ID = (
    "mark_correspondence_as_read",
    "confirm_correspondence",
    "purge_correspondence",
    "forward_correspondence",
    "initialise_attachment",
)
"""Those that answer with one id, as a JSON string."""


def shape(value: Any, at: str = "") -> dict[str, set[str]]:
    """The members of every object by its path; of all items of a list together."""
    found: dict[str, set[str]] = {}
    for one in value if isinstance(value, list) else [value]:
        if not isinstance(one, dict):
            continue
        found.setdefault(at, set()).update(one)
        for name, below in one.items():
            if name == "propertyList":
                continue  # its members are the sender's own
            for path, members in shape(below, f"{at}.{name}".strip(".")).items():
                found.setdefault(path, set()).update(members)
    return found


def example_of(operation: str) -> Example:
    if operation in ENTRIES:
        return ENTRIES[operation].examples[0]
    return Example(summary="", path={"correspondenceId": entry.LETTER})


@pytest.mark.parametrize("operation", ANSWERS)
async def test_an_answer_has_the_members_of_the_contract(operation: str) -> None:
    """Nulls are written out; nothing is missing and nothing is more, at any depth."""
    async with served(await scene()) as http:
        answer = await carry_out(http, BY_ID[operation], example_of(operation))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert shape(answer.json()) == {path: set(names.split()) for path, names in ANSWERS[operation].items()}


@pytest.mark.parametrize("operation", AN_ID)
async def test_an_id_is_answered_as_a_string(operation: str) -> None:
    """In lower case with hyphens, quotes included."""
    async with served(await scene()) as http:
        answer = await carry_out(http, BY_ID[operation], example_of(operation))
    assert answer.status_code == 200
    id_ = answer.json()
    assert answer.text == f'"{id_}"'
    assert len(id_) == 36
    assert id_ == id_.lower()
