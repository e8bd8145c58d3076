"""Input that no honest client sends: the documented status, a problem that says where, and nothing is written."""

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import httpx
import pytest
import pytest_asyncio

from functions.http.api import OPERATIONS
from functions.http.openapi.entries import ENTRIES
from functions.http.openapi.entry import FILE, LETTER, RESOURCE
from functions.http.operation import FORM, JSON, MAX_JSON_BYTES, Operation
from functions.http.problems import PROBLEM
from functions.http.uploads import MAX_FIELDS
from tests.fakes.world import World
from tests.functions.scene import scene, served

SHOWN = [operation for operation in OPERATIONS if not operation.hidden]
OF_JSON = [operation for operation in SHOWN if operation.consumes == JSON]
WITH_BODY = [operation for operation in SHOWN if operation.consumes]
WITH_GUIDS = [one for one in SHOWN if "{correspondenceId}" in one.path or "{attachmentId}" in one.path]
BY_ID = {operation.id: operation for operation in OPERATIONS}
STORES = (
    "correspondences",
    "attachments",
    "mailboxes",
    "agenda",
    "idempotency",
    "outbox",
    "blobs",
    "subscriptions",
    "dialogs",
    "email",
    "sms",
)
"""Everything of the world in which a request could leave something."""


def id_of(operation: Operation) -> str:
    return operation.id


class Before:
    """The world as it was, and the API over it."""

    def __init__(self, world: World, http: httpx.AsyncClient) -> None:
        self.world, self.http = world, http
        self.kept = {name: deepcopy(vars(getattr(world, name))) for name in STORES}

    async def send(self, operation: Operation, **request: Any) -> httpx.Response:
        """The answer to the operation's first example with other parts."""
        example = ENTRIES[operation.id].examples[0]
        ids = dict(example.path) | request.pop("path", {})
        headers = {"Authorization": f"Bearer {operation.policy}", "Content-Type": operation.consumes or ""}
        headers |= request.pop("headers", {})
        named = {name: text for name, text in headers.items() if text}
        return await self.http.request(operation.method, operation.path.format(**ids), headers=named, **request)

    def expect_untouched(self) -> None:
        """Nothing was written."""
        for name in STORES:
            assert vars(getattr(self.world, name)) == self.kept[name], name


@pytest_asyncio.fixture
async def before() -> Any:
    """A scene in which nothing happens."""
    world = await scene()
    async with served(world) as http:
        yield Before(world, http)


def paths_in(answer: httpx.Response) -> set[str]:
    """Where the faults are, as the problem says it."""
    assert answer.headers["content-type"] == PROBLEM
    body = answer.json()
    assert body["status"] == answer.status_code == 400
    assert {path.replace(".", "/") for path in body["errors"]} == {
        p for f in body["validationErrors"] for p in f["paths"]
    }
    return set(body["errors"])


def example_of(operation: Operation) -> dict[str, Any]:
    value = ENTRIES[operation.id].examples[0].json
    assert value is not None
    return deepcopy(dict(value))


def cut(text: bytes) -> bytes:
    return text[: len(text) // 2]


BODIES: Mapping[str, bytes] = {
    "nothing": b"",
    "blanks": b" \r\n\t",
    "the half of a body": cut(json.dumps({"correspondence": {"resourceId": RESOURCE}}).encode()),
    "two bodies": b"{}{}",
    "a comment": b"{} // and so on",
    "single quotes": b"{'a': 1}",
    "broken UTF-8": b'{"resourceId": "\xff\xfe"}',
    "half of a surrogate in UTF-8": b'{"resourceId": "\xed\xa0\x80"}',
    "UTF-16": '{"resourceId": "x"'.encode("utf-16"),
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a form": b"resourceId=example-letters",
    "a number of a million digits": b'{"a": ' + b"9" * 1_000_000 + b"}",
}
"""Bodies that are no JSON, or none that anybody reads."""

SHAPES = ("null", "[]", "42", '"text"', "true", "{}")
"""JSON, but no request."""


@pytest.mark.parametrize("operation", OF_JSON, ids=id_of)
async def test_a_body_that_is_no_json(operation: Operation, before: Before) -> None:
    """It is a fault of the whole, or of what is missing in it."""
    for name, body in BODIES.items():
        assert paths_in(await before.send(operation, content=body)), name
    before.expect_untouched()


@pytest.mark.parametrize("operation", OF_JSON, ids=id_of)
async def test_a_body_of_another_shape(operation: Operation, before: Before) -> None:
    """JSON that is no request says so as well."""
    for body in SHAPES:
        assert paths_in(await before.send(operation, content=body)), body
    before.expect_untouched()


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("operation", OF_JSON, ids=id_of)
async def test_a_body_that_is_too_large(operation: Operation, announced: bool, before: Before) -> None:
    """Refused by its length when it is announced, else as soon as it is longer than allowed."""
    body = b'{"resourceId": "' + b"a" * MAX_JSON_BYTES + b'"}'

    async def pieces() -> Any:
        for start in range(0, len(body), 1 << 20):
            yield body[start : start + (1 << 20)]

    answer = await before.send(operation, content=body if announced else pieces())
    assert (answer.status_code, answer.json()["errorCode"]) == (413, 7004)
    before.expect_untouched()


@pytest.mark.parametrize("operation", WITH_BODY, ids=id_of)
async def test_a_body_of_another_type(operation: Operation, before: Before) -> None:
    """415, whatever is in it."""
    for type_ in ("text/plain", "application/xml", "application/json-patch+json", "json", "/", ";"):
        answer = await before.send(operation, content=b"{}", headers={"Content-Type": type_})
        assert (answer.status_code, answer.headers["content-type"]) == (415, PROBLEM), type_
    before.expect_untouched()


NO_GUIDS = (
    "42",
    "null",
    "undefined",
    LETTER[:-1],
    LETTER + "0",
    LETTER.replace("0", "O"),
    "%00",
    "%F0%9F%93%AC",
    "x" * 3000,
)


@pytest.mark.parametrize("operation", WITH_GUIDS, ids=id_of)
async def test_an_id_that_is_no_guid(operation: Operation, before: Before) -> None:
    """400 that names the parameter."""
    name = "correspondenceId" if "{correspondenceId}" in operation.path else "attachmentId"
    body = {"content": json.dumps(ENTRIES[operation.id].examples[0].json or {})} if operation.consumes else {}
    for id_ in NO_GUIDS:
        answer = await before.send(operation, path={name: id_}, **body)
        assert name[:1].upper() + name[1:] in paths_in(answer), id_
    before.expect_untouched()


ODD_DATES: tuple[object, ...] = (
    "",
    " ",
    "yesterday",
    "NaN",
    "2026",
    "2026-13-01",
    "2026-02-30T00:00:00Z",
    "2026-12-01T25:00:00Z",
    "2026-12-01T12:60:00Z",
    "2026-12-01T12:00:00+99:99",
    "2026-12-01T12:00:00 Europe/Oslo",
    "0000-00-00",
    "-2026-12-01",
    "12026-12-01",
    "2026-W10-1",
    "2026-335",
    "20261201",
    "1/2/2026",
    "01.12.2026",
    "٢٠٢٦-١٢-٠١",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00",
    "/Date(1796126400000)/",
    1796126400,
    17.5,
    True,
    [],
    {},
    ["2026-12-01"],
)


@pytest.mark.parametrize("name", ["requestedPublishTime", "dueDateTime"])
async def test_a_date_in_an_odd_form(name: str, before: Before) -> None:
    """400 that names the member."""
    operation = BY_ID["initialise_correspondences"]
    for date in ODD_DATES:
        request = example_of(operation)
        request["correspondence"] = {**request["correspondence"], name: date}
        answer = await before.send(operation, json=request)
        assert paths_in(answer) == {f"Correspondence.{name[:1].upper()}{name[1:]}"}, date
    before.expect_untouched()


@pytest.mark.parametrize("name", ["from", "to"])
async def test_a_date_in_an_odd_form_in_a_query(name: str, before: Before) -> None:
    """The same for a search; an empty one is none at all."""
    for date in (date for date in ODD_DATES if isinstance(date, str) and date.strip()):
        query = {"resourceId": RESOURCE, "role": "Recipient", name: date}
        answer = await before.send(BY_ID["search_correspondences"], params=query)
        assert paths_in(answer) == {name[:1].upper() + name[1:]}, date


NO_TEXTS = {"NUL": "a\x00b", "half of a surrogate pair": "a\ud800b"}


@pytest.mark.parametrize("text", NO_TEXTS.values(), ids=NO_TEXTS)
@pytest.mark.parametrize("operation", OF_JSON, ids=id_of)
async def test_a_character_that_is_no_text(operation: Operation, text: str, before: Before) -> None:
    """Wherever it stands in the request it is refused there: nothing could write it out again."""
    for place, spoilt in spoilt_by(example_of(operation), text):
        answer = await before.send(operation, content=json.dumps(spoilt))
        assert place in {path.lower() for path in paths_in(answer)}, place
    before.expect_untouched()


def spoilt_by(body: dict[str, Any], text: str) -> list[tuple[str, dict[str, Any]]]:
    """The body with this text in the place of each of its texts, with the place as a problem names it."""
    found = []
    for name, value in body.items():
        if isinstance(value, str):
            found.append((name.lower(), {**body, name: text}))
        elif isinstance(value, dict):
            found += [(f"{name.lower()}.{place}", {**body, name: below}) for place, below in spoilt_by(value, text)]
        elif isinstance(value, list) and value and isinstance(value[0], str):
            found.append((name.lower(), {**body, name: [text]}))
    return found


async def test_bidi_characters_are_text(before: Before) -> None:
    """What turns the direction of writing belongs to some languages: it is kept as it was given."""
    title = "Vedtak \u202e\u2066\u200f אבג"
    request = example_of(BY_ID["initialise_correspondences"])
    request["correspondence"]["content"] = {**request["correspondence"]["content"], "messageTitle": title}
    answer = await before.send(BY_ID["initialise_correspondences"], json=request)
    made = answer.json()["correspondences"][0]["correspondenceId"]
    await before.world.settle()
    shown = await before.send(BY_ID["get_correspondence"], path={"correspondenceId": made})
    assert shown.json()["content"]["messageTitle"] == title


async def test_of_a_member_given_twice_the_last_one_counts(before: Before) -> None:
    """However it is spelled; so a good one before a bad one helps nobody."""
    operation = BY_ID["initialise_correspondences"]
    valid = json.dumps(example_of(operation))
    for again in ('"recipients": []', '"Recipients": []', '"RECIPIENTS": null'):
        answer = await before.send(operation, content=f"{valid[:-1]}, {again}}}")
        assert paths_in(answer) == {"Recipients"}
    before.expect_untouched()


def form(*parts: tuple[str, str]) -> bytes:
    lines = [f"--cut\r\nContent-Disposition: form-data; {head}\r\n\r\n{text}\r\n" for head, text in parts]
    return ("".join(lines) + "--cut--\r\n").encode()


WHOLE = form(
    *((f'name="{name}"', text) for name, text in (ENTRIES["upload_correspondences"].examples[0].form or {}).items()),
    ('name="attachments"; filename="vedtak.pdf"', "%PDF"),
)
HALVES: Mapping[str, bytes] = {
    "nothing": b"",
    "without a part": b"--cut--\r\n",
    "cut in a file": WHOLE[: WHOLE.index(b"%PDF") + 2],
    "cut in the head of a part": WHOLE[: WHOLE.index(b"filename")],
    "cut before its last boundary": WHOLE[: -len("--cut--\r\n")],
    "of another boundary": WHOLE.replace(b"--cut", b"--other"),
    "no form at all": b'{"recipients": []}',
    "a part without a name": form(("", "x")),
    "a part with a long head": form((f'name="{"n" * 20_000}"', "x")),
    "a hundred heads": b"--cut\r\n" + b"X-A: b\r\n" * 100 + b"\r\nx\r\n--cut--\r\n",
    "NUL in a name": form(('name="Recipients\x00[0]"', "01838510058")),
    "NUL in a value": WHOLE.replace(b"Se vedlegget", b"Se \x00"),
}


async def test_the_half_of_a_form(before: Before) -> None:
    """A form that ends too early, or is none, says so; no file of it is kept."""
    headers = {"Content-Type": f"{FORM}; boundary=cut"}
    for name, body in HALVES.items():
        answer = await before.send(BY_ID["upload_correspondences"], content=body, headers=headers)
        assert paths_in(answer), name
    before.expect_untouched()


@pytest.mark.parametrize("boundary", ["", "; boundary=", "; boundary=" + "b" * 5000, "; charset=utf-8"])
async def test_a_form_without_a_boundary(boundary: str, before: Before) -> None:
    """Nobody can tell its parts."""
    headers = {"Content-Type": FORM + boundary}
    assert paths_in(await before.send(BY_ID["upload_correspondences"], content=WHOLE, headers=headers)) == {"$"}
    before.expect_untouched()


async def test_a_form_of_ten_thousand_fields(before: Before) -> None:
    """More than any message has: 413."""
    assert MAX_FIELDS < 10_000
    body = form(*((f'name="Recipients[{i}]"', "01838510058") for i in range(10_000)))
    headers = {"Content-Type": f"{FORM}; boundary=cut"}
    answer = await before.send(BY_ID["upload_correspondences"], content=body, headers=headers)
    assert (answer.status_code, answer.json()["errorCode"]) == (413, 7004)
    before.expect_untouched()


async def test_a_range_in_every_odd_form_gives_the_file(before: Before) -> None:
    """What is no single range means all of it; what is outside the file is 416."""
    operation = BY_ID["download_correspondence_attachment"]
    path = {"correspondenceId": LETTER, "attachmentId": FILE}
    for odd in ("bytes", "bytes=", "bytes=-", "bytes=2-1", "bytes=a-b", "lines=0-1", "bytes=0-1,3-4", "bytes=٠-١"):
        answer = await before.send(operation, path=path, headers={"Range": odd.encode()})
        assert (answer.status_code, answer.content) == (200, b"%PDF-1.7 vedtak"), odd
    for outside in ("bytes=15-", "bytes=99-100", "bytes=-0"):
        assert (await before.send(operation, path=path, headers={"Range": outside})).status_code == 416
