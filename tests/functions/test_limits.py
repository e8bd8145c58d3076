"""The form of a message, member by member: what is taken, what is not, and where the fault is told (2.1 to 2.7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio

from functions.http.operation import BASE
from functions.http.problems import PROBLEM
from tests.fakes.world import World
from tests.functions.catalogue import CALLERS
from tests.functions.faults import DIALOG, Fault, entry_of, fields_of, new_files
from tests.functions.scene import served

ROOT = BASE + "/correspondence"
SENDER = {"Authorization": "Bearer sender"}
_NOTHING_ELSE = (42, True, [], {})


@dataclass(frozen=True, slots=True)
class Member:
    """A member by its path in the correspondence: values of every kind that are taken, and that are not, in JSON;
    and those texts that a form may not have. `is_required`: it may be neither null nor left out.
    """

    path: str
    good: tuple[object, ...]
    bad: tuple[object, ...]
    bad_texts: tuple[str, ...] = ()
    is_required: bool = False
    takes_null: bool = True

    @property
    def key(self) -> str:
        """As the problem says it."""
        whole = self.path if self.path in _BESIDE else f"correspondence.{self.path}"
        return ".".join(part[:1].upper() + part[1:] for part in whole.split("."))


_BESIDE = {"recipients", "idempotentKey", "existingAttachments"}


def text(path: str, longest: int, *, required: bool = False) -> Member:
    """A text of so many characters at most; a required one is not blank."""
    too_long = "x" * (longest + 1)
    blank = ("", "  ") if required else ()
    return Member(
        path, ("x", "x" * longest), (too_long, *blank, *_NOTHING_ELSE), (too_long, *blank), required, not required
    )


def flag(path: str, *, takes_null: bool = False) -> Member:
    """True or false, also as text."""
    return Member(path, (True, False, "true", "False"), ("ja", 2, [], {}), ("ja", "2"), takes_null=takes_null)


def time(path: str) -> Member:
    """An instant in ISO 8601."""
    wrong = ("i går", "2026-13-01T00:00:00Z", "2026-12-24T25:00:00Z")
    return Member(path, ("2027-12-24T07:00:00Z", "2027-12-24T08:00:00.1234567+01:00"), (*wrong, 5, [], {}), wrong)


def choice(path: str, *names: str, takes_null: bool = True) -> Member:
    """A name in any case, or its place from 0, also as text."""
    places = range(len(names))
    good = (*names, *(name.lower() for name in names), *places, *map(str, places))
    return Member(path, good, ("Pigeon", 99, -1, 1.5, [], {}), ("Pigeon", "99"), takes_null=takes_null)


_CHANNELS = ("Email", "Sms", "EmailPreferred", "SmsPreferred", "EmailAndSms")
_KEYS = {f"key{n}": "x" for n in range(11)}
_REFERENCES = [{"referenceType": 0, "referenceValue": "x"}] * 11

MEMBERS = (
    Member(
        "resourceId",
        ("example-letters", "urn:altinn:resource:example-letters", "x" * 255),
        ("", " ", "a:b", "urn:altinn:app:x", "x" * 256, *_NOTHING_ELSE),
        ("a:b", "x" * 256),
        is_required=True,
        takes_null=False,
    ),
    text("sendersReference", 4096, required=True),
    text("messageSender", 255),
    time("requestedPublishTime"),
    time("dueDateTime"),
    flag("ignoreReservation", takes_null=True),
    flag("isConfirmationNeeded"),
    flag("isConfidential"),
    flag("allowForwarding"),
    Member("content.language", ("nb", "NN", "", " ", "de"), ("n", "nob", "iv", *_NOTHING_ELSE), ("n", "nob", "iv")),
    text("content.messageTitle", 255, required=True),
    text("content.messageSummary", 255),
    text("content.messageBody", 30_000, required=True),
    Member("content.attachments", ([],), ({}, "x", 5, [5]), ()),
    Member("externalReferences", ([], _REFERENCES[:10]), (_REFERENCES, {}, "x", [5], [{}])),
    Member(
        "propertyList",
        ({}, dict(list(_KEYS.items())[:10]), {"k" * 50: "v" * 300}),
        (_KEYS, {"k" * 51: "v"}, {"k": "v" * 301}, [], "x", 5),
    ),
    Member("replyOptions", ([], [{"linkURL": "https://a.example/"}]), ({}, "x", [5], [{}], [{"linkURL": None}])),
    choice("notification.notificationChannel", *_CHANNELS, takes_null=False),
    choice("notification.reminderNotificationChannel", *_CHANNELS),
    choice("notification.emailContentType", "Plain", "Html", takes_null=False),
    choice("notification.reminderEmailContentType", "Plain", "Html"),
    text("notification.emailSubject", 512),
    text("notification.emailBody", 10_000),
    text("notification.smsBody", 2144),
    text("notification.reminderEmailSubject", 512),
    text("notification.reminderEmailBody", 10_000),
    text("notification.reminderSmsBody", 2144),
    flag("notification.sendReminder"),
    flag("notification.overrideRegisteredContactInformation"),
    Member("notification.notificationTemplate", (0, 1, "CustomMessage", "1"), ("Pigeon", 1.5, [], {}), ("Pigeon", "7")),
    Member("recipients", (["0192:311001000"],), ([], ["0192:311001000"] * 501, {}, "x", 5), (), True, False),
    Member("existingAttachments", ([], [DIALOG.upper()]), (["x"], [5], {}, "x")),
    Member(
        "idempotentKey",
        (DIALOG, DIALOG.upper()),
        ("x", "00000000-0000-0000-0000-000000000000", 5, [], {}),
        ("x", "00000000-0000-0000-0000-000000000000"),
    ),
)
"""Every member of the request that has a form of its own. Source: wire contract 2.1 to 2.5."""

FILE_MEMBERS = (
    Member("displayName", ("x" * 255,), ("x" * 256, *_NOTHING_ELSE)),
    Member("sendersReference", ("x" * 4096,), ("x" * 4097, "", *_NOTHING_ELSE), (), True, False),
    Member("isEncrypted", (True, "true"), ("ja", 5, [], {}), takes_null=False),
    Member("checksum", ("", " ", "0" * 32, "z" * 32), ("0" * 31, "0" * 33, "A" * 32, *_NOTHING_ELSE)),
    Member("expirationInDays", (14, "14"), ("x", 1.5, True, 36_501, [], {})),
    Member("fileName", ("a.pdf",), _NOTHING_ELSE, (), True, False),
    Member(
        "dataLocationType",
        (0, "1", "existingexternalstorage", "NewCorrespondenceAttachment"),
        ("x", 3, [], {}),
        takes_null=False,
    ),
)
"""The members of a file that comes with the message. Source: wire contract 2.3."""


def path_of(member: Member) -> str:
    return member.path


@pytest_asyncio.fixture
async def http() -> Any:
    """The API over a world in which everything is permitted."""
    async with served(World(), CALLERS) as client:
        yield client


def faults_of(answer: httpx.Response) -> set[str]:
    """Where the faults of the form are; none when it was judged, or taken."""
    body = answer.json()
    if not isinstance(body, dict) or "validationErrors" not in body:
        assert answer.status_code < 500
        return set()
    assert answer.headers["content-type"] == PROBLEM
    assert body.keys() == {"type", "title", "status", "code", "traceId", "validationErrors", "errors"}
    assert (answer.status_code, body["status"], body["title"]) == (400, 400, "Bad Request")
    assert (body["type"], body["code"]) == ("https://tools.ietf.org/html/rfc9110#section-15.5.1", "STD-00000")
    told = [(fault["title"], path) for fault in body["validationErrors"] for path in fault["paths"]]
    assert told == [
        (message, key.replace(".", "/")) for key, messages in body["errors"].items() for message in messages
    ]
    assert {fault["code"] for fault in body["validationErrors"]} == {"CORR.VLD-00000"}
    return set(body["errors"])


def is_at(found: set[str], key: str) -> bool:
    """True when it is the only place, or is above all that are."""
    return bool(found) and all(place == key or place.startswith((f"{key}.", f"{key}[")) for place in found)


async def sent(http: httpx.AsyncClient, body: Mapping[str, Any]) -> set[str]:
    return faults_of(await http.post(ROOT, headers=SENDER, json=body))


async def sent_form(http: httpx.AsyncClient, fields: Mapping[str, str]) -> set[str]:
    parts = [(name, (None, value.encode())) for name, value in fields.items()]
    return faults_of(await http.post(ROOT + "/upload", headers=SENDER, files=parts))


@pytest.mark.parametrize("member", MEMBERS, ids=path_of)
async def test_a_member_takes_its_values_and_no_others(member: Member, http: httpx.AsyncClient) -> None:
    """The fault is told at the member's path, and at no other."""
    null_is = "good" if member.takes_null else "bad"
    bad = (*member.bad, None) if null_is == "bad" else member.bad
    good = (*member.good, None) if null_is == "good" else member.good
    assert [value for value in good if await sent(http, Fault(members={member.path: value}).body)] == []
    told = [(value, await sent(http, Fault(members={member.path: value}).body)) for value in bad]
    assert [one for one in told if not is_at(one[1], member.key)] == []


@pytest.mark.parametrize("member", [one for one in MEMBERS if one.is_required], ids=path_of)
async def test_a_required_member_cannot_be_left_out(member: Member, http: httpx.AsyncClient) -> None:
    """Neither in JSON nor in a form."""
    body = Fault().body
    *above, last = (member.path if member.path in _BESIDE else f"correspondence.{member.path}").split(".")
    node = body
    for step in above:
        node = node[step]
    del node[last]
    assert await sent(http, body) == {member.key}
    assert await sent_form(http, dict(fields_of(body))) == {member.key}


@pytest.mark.parametrize("member", [one for one in MEMBERS if one.bad_texts], ids=path_of)
@pytest.mark.parametrize("written", ["{}", "request.{}", "REQUEST.{}"])
async def test_a_form_is_judged_as_json_is(written: str, member: Member, http: httpx.AsyncClient) -> None:
    """With or without the prefix, in any case."""
    for value in member.bad_texts:
        fields = dict(fields_of(Fault(members={member.path: value}).body))
        for named in (fields, {name.upper(): text_ for name, text_ in fields.items()}):
            told = await sent_form(http, {written.format(name): text_ for name, text_ in named.items()})
            assert is_at(told, member.key), value


@pytest.mark.parametrize("member", FILE_MEMBERS, ids=path_of)
async def test_a_file_s_member_takes_its_values_and_no_others(member: Member, http: httpx.AsyncClient) -> None:
    """In the message as well as by itself, where the file has a resource of its own."""
    key = f"Correspondence.Content.Attachments[0].{member.path[:1].upper()}{member.path[1:]}"
    bad = member.bad if member.takes_null else (*member.bad, None)
    for value in bad:
        told = await sent(http, Fault(members=new_files(entry_of() | {member.path: value})).body)
        assert is_at(told, key), value
    for value in member.good:
        assert not await sent(http, Fault(members=new_files(entry_of() | {member.path: value})).body), value
    if member.path == "dataLocationType":
        return
    alone = {"resourceId": "example-letters", **entry_of()}
    for value in bad:
        told = faults_of(await http.post(BASE + "/attachment", headers=SENDER, json=alone | {member.path: value}))
        assert is_at(told, key.rpartition(".")[2]), value
    for value in member.good:
        answer = await http.post(BASE + "/attachment", headers=SENDER, json=alone | {member.path: value})
        assert answer.status_code == 200, value


async def test_names_are_taken_in_any_case_and_unknown_ones_ignored(http: httpx.AsyncClient) -> None:
    """At every depth."""

    def shouted(value: Any) -> Any:
        if isinstance(value, dict):
            return {name.upper(): shouted(below) for name, below in value.items()} | {"unheardOf": {"of": 1}}
        return value

    answer = await http.post(ROOT, headers=SENDER, json=shouted(Fault(members={"content.language": "nn"}).body))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("recipient", "is_taken"),
    [
        ("0192:311001000", True),
        ("urn:altinn:organization:identifier-no:311001000", True),
        ("URN:ALTINN:ORGANIZATION:IDENTIFIER-NO:311001000", True),
        ("01838510058", True),
        ("urn:altinn:person:identifier-no:01838510058", True),
        ("urn:altinn:person:idporten-email:kari@example.no", True),
        ("urn:altinn:person:legacy-selfidentified:kari", True),
        ("311001000", False),
        ("0184:311001000", False),
        ("0192:31100100", False),
        ("01838510059", False),
        ("0183851005", False),
        ("urn:altinn:person:idporten-email:@example.no", False),
        ("urn:altinn:person:idporten-email:kari@", False),
        ("urn:altinn:person:idporten-email:a@b@c", False),
        ("urn:altinn:person:legacy-selfidentified:", False),
        ("urn:altinn:person:legacy-selfidentified:a:b", False),
        ("", False),
        (" ", False),
    ],
)
async def test_a_recipient_is_one_of_four_kinds(recipient: str, is_taken: bool, http: httpx.AsyncClient) -> None:
    """The fault is told at its place in the list. Source: wire contract 5.2."""
    told = await sent(http, Fault(members={"recipients": ["0192:310001007", recipient]}).body)
    assert told == (set() if is_taken else {"Recipients[1]"})
