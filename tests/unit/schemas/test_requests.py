"""Requests to initialise: their form, and what they mean."""

import copy
from typing import Any

import pytest

from shared.domain.attachment import External
from shared.domain.correspondence import BodyFormat, ReferenceType
from shared.domain.errors import DomainError, InvalidRequest, Refusal
from shared.domain.identifiers import organisation, person
from shared.domain.notification import Channel, CustomRecipient, Template
from shared.domain.requests import NewMessage
from shared.schemas.requests import InitializeCorrespondences, digest
from tests.functions.rim import letter

KEY = "01912345-0000-7000-8000-00000000000A"


def read(request: dict[str, Any]) -> NewMessage:
    """The message, as a route reads it."""
    return InitializeCorrespondences.read(request).to_domain()


def notice(**members: Any) -> dict[str, Any]:
    """A letter with this wish to notify."""
    return letter(notification=members)


def faults(request: dict[str, Any]) -> list[str]:
    """The paths of all faults of the request."""
    with pytest.raises(InvalidRequest) as caught:
        read(request)
    return [fault.path for fault in caught.value.faults]


def test_the_least_request_gets_the_contract_s_defaults() -> None:
    """Published at once, in Markdown, to everybody as a URN."""
    message = read(
        letter() | {"recipients": ["0192:311001000", "01838510058", "urn:altinn:person:idporten-email:A@B.no"]}
    )
    assert message.recipients[:2] == (organisation("311001000"), person("01838510058"))
    assert message.recipients[2] == "urn:altinn:person:idporten-email:a@b.no"
    assert (message.requested_publish_time, message.notification, message.idempotent_key) == (None, None, None)
    assert (message.content.format, message.content.summary, message.message_sender) == (BodyFormat.MARKDOWN, "", "")


def test_nullable_members_may_be_null() -> None:
    """Lists, texts and times that are null are as if they were absent."""
    nulls = dict.fromkeys(
        (
            "messageSender", "requestedPublishTime", "dueDateTime", "externalReferences", "propertyList",
            "replyOptions", "notification", "ignoreReservation", "sender",
        )
    )  # fmt: skip
    request = letter(**nulls) | {"existingAttachments": None, "idempotentKey": None}
    request["correspondence"]["content"] |= {"language": None, "messageSummary": None, "attachments": None}
    assert read(request).digest == read(letter()).digest


def test_a_full_request_keeps_everything() -> None:
    """Orders are kept, ids are in lower case, the prefix of the resource goes."""
    request = letter(
        resourceId="urn:altinn:resource:example-letters",
        externalReferences=[{"referenceType": 6, "referenceValue": "decision"}],
        propertyList={"Key": "v"},
        replyOptions=[{"linkurl": "https://a.example", "linkText": None}],
        isConfirmationNeeded=True,
    ) | {"existingAttachments": [KEY], "idempotentKey": KEY}
    message = read(request)
    assert message.resource_id == "example-letters"
    assert message.external_references[0].type is ReferenceType.TRANSMISSION_TYPE
    assert (message.property_list, message.reply_options[0].url) == ({"Key": "v"}, "https://a.example")
    assert (message.existing_attachments, message.idempotent_key) == ((KEY.lower(),), KEY.lower())


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"resourceId": "a:b"}, "correspondence.resourceId"),
        ({"resourceId": None}, "correspondence.resourceId"),
        ({"sendersReference": "x" * 4097}, "correspondence.sendersReference"),
        ({"messageSender": "x" * 256}, "correspondence.messageSender"),
        ({"content": None}, "correspondence.content"),
        ({"propertyList": {str(i): "" for i in range(11)}}, "correspondence.propertyList"),
        ({"propertyList": {"k" * 51: ""}}, "correspondence.propertyList"),
        ({"propertyList": {"k": "v" * 301}}, "correspondence.propertyList"),
        ({"isConfidential": None}, "correspondence.isConfidential"),
        (
            {"externalReferences": [{"referenceType": "DialogportenTransmissionId", "referenceValue": "x"}]},
            "correspondence.externalReferences",
        ),
        (
            {"externalReferences": [{"referenceType": "DialogportenTransmissionType", "referenceValue": "9"}]},
            "correspondence.externalReferences",
        ),
        (
            {"externalReferences": [{"referenceType": "Generic"}]},
            "correspondence.externalReferences[0].referenceValue",
        ),
        ({"notification": {"smsBody": "x" * 2145}}, "correspondence.notification.smsBody"),
        ({"notification": {"notificationChannel": 5}}, "correspondence.notification.notificationChannel"),
        (
            {"notification": {"customRecipients": [{"organizationNumber": "12"}]}},
            "correspondence.notification.customRecipients[0].organizationNumber",
        ),
        (
            {"notification": {"customRecipient": {"nationalIdentityNumber": "01838510059"}}},
            "correspondence.notification.customRecipient.nationalIdentityNumber",
        ),
    ],
)
def test_faults_of_the_form_have_paths(changes: dict[str, Any], path: str) -> None:
    """Every rule of the contract's table is one fault, where it stands."""
    assert faults(letter(**changes)) == [path]


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("messageTitle", "x" * 256),
        ("messageTitle", " "),
        ("messageBody", ""),
        ("messageBody", "x" * 30_001),
        ("messageSummary", "x" * 256),
        ("language", "nob"),
        ("language", "iv"),
        ("messageBodyFormat", "Word"),
    ],
)
def test_texts_have_lengths(member: str, value: str) -> None:
    """Title, summary and body are measured, the language has two letters."""
    request = letter()
    request["correspondence"]["content"][member] = value
    assert faults(request) == [f"correspondence.content.{member}"]


def test_a_blank_language_is_norwegian() -> None:
    """`nb` is meant when nothing is said."""
    request = letter()
    request["correspondence"]["content"]["language"] = " "
    assert read(request).content.language == "nb"


@pytest.mark.parametrize("count", [0, 501])
def test_there_are_1_to_500_recipients(count: int) -> None:
    """Neither none nor more."""
    assert faults(letter() | {"recipients": ["0192:311001000"] * count}) == ["recipients"]


def test_every_wrong_recipient_is_named_by_its_place_only() -> None:
    """The faults hold no numbers of people."""
    with pytest.raises(InvalidRequest) as caught:
        read(letter() | {"recipients": ["0192:311001000", "01838510059", ""]})
    assert [fault.path for fault in caught.value.faults] == ["recipients[1]", "recipients[2]"]
    assert "01838510059" not in str(caught.value.faults)


def test_an_empty_key_is_refused_in_the_words_of_1033() -> None:
    """A GUID of zeros is none. Whoever tells the fault begins with the name of its member."""
    with pytest.raises(InvalidRequest) as caught:
        read(letter() | {"idempotentKey": "00000000-0000-0000-0000-000000000000"})
    assert f"idempotentKey {caught.value.faults[0].message}" == Refusal.KEY_NOT_A_GUID.text


def test_a_wish_to_notify_is_read_with_its_fallbacks() -> None:
    """Nulls are empty texts; the type of the reminder's e-mail follows the first one's."""
    wish = read(notice(notificationTemplate=None, emailSubject="s", emailContentType="html", sendReminder="true"))
    assert wish.notification is not None
    assert (wish.notification.template, wish.notification.channel) == (Template.CUSTOM, Channel.EMAIL)
    assert wish.notification.texts.email_is_html
    assert wish.notification.reminder_texts.email_is_html
    assert wish.notification.reminder_channel is None
    assert wish.notification.send_reminder


@pytest.mark.parametrize("number", [3, -1])
def test_a_template_outside_the_list_is_refused_at_once(number: int) -> None:
    """3023."""
    with pytest.raises(DomainError) as caught:
        read(notice(notificationTemplate=number))
    assert caught.value.refusal is Refusal.TEMPLATE_OUT_OF_RANGE


def test_a_template_without_texts_is_refused_in_its_turn() -> None:
    """The last one is listed, but has no texts: 3001, when all before it has been judged."""
    assert read(notice(notificationTemplate=2)).unreadable_notification is Refusal.TEMPLATE_UNKNOWN
    assert read(notice(notificationTemplate=1)).unreadable_notification is None


def test_the_newest_form_of_custom_recipients_counts() -> None:
    """Two older ones are still understood when it is absent."""
    old = {"customNotificationRecipients": [{"recipientToOverride": "x", "recipients": [{"emailAddress": "a@b.no"}]}]}
    newer = {"customRecipient": {"mobileNumber": "+4790000000"}}
    newest = {"customRecipients": [{"organizationNumber": "311001000"}, {"nationalIdentityNumber": "01838510058"}]}
    for members, expected in (
        (old, (CustomRecipient(email="a@b.no"),)),
        (old | newer, (CustomRecipient(mobile="+4790000000"),)),
        (
            old | newer | newest,
            (CustomRecipient(party=organisation("311001000")), CustomRecipient(party=person("01838510058"))),
        ),
    ):
        wish = read(notice(**members)).notification
        assert wish is not None
        assert wish.custom_recipients == expected


def test_two_numbers_in_one_custom_recipient_are_too_many() -> None:
    """3018, in its turn: it is not clear who is meant."""
    both = {"organizationNumber": "311001000", "nationalIdentityNumber": "01838510058"}
    message = read(notice(customRecipients=[both]))
    assert message.unreadable_notification is Refusal.CUSTOM_RECIPIENT_SEVERAL_IDENTIFIERS


def test_the_digest_is_of_the_meaning() -> None:
    """Case of names, order of members, forms of the same party and instant, and the key itself do not matter."""
    one = read(letter(dueDateTime="2026-12-01T12:00:00Z"))
    request = {
        "IdempotentKey": KEY,
        "RECIPIENTS": ["urn:altinn:organization:identifier-no:311001000"],
        "correspondence": letter(dueDateTime="2026-12-01T13:00:00+01:00", isConfidential=False)["correspondence"],
    }
    assert read(request).digest == one.digest
    assert len(one.digest) == 64


@pytest.mark.parametrize(
    "changes",
    [{"sendersReference": "ref-2"}, {"isConfidential": True}, {"propertyList": {"a": "b"}}, {"notification": {}}],
)
def test_another_meaning_has_another_digest(changes: dict[str, Any]) -> None:
    """Any member that says something counts, and so do the names of files."""
    assert read(letter(**changes)).digest != read(letter()).digest
    message = read(letter())
    assert digest(message, ["a.pdf"]) != digest(message) == message.digest


@pytest.mark.parametrize("character", ["\x00", "\ud800", "\udfff"])
@pytest.mark.parametrize(
    "path",
    [
        "correspondence.content.messageTitle",
        "correspondence.content.messageBody",
        "correspondence.sendersReference",
        "correspondence.propertyList",
    ],
)
def test_what_is_no_text_is_refused_by_its_path(path: str, character: str) -> None:
    """A text that could never be written out again is not taken in."""
    body = copy.deepcopy(letter())
    *outer, last = path.split(".")
    place = body
    for name in outer:
        place = place[name]
    place[last] = {f"a{character}": "b"} if last == "propertyList" else f"a{character}b"
    assert faults(body) == [path]


def test_an_expiry_beyond_every_calendar_is_refused() -> None:
    """A number of days that no date can be made of is a fault of its field."""
    body = letter()
    body["correspondence"]["content"]["attachments"] = [
        {"fileName": "a.pdf", "sendersReference": "r", "expirationInDays": 10_000_000}
    ]
    assert faults(body) == ["correspondence.content.attachments[0].expirationInDays"]


DIGEST = "Ab" * 32


def linked(**members: Any) -> dict[str, Any]:
    """A letter with one attachment that is stored elsewhere."""
    entry = {
        "fileName": "a.zip",
        "sendersReference": "r",
        "dataLocationType": "existingExternalStorage",
        "dataLocationUrl": "https://files.example.com/a.zip",
    }
    request = letter()
    request["correspondence"]["content"]["attachments"] = [entry | members]
    return request


@pytest.mark.parametrize("type_", ["ExistingExternalStorage", "existingexternalstorage", 2, "2"])
def test_an_attachment_can_be_stored_elsewhere(type_: object) -> None:
    """With its digest in lower case, when there is one."""
    (new,) = read(linked(dataLocationType=type_, dataLocationDigest=DIGEST)).new_attachments
    assert new.external == External("https://files.example.com/a.zip", DIGEST.lower())
    (new,) = read(linked()).new_attachments
    assert new.external == External("https://files.example.com/a.zip")


def test_without_an_address_it_is_a_file() -> None:
    """As it is for clients that have always sent the type."""
    (new,) = read(linked(dataLocationUrl=None)).new_attachments
    assert new.external is None


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ({"dataLocationType": None}, "dataLocationType"),
        ({"dataLocationType": "NewCorrespondenceAttachment"}, "dataLocationUrl"),
        ({"dataLocationType": 1}, "dataLocationUrl"),
        ({"dataLocationDigest": "ab"}, "dataLocationDigest"),
        ({"dataLocationDigest": "x" * 64}, "dataLocationDigest"),
        ({"dataLocationUrl": None, "dataLocationDigest": DIGEST}, "dataLocationDigest"),
        ({"dataLocationUrl": 5}, "dataLocationUrl"),
    ],
)
def test_an_address_and_a_digest_are_for_what_is_stored_elsewhere(members: dict[str, Any], fault: str) -> None:
    """The fault names the member."""
    assert f"correspondence.content.attachments[0].{fault}" in faults(linked(**members))


def test_where_it_is_stored_is_part_of_what_a_request_means() -> None:
    """Another address or digest is another request."""
    requests = [linked(), linked(dataLocationDigest=DIGEST), linked(dataLocationUrl="https://files.example.com/b")]
    assert len({read(request).digest for request in requests}) == 3


def without_body(**members: Any) -> dict[str, Any]:
    """A letter whose body is somewhere else, or nowhere."""
    request = letter()
    texts = request["correspondence"]["content"]
    del texts["messageBody"]
    texts |= members
    return request


BODY = "correspondence.content.messageBody"
URL = "https://files.example.com/letter.html"


def test_a_body_can_be_stored_elsewhere_or_be_an_attachment() -> None:
    """Both are part of what the request means."""
    linked_, attached = read(without_body(messageBodyUrl=URL)), read(without_body(messageBodyAttachmentId=KEY))
    assert (linked_.content.body_url, linked_.content.body) == (URL, "")
    assert (attached.content.body_attachment_id, attached.content.body) == (KEY.lower(), "")
    assert linked_.digest != attached.digest


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"messageBody": None},
        {"messageBody": None, "messageBodyUrl": None, "messageBodyAttachmentId": None},
        {"messageBody": "x", "messageBodyUrl": URL},
        {"messageBody": "x", "messageBodyAttachmentId": KEY},
        {"messageBodyUrl": URL, "messageBodyAttachmentId": KEY},
        {"messageBody": "x", "messageBodyUrl": URL, "messageBodyAttachmentId": KEY},
        {"messageBody": ""},
        {"messageBody": "x" * 30_001},
    ],
)
def test_exactly_one_body_is_given(members: dict[str, Any]) -> None:
    """The fault is the body's."""
    assert faults(without_body(**members)) == [BODY]


def test_the_fault_of_another_place_is_told_alone() -> None:
    """Nobody is told besides that there is no body."""
    assert faults(without_body(messageBodyAttachmentId="x")) == ["correspondence.content.messageBodyAttachmentId"]
    assert faults(without_body(messageBodyUrl=" ")) == ["correspondence.content.messageBodyUrl"]


@pytest.mark.parametrize("member", [{"messageBodyUrl": URL}, {"messageBodyAttachmentId": KEY}])
def test_a_format_is_said_of_the_body_in_the_request_only(member: dict[str, Any]) -> None:
    """The name of an attachment says its own; a link has none."""
    assert faults(without_body(messageBodyFormat="Html", **member)) == [BODY + "Format"]
