"""Operations on correspondences: what goes in to the use cases, and what comes out on the wire."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.attachment import NOT_SCANNED, External
from shared.domain.changes import HistoryEntry
from shared.domain.correspondence import AttachmentUse, BodyFormat, Status
from shared.domain.identifiers import AttachmentId, CorrespondenceId
from shared.domain.labels import SystemLabel
from shared.domain.notification import Medium, Notification, NotificationState
from shared.domain.requests import Initialised, InitialisedOne, NewMessage
from shared.usecases import acting, initialise, notifying, reading, searching
from shared.usecases.reading import CorrespondenceView
from shared.usecases.searching import Found, Role, Search
from tests import builders
from tests.builders import BUSINESS, NOW, PERSON
from tests.functions.rim import FILE, ID, Rim, letter

MADE = Initialised(
    (InitialisedOne(CorrespondenceId(ID), Status.READY_FOR_PUBLISH, BUSINESS),), (AttachmentId(FILE),) * 2
)


def view(**changes: object) -> CorrespondenceView:
    """A published letter with one file, as its recipient sees it."""
    valid = CorrespondenceView(
        state=builders.published(id=ID, dialog_id="01912345-0000-7000-8000-00000000000d"),
        content=builders.content(),
        shown_body="Et *vedtak*.",
        attachments=((AttachmentUse(AttachmentId(FILE), NOW), builders.attachment(id=FILE)),),
        notifications=(),
    )
    return replace(valid, **changes)  # type: ignore[arg-type]


def notified(medium: Medium, state: NotificationState) -> Notification:
    """One notification of the business."""
    address = "a@b.example" if medium is Medium.EMAIL else "+4790000000"
    return Notification(
        id=FILE, is_reminder=False, medium=medium, address=address, recipient=BUSINESS, state=state,
        created=NOW, changed=NOW,
    )  # fmt: skip


async def test_an_initialised_letter_is_answered_with_its_ids(rim: Rim) -> None:
    """Every attachment once, notifications null, recipients as URNs."""
    rim.stub(initialise, "initialise", MADE)
    answer = await rim.post("/correspondence", letter(), "owner-maskinporten")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert "idempotent-replayed" not in answer.headers
    assert answer.json() == {
        "correspondences": [
            {"correspondenceId": ID, "status": "ReadyForPublish", "recipient": BUSINESS, "notifications": None}
        ],
        "attachmentIds": [FILE],
    }


async def test_a_repeated_request_says_that_it_was_replayed(rim: Rim) -> None:
    """The header tells it, the body is the first one."""
    rim.stub(initialise, "initialise", replace(MADE, replayed=True))
    answer = await rim.post("/correspondence", letter())
    assert answer.headers["idempotent-replayed"] == "true"


async def test_a_form_is_stored_while_it_arrives(rim: Rim) -> None:
    """Files go to uploads, and to the use case, in the order they come."""

    async def committing(_caller: object, message: NewMessage, files: tuple[object, ...]) -> Initialised:
        for file in files:
            await file.upload.commit()  # type: ignore[attr-defined]
        return MADE

    rim.stub(initialise, "initialise", committing)
    content = "Correspondence.Content."
    fields = {
        "request.Correspondence.ResourceId": "example-letters",
        "correspondence.sendersReference": "ref-1",
        content + "messageTitle": "Vedtak",
        content + "messageBody": "Et *vedtak*.",
        content + "Attachments[0].FileName": "a.pdf",
        content + "Attachments[0].SendersReference": "r",
        content + "Attachments[1].FileName": "b.pdf",
        content + "Attachments[1].SendersReference": "r",
        "Recipients[0]": "0192:311001000",
        "Correspondence.RequestedPublishTime": "12/24/2026 08:00:00 +01:00",
    }
    files = [("Attachments", ("b.pdf", b"b" * 300_000)), ("attachments", ("a.pdf", b"a")), ("other", ("c.pdf", b"c"))]
    answer = await rim.send("POST", "/correspondence/upload", data=fields, files=files)
    assert answer.status_code == 200, answer.text
    _, message, staged = rim.calls[0]
    assert [file.file_name for file in staged] == ["b.pdf", "a.pdf"]
    assert [file.size for file in staged] == [300_000, 1]
    assert message.requested_publish_time.isoformat() == "2026-12-24T07:00:00+00:00"
    uploads = rim.app.blobs.uploads
    assert [(bytes(u.data[:1]), u.committed, u.ended) for u in uploads] == [(b"b", True, True), (b"a", True, True)]
    assert [file.attachment_id for file in staged] == [upload.name for upload in uploads]


@pytest.mark.parametrize(
    ("files", "number"),
    [
        ([("attachments", ("a.pdf", b"more"))], 2004),
        ([("attachments", (f"{i}.pdf", b"x")) for i in range(101)], 1038),
    ],
)
async def test_a_refused_form_leaves_nothing(rim: Rim, files: list[object], number: int) -> None:
    """Every upload has ended, none was committed, and the use case was not called."""
    rim.stub(initialise, "initialise", MADE)
    rim.app.rules = replace(rim.app.rules, max_form_file_bytes=3)
    fields = {
        "Correspondence.ResourceId": "example-letters",
        "Correspondence.SendersReference": "r",
        "Correspondence.Content.MessageTitle": "t",
        "Correspondence.Content.MessageBody": "b",
        "Recipients": "0192:311001000",
    }
    answer = await rim.send("POST", "/correspondence/upload", data=fields, files=files)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, number)
    assert all(upload.ended and not upload.committed for upload in rim.app.blobs.uploads)
    assert rim.calls == []


async def test_a_file_larger_than_a_form_takes_is_refused_while_it_arrives(rim: Rim) -> None:
    """2004, with the limit of the rules."""
    rim.app.rules = replace(rim.app.rules, max_form_file_bytes=10)
    answer = await rim.send("POST", "/correspondence/upload", files=[("attachments", ("a.pdf", b"x" * 11))])
    assert (answer.status_code, answer.json()["errorCode"]) == (400, 2004)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--b\r\nContent-Disposition: form-data; name=x\r\n\r\nhalf",
        b"no form at all",
        b"--b\r\n\r\nno name\r\n--b--\r\n",
    ],
)
async def test_a_malformed_form_is_a_validation_problem(rim: Rim, body: bytes) -> None:
    """Also one that ends before its last boundary."""
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = await rim.send("POST", "/correspondence/upload", headers=headers, content=body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["$"])


async def test_the_overview_has_the_contract_s_members(rim: Rim) -> None:
    """Nulls are written, times have the offset +00:00, the dialog's id stands among the references."""
    rim.stub(reading, "overview", view())
    body = (await rim.get(f"/correspondence/{ID}")).json()
    assert body["created"] == "2026-12-01T12:00:00+00:00"
    assert (body["dueDateTime"], body["notification"], body["altinn2CorrespondenceId"]) == (None, None, None)
    assert (body["status"], body["sender"], body["recipient"]) == ("Published", builders.AGENCY, BUSINESS)
    assert body["externalReferences"] == [
        {"referenceValue": "01912345-0000-7000-8000-00000000000d", "referenceType": "DialogportenDialogId"}
    ]
    assert list(body["content"]) == ["language", "messageTitle", "messageSummary", "messageBody", "attachments"]
    (file,) = body["content"]["attachments"]
    assert (file["id"], file["dataType"], file["expirationTime"]) == (FILE, "application/pdf", NOW.isoformat())
    assert (file["expirationInDays"], file["dataLocationType"]) == (None, "AltinnCorrespondenceAttachment")
    assert set(body) == {
        "resourceId", "sender", "sendersReference", "messageSender", "content", "requestedPublishTime", "dueDateTime",
        "externalReferences", "propertyList", "replyOptions", "notification", "ignoreReservation",
        "isConfirmationNeeded", "isConfidential", "allowForwarding", "recipient", "correspondenceId", "created",
        "status", "statusText", "statusChanged", "notifications", "altinn2CorrespondenceId", "published", "read",
    }  # fmt: skip


async def test_where_a_body_is_stored_is_said(rim: Rim) -> None:
    """Its address or attachment; of a body that came with the request nothing."""
    elsewhere = builders.content(body_url="https://files.example.com/x", body_attachment_id=AttachmentId(FILE))
    rim.stub(reading, "overview", view(content=elsewhere))
    body = (await rim.get(f"/correspondence/{ID}", "recipient")).json()["content"]
    assert (body["messageBodyUrl"], body["messageBodyAttachmentId"]) == ("https://files.example.com/x", FILE)


async def test_a_file_that_is_stored_elsewhere_is_shown_as_a_link(rim: Rim) -> None:
    """Where it is, its digest when there is one, and that nobody has scanned it."""
    link = External("https://files.example.com/x.zip")
    file = builders.attachment(id=FILE, stored=None, external=link, status_text=NOT_SCANNED)
    rim.stub(reading, "overview", view(attachments=((AttachmentUse(AttachmentId(FILE)), file),)))
    (shown,) = (await rim.get(f"/correspondence/{ID}", "recipient")).json()["content"]["attachments"]
    assert (shown["dataLocationType"], shown["dataLocationUrl"]) == ("ExternalStorage", link.url)
    assert (shown["status"], shown["statusText"]) == ("Published", "Stored elsewhere, not scanned")
    assert "dataLocationDigest" not in shown


async def test_hidden_content_is_the_placeholder(rim: Rim) -> None:
    """Never null: empty texts in the language `no`."""
    rim.stub(reading, "overview", view(content=None, shown_body=None))
    body = (await rim.get(f"/correspondence/{ID}")).json()
    assert body["content"] == {
        "language": "no",
        "messageTitle": "",
        "messageSummary": "",
        "messageBody": "",
        "attachments": [],
    }


async def test_a_format_that_is_not_markdown_is_shown(rim: Rim) -> None:
    """It is our addition, and absent where nobody used it."""
    rim.stub(reading, "overview", view(content=builders.content(format=BodyFormat.HTML)))
    body = (await rim.get(f"/correspondence/{ID}")).json()
    assert body["content"]["messageBodyFormat"] == "Html"


async def test_details_have_history_and_notifications(rim: Rim) -> None:
    """Who caused an entry is not shown; a sent SMS is accepted, a failed e-mail failed."""
    state = builders.published(id=ID, notification=builders.notification_request())
    history = (HistoryEntry(1, "Initialized", "Initialized", NOW, PERSON),)
    notifications = (
        notified(Medium.SMS, NotificationState.SENT),
        notified(Medium.EMAIL, NotificationState.FAILED),
        notified(Medium.EMAIL, NotificationState.UNKNOWN),
    )
    members = {"owner_code": "exa", "system_label": SystemLabel.ARCHIVE}
    rim.stub(reading, "details", view(state=state, history=history, notifications=notifications, **members))
    body = (await rim.get(f"/correspondence/{ID}/details")).json()
    assert body["statusHistory"] == [
        {"status": "Initialized", "statusText": "Initialized", "statusChanged": NOW.isoformat()}
    ]
    assert body["systemLabel"] == "Archive"
    sms, email, unknown = body["notifications"]
    assert (sms["creator"], email["creator"]) == ("exa", "exa")
    assert (sms["notificationChannel"], sms["processingStatus"]["status"]) == ("Email", "Order_Completed")
    details = sms["notificationStatusDetails"]
    assert details["sms"]["succeeded"]
    assert details["sms"]["sendStatus"]["status"] == "SMS_Accepted"
    assert details["sms"]["recipient"]["organizationNumber"] == "311001000"
    assert details["sms"]["recipient"]["mobileNumber"] == "+4790000000"
    assert details["emails"] == []
    assert details["email"] is None
    assert email["notificationStatusDetails"]["email"]["sendStatus"]["status"] == "Email_Failed"
    assert unknown["notificationStatusDetails"]["email"]["sendStatus"]["status"] == "Unknown"


@pytest.mark.parametrize(
    ("method", "path", "use_case", "who"),
    [
        ("POST", "markasread", "mark_as_read", "recipient"),
        ("POST", "confirm", "confirm", "reading-dialog"),
        ("POST", "archive", "archive", "recipient"),
        ("POST", "unarchive", "unarchive", "reading-dialog"),
        ("POST", "markasunread", "mark_as_unread", "recipient"),
        ("DELETE", "purge", "purge", "sender"),
    ],
)
async def test_acts_answer_with_the_id_as_a_json_string(
    rim: Rim, method: str, path: str, use_case: str, who: str
) -> None:
    """In lower case, whatever the path had."""
    rim.stub(acting, use_case)
    answer = await rim.send(method, f"/correspondence/{ID.upper()}/{path}", who)
    assert (answer.status_code, answer.json()) == (200, ID)
    assert rim.calls[0][1] == ID


@pytest.mark.parametrize("accept", ["text/html", "text/html, text/plain", "text/html,*/*;q=0.8"])
async def test_content_is_html_for_whom_asks_for_it_first(rim: Rim, accept: str) -> None:
    """A page under a policy of its own, and nothing sniffs or keeps it."""
    rim.stub(reading, "open_page", reading.Page("nn", "Brev", "<p>Eit brev</p>"))
    answer = await rim.get(f"/correspondence/{ID}/content", "recipient", Accept=accept)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert '<html lang="nn">' in answer.text
    assert "<title>Brev</title>" in answer.text
    assert "<body>\n<p>Eit brev</p>\n</body>" in answer.text


@pytest.mark.parametrize("accept", ["*/*", "text/plain, text/html", "application/json, */*", ""])
async def test_content_is_markdown_for_everybody_else(rim: Rim, accept: str) -> None:
    """Also for those who would take anything."""
    rim.stub(reading, "open_content", "# Brev")
    answer = await rim.get(f"/correspondence/{ID}/content", "recipient", Accept=accept)
    assert (answer.text, answer.headers["content-type"]) == ("# Brev", "text/plain; charset=utf-8")


async def test_content_in_another_type_is_not_to_be_had(rim: Rim) -> None:
    """The answer names the two."""
    answer = await rim.get(f"/correspondence/{ID}/content", "recipient", Accept="text/*")
    assert (answer.status_code, answer.text) == (406, "Supported media types: text/plain, text/html")


async def test_content_is_markdown_as_plain_text(rim: Rim) -> None:
    """The text as it is, in UTF-8."""
    rim.stub(reading, "open_content", "# Brev på norsk")
    answer = await rim.get(f"/correspondence/{ID}/content", "recipient", Accept="text/plain")
    assert (answer.text, answer.headers["content-type"]) == ("# Brev på norsk", "text/plain; charset=utf-8")


async def test_notification_checks_tell_the_reminder_from_the_first(rim: Rim) -> None:
    """The first part of the path asks for the reminder, the longer one for the main notification."""
    rim.stub(notifying, "may_send", True)
    for path, reminder in (("check", True), ("check/main", False)):
        answer = await rim.get(f"/correspondence/{ID}/notification/{path}", "checker")
        assert answer.json() == {"sendNotification": True}
        assert rim.calls[-1] == (ID, {"reminder": reminder})


async def test_a_search_is_read_from_the_query(rim: Rim) -> None:
    """Names in any case, enums by name or number, the resource with or without its prefix, empty values absent."""
    rim.stub(searching, "search", Found([ID]))
    query = (
        "?ResourceId=urn:altinn:resource:example-letters&ROLE=2&Status=published&onBehalfOf=0192:311001000"
        f"&from=2026-01-01&to=2026-12-31T00:00:00%2B01:00&sendersReference=Ref&idempotentKey={FILE}&x="
    )
    answer = await rim.get("/correspondence" + query, "recipient")
    assert answer.json() == {"ids": [ID]}
    asked: Search = rim.calls[0][1]
    assert (asked.resource_id, asked.role, asked.status) == ("example-letters", Role.BOTH, Status.PUBLISHED)
    assert (asked.on_behalf_of, asked.senders_reference, asked.idempotent_key) == (BUSINESS, "Ref", FILE)
    assert asked.published_before is not None
    assert asked.published_before.utcoffset() == timedelta()


@pytest.mark.parametrize(
    ("query", "faulty"),
    [
        ("resourceId=r", "Role"),
        ("resourceId=r&role=Everybody", "Role"),
        ("resourceId=r&role=3", "Role"),
        ("role=Sender", "ResourceId"),
        ("resourceId=r&role=Sender&status=Lost", "Status"),
        ("resourceId=r&role=Sender&idempotentKey=42", "IdempotentKey"),
        ("resourceId=r&role=Sender&onBehalfOf=310001007", "OnBehalfOf"),
        ("resourceId=r&role=Sender&from=yesterday", "From"),
    ],
)
async def test_a_faulty_search_names_the_parameter(rim: Rim, query: str, faulty: str) -> None:
    """A missing or unreadable parameter is 400."""
    answer = await rim.get("/correspondence?" + query)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [faulty])


async def test_pages_are_said_to_who_asks_for_them(rim: Rim) -> None:
    """`continuationToken` is null after the last page; `correspondences` come with `include=overview` only."""
    rim.stub(searching, "search", Found([ID], None, [view(shown_body="")]))
    query = "/correspondence?resourceId=r&role=Recipient"
    assert (await rim.get(query, "recipient")).json() == {"ids": [ID]}
    assert (await rim.get(query + "&limit=5", "recipient")).json() == {"ids": [ID], "continuationToken": None}
    listed = (await rim.get(query + "&include=Overview&continuationToken=t", "recipient")).json()
    assert list(listed) == ["ids", "continuationToken", "correspondences"]
    (shown,) = listed["correspondences"]
    assert (shown["correspondenceId"], shown["content"]["messageBody"]) == (ID, "")
    for wrong, name in (("limit=0", "Limit"), ("limit=1001", "Limit"), ("include=all", "Include")):
        assert list((await rim.get(f"{query}&{wrong}", "recipient")).json()["errors"]) == [name]
