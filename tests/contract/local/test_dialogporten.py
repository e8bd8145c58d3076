"""The Dialogporten stand-in refuses what the real one refuses."""

import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from local.services.context import Context
from local.services.dialog_store import new_id
from tests.contract.local.conftest import DIALOGS

PERSON = "urn:altinn:person:identifier-no:01838510058"
EMBED = "application/vnd.dialogporten.frontchannelembed-url;type=text/markdown"
type Body = dict[str, Any]


def texts(value: str = "Text", language: str = "nb") -> list[Body]:
    return [{"languageCode": language, "value": value}]


def content(value: str = "Text", media_type: str = "text/plain") -> Body:
    return {"mediaType": media_type, "value": texts(value)}


def fresh_id() -> str:
    return new_id(datetime.now(UTC))


def at(**ahead: float) -> str:
    return (datetime.now(UTC) + timedelta(**ahead)).isoformat()


def gui_action(**change: Any) -> Body:
    action = {"action": "read", "url": "https://a.example/x", "priority": "Primary", "title": texts("Go")}
    return {**action, "httpMethod": "POST", **change}


def dialog(**change: Any) -> Body:
    return {
        "id": fresh_id(),
        "serviceResource": "urn:altinn:resource:example-letters",
        "party": PERSON.upper().replace("URN:ALTINN:PERSON:IDENTIFIER-NO", "urn:altinn:person:identifier-no"),
        "status": "RequiresAttention",
        "content": {"title": content("Title"), "mainContentReference": content("https://a.example/content", EMBED)},
        **change,
    }


def activity(kind: str = "DialogOpened", **change: Any) -> Body:
    return {"id": fresh_id(), "type": kind, "performedBy": {"actorType": "ServiceOwner"}, **change}


def transmission(**change: Any) -> Body:
    sender = {"actorType": "ServiceOwner"}
    return {"id": fresh_id(), "type": "Information", "sender": sender, "content": {"title": content()}, **change}


class Api:
    """The calls of a service owner."""

    def __init__(self, http: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self.http, self.headers = http, headers

    async def __call__(self, method: str, path: str = "", body: Any = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.request(method, f"{DIALOGS}{path}", json=body, headers={**self.headers, **named})

    async def made(self, **change: Any) -> str:
        answer = await self("POST", "", dialog(**change))
        assert answer.status_code == 201, answer.text
        return str(answer.json())


@pytest.fixture
def api(http: httpx.AsyncClient, provider: dict[str, str]) -> Api:
    return Api(http, provider)


async def test_create_and_get(api: Api, http: httpx.AsyncClient) -> None:
    """A new dialog answers 201 with its id, Location and ETag, and GET gives it back with that revision."""
    wanted = dialog(idempotentKey=str(uuid.uuid4()), searchTags=[{"value": "abc"}], guiActions=[gui_action()])
    made = await api("POST", "", wanted)
    assert (made.status_code, made.json()) == (201, wanted["id"])
    assert made.headers["location"].endswith(f"{DIALOGS}/{wanted['id']}")
    got = await api("GET", f"/{wanted['id']}")
    body = got.json()
    assert body["revision"] == made.headers["etag"] == got.headers["etag"]
    assert (body["party"], body["status"], body["org"]) == (PERSON, "RequiresAttention", "exa")
    assert (body["activities"], body["transmissions"], body["deletedAt"]) == ([], [], None)
    assert body["content"]["title"] == content("Title")
    assert (await http.get(f"/dialogs/{wanted['id']}")).json() == body
    assert wanted["id"] in [one["id"] for one in (await http.get("/dialogs", params={"party": PERSON})).json()]


async def test_who_may_call(http: httpx.AsyncClient) -> None:
    """No token and a foreign one get 401, a token without the scope 403."""
    without = (await http.get("/token/enterprise", params={"orgNo": "310001007", "scopes": "altinn:serviceowner"})).text
    for headers, status in (
        ({}, 401),
        ({"Authorization": "Bearer abc"}, 401),
        ({"Authorization": f"Bearer {without}"}, 403),
    ):
        assert (await http.post(DIALOGS, json=dialog(), headers=headers)).status_code == status


def ahead_id() -> str:
    return new_id(datetime.now(UTC) + timedelta(seconds=60))


BAD: list[tuple[str, Callable[[], Body]]] = [
    ("unknown field", lambda: {"colour": "red"}),
    ("bad status", lambda: {"status": "Opened"}),
    ("id of version 4", lambda: {"id": str(uuid.uuid4())}),
    ("id from the future", lambda: {"id": ahead_id()}),
    ("no title", lambda: {"content": {"summary": content()}}),
    ("long title", lambda: {"content": {"title": content("x" * 256)}}),
    ("title as Markdown", lambda: {"content": {"title": content("x", "text/markdown")}}),
    ("long info", lambda: {"content": {"title": content(), "additionalInfo": content("x" * 1024)}}),
    (
        "http reference",
        lambda: {"content": {"title": content(), "mainContentReference": content("http://a.b/c", EMBED)}},
    ),
    ("language twice", lambda: {"content": {"title": {"mediaType": "text/plain", "value": texts() + texts("y")}}}),
    ("language no", lambda: {"content": {"title": {"mediaType": "text/plain", "value": texts("x", "no")}}}),
    ("two primary", lambda: {"guiActions": [gui_action(), gui_action()]}),
    ("six tertiary", lambda: {"guiActions": [gui_action(priority="Tertiary")] * 6}),
    ("http action", lambda: {"guiActions": [gui_action(url="http://a.example/")]}),
    ("media type in a title", lambda: {"guiActions": [gui_action(title=[{**texts()[0], "mediaType": "text/plain"}])]}),
    ("short tag", lambda: {"searchTags": [{"value": "ab"}]}),
    ("tag twice", lambda: {"searchTags": [{"value": "abc"}, {"value": "ABC"}]}),
    ("long key", lambda: {"idempotentKey": "x" * 37}),
    ("created in the future", lambda: {"createdAt": at(minutes=5)}),
    ("updated without created", lambda: {"updatedAt": at(minutes=-5)}),
    ("due before visible", lambda: {"visibleFrom": at(days=2), "dueAt": at(days=1)}),
    ("expires before due", lambda: {"dueAt": at(days=2), "expiresAt": at(days=1)}),
    ("bad party", lambda: {"party": "urn:altinn:person:identifier-no:01838510059"}),
    ("bad resource", lambda: {"serviceResource": "example-letters"}),
    ("no urls", lambda: {"attachments": [{"displayName": texts(), "urls": []}]}),
    ("label Sent", lambda: {"systemLabel": "Sent"}),
    ("21 labels", lambda: {"serviceOwnerContext": {"serviceOwnerLabels": [{"value": f"l{n:02}"} for n in range(21)]}}),
    ("described opening", lambda: {"activities": [activity(description=texts())]}),
    ("bare information", lambda: {"activities": [activity("Information")]}),
    ("named owner", lambda: {"activities": [activity(performedBy={"actorType": "ServiceOwner", "actorName": "A"})]}),
    ("nameless party", lambda: {"activities": [activity(performedBy={"actorType": "PartyRepresentative"})]}),
    ("opening of nothing", lambda: {"activities": [activity("TransmissionOpened")]}),
]


@pytest.mark.parametrize("change", [change for _, change in BAD], ids=[name for name, _ in BAD])
async def test_bad_dialogs(api: Api, change: Callable[[], Body]) -> None:
    """What breaks a shape or a limit gets 400 with the fields that are wrong."""
    answer = await api("POST", "", dialog(**change()))
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["errors"]


@pytest.mark.parametrize("name", ["dueAt", "expiresAt", "visibleFrom"])
async def test_past_dates_break_a_rule_of_the_domain(api: Api, name: str) -> None:
    """A date that must lie ahead gets 422 when it does not, and is taken when the change is silent."""
    assert (await api("POST", "", dialog(**{name: at(days=-1)}))).status_code == 422
    assert (await api("POST", "?isSilentUpdate=true", dialog(**{name: at(days=-1)}))).status_code == 201


async def test_longer_texts_need_their_scope(api: Api, http: httpx.AsyncClient) -> None:
    """With the scope for correspondence a title may have 512 characters."""
    scopes = "digdir:dialogporten.serviceprovider digdir:dialogporten.correspondence"
    token = (await http.get("/token/enterprise", params={"orgNo": "310001007", "scopes": scopes})).text
    longer = Api(http, {"Authorization": f"Bearer {token}"})
    for length, status in ((512, 201), (513, 400)):
        assert (await longer("POST", "", dialog(content={"title": content("x" * length)}))).status_code == status


async def test_taken_ids_and_keys(api: Api) -> None:
    """A taken id gets 422 that says so, a taken idempotent key 409 that names the dialog."""
    wanted = dialog(idempotentKey=str(uuid.uuid4()))
    assert (await api("POST", "", wanted)).status_code == 201
    same_key = await api("POST", "", {**wanted, "id": fresh_id()})
    assert (same_key.status_code, wanted["id"] in same_key.text) == (409, True)
    same_id = await api("POST", "", {**wanted, "idempotentKey": None})
    assert (same_id.status_code, "already exists" in same_id.text) == (422, True)


async def test_patch(api: Api) -> None:
    """A JSON Patch under the right revision changes the dialog; another revision gets 412."""
    made = await api.made(guiActions=[gui_action(), gui_action(priority="Tertiary", httpMethod="DELETE")])
    before = (await api("GET", f"/{made}")).json()
    patch = [
        {"op": "remove", "path": "/guiActions/0"},
        {"op": "replace", "path": "/status", "value": "NotApplicable"},
        {"op": "add", "path": "/activities/-", "value": activity()},
    ]
    assert (await api("PATCH", f"/{made}", patch, If_Match=str(uuid.uuid4()))).status_code == 412
    changed = await api("PATCH", f"/{made}", patch, If_Match=before["revision"])
    assert (changed.status_code, changed.content) == (204, b"")
    after = (await api("GET", f"/{made}")).json()
    assert after["revision"] == changed.headers["etag"] != before["revision"]
    assert (after["status"], after["guiActions"]) == ("NotApplicable", before["guiActions"][1:])
    assert (len(after["activities"]), after["updatedAt"] > before["updatedAt"]) == (1, True)


async def test_silent_patch_keeps_the_time_of_update(api: Api) -> None:
    """A silent change gives a new revision and leaves updatedAt alone."""
    made = await api.made()
    before = (await api("GET", f"/{made}")).json()
    patch = [{"op": "replace", "path": "/status", "value": "Completed"}]
    assert (await api("PATCH", f"/{made}?isSilentUpdate=true", patch)).status_code == 204
    after = (await api("GET", f"/{made}")).json()
    assert (after["updatedAt"], after["status"]) == (before["updatedAt"], "Completed")
    assert after["revision"] != before["revision"]


@pytest.mark.parametrize(
    "patch",
    [
        {"op": "remove", "path": "/guiActions/0"},
        [{"op": "remove", "path": "/guiActions/0"}],
        [{"op": "replace", "path": "/status", "value": "Opened"}],
        [{"op": "add", "path": "/party", "value": PERSON}],
        [{"op": "remove", "path": "/content/title"}],
    ],
)
async def test_bad_patches(api: Api, patch: Any) -> None:
    """A patch that is none, does not apply, or leads to a bad dialog gets 400 and changes nothing."""
    made = await api.made()
    revision = (await api("GET", f"/{made}")).json()["revision"]
    assert (await api("PATCH", f"/{made}", patch)).status_code == 400
    assert (await api("GET", f"/{made}")).json()["revision"] == revision


async def test_put_replaces(api: Api) -> None:
    """PUT replaces what can be updated and keeps activities."""
    made = await api.made(searchTags=[{"value": "abc"}], activities=[activity("DialogCreated")])
    body = {"status": "Completed", "content": {"title": content("New")}}
    assert (await api("PUT", f"/{made}", body)).status_code == 204
    after = (await api("GET", f"/{made}")).json()
    assert (after["searchTags"], len(after["activities"])) == ([], 1)
    assert after["content"] == {"title": content("New")}


async def test_activities_and_transmissions(api: Api) -> None:
    """Both are added, opened transmissions show it, and taken ids and keys are refused."""
    made = await api.made()
    sent = transmission(idempotentKey="key-1")
    answer = await api("POST", f"/{made}/transmissions", sent)
    assert (answer.status_code, answer.json()) == (201, sent["id"])
    assert (await api("POST", f"/{made}/transmissions", {**sent, "id": fresh_id()})).status_code == 409
    opened = activity("TransmissionOpened", transmissionId=sent["id"])
    assert (await api("POST", f"/{made}/activities?isSilentUpdate=true", opened)).status_code == 201
    again = await api("POST", f"/{made}/activities", opened)
    assert (again.status_code, "already exists" in again.text) == (422, True)
    unknown = activity("TransmissionOpened", transmissionId=fresh_id())
    assert (await api("POST", f"/{made}/activities", unknown)).status_code == 422
    body = (await api("GET", f"/{made}")).json()
    assert [entry["isOpened"] for entry in body["transmissions"]] == [True]
    assert [entry["id"] for entry in body["activities"]] == [opened["id"]]


async def test_delete_restore_purge(api: Api, http: httpx.AsyncClient) -> None:
    """A soft-deleted dialog can be read, not written; restored it can be written; purged it is gone for good."""
    made = await api.made()
    assert (await api("DELETE", f"/{made}")).status_code == 204
    assert (await http.get(f"/dialogs/{made}")).json()["deletedAt"]
    for method, path, body in (("DELETE", "", None), ("PATCH", "", []), ("POST", "/activities", activity())):
        assert (await api(method, f"/{made}{path}", body)).status_code == 410
    assert (await api("POST", f"/{made}/actions/restore")).status_code == 204
    assert (await api("POST", f"/{made}/activities", activity())).status_code == 201
    assert (await api("POST", f"/{made}/actions/purge", None, If_Match=str(uuid.uuid4()))).status_code == 412
    assert (await api("POST", f"/{made}/actions/purge")).status_code == 204
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/actions/purge"), ("POST", "/actions/restore")):
        assert (await api(method, f"/{made}{path}")).status_code == 404
    assert (await http.get(f"/dialogs/{made}")).status_code == 404
    assert (await api("POST", "", dialog(id=made))).status_code == 201


async def test_system_labels(api: Api) -> None:
    """Of Default, Bin and Archive a dialog has the last one added; an update for all to see brings it back."""
    made = await api.made()
    path = f"/{made}/endusercontext/systemlabels?enduserId={PERSON}"
    assert (await api("PUT", path, {"addLabels": ["Bin", "Archive", "MarkedAsUnopened"]})).status_code == 204
    assert (await api("GET", f"/{made}")).json()["endUserContext"]["systemLabels"] == ["Archive", "MarkedAsUnopened"]
    assert (await api("PUT", path, {"removeLabels": ["MarkedAsUnopened"]})).status_code == 204
    assert (await api("PUT", path, {"addLabels": ["Sent"]})).status_code == 400
    assert (await api("PUT", path.partition("?")[0], {"addLabels": ["Bin"]})).status_code == 400
    assert (await api("PUT", path, {"addLabels": ["Bin"]}, If_Match=str(uuid.uuid4()))).status_code == 412
    assert (await api("GET", f"/{made}")).json()["systemLabel"] == "Archive"
    assert (await api("PATCH", f"/{made}", [])).status_code == 204
    assert (await api("GET", f"/{made}")).json()["systemLabel"] == "Default"


async def test_notification_condition(api: Api) -> None:
    """The condition holds as asked while the dialog lives, and never once it is deleted."""
    made = await api.made()
    path = f"/{made}/actions/should-send-notification?conditionType={{}}&activityType=CorrespondenceOpened"
    asked = [(await api("GET", path.format(kind))).json()["sendNotification"] for kind in ("NotExists", "Exists")]
    await api("POST", f"/{made}/activities", activity("CorrespondenceOpened"))
    asked += [(await api("GET", path.format(kind))).json()["sendNotification"] for kind in ("NotExists", "Exists")]
    await api("DELETE", f"/{made}")
    asked += [(await api("GET", path.format(kind))).json()["sendNotification"] for kind in ("NotExists", "Exists")]
    assert asked == [True, False, False, True, False, False]
    assert (await api("GET", path.format("Maybe"))).status_code == 400


async def test_planned_faults(api: Api, http: httpx.AsyncClient) -> None:
    """A planned fault answers as many calls as asked for."""
    made = await api.made()
    await http.post("/faults", json={"part": "dialogporten", "status": 503, "times": 1, "retryAfter": 2})
    answer = await api("GET", f"/{made}")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert (await api("GET", f"/{made}")).status_code == 200


async def test_the_stacks_clock_judges(own: tuple[Context, httpx.AsyncClient]) -> None:
    """After the clock has moved a month, what lay ahead lies behind, and ids of that day are taken."""
    here, http = own
    due = at(days=10)
    await http.post("/clock", json={"advance": "P30D"})
    query = {"orgNo": "310001007", "scopes": "digdir:dialogporten.serviceprovider"}
    moved = Api(http, {"Authorization": f"Bearer {(await http.get('/token/enterprise', params=query)).text}"})
    assert (await moved("POST", "", dialog(dueAt=due))).status_code == 422
    made = await moved("POST", "", dialog(id=new_id(here.clock.now())))
    assert made.status_code == 201
    created = (await moved("GET", f"/{made.json()}")).json()["createdAt"]
    assert datetime.fromisoformat(created).timestamp() > time.time() + 29 * 86400


async def test_too_big_a_body(http: httpx.AsyncClient, provider: dict[str, str]) -> None:
    """A body over 20 MB gets 413 without errors."""
    answer = await http.post(DIALOGS, content=b"x" * 20_000_001, headers=provider)
    assert (answer.status_code, "errors" in answer.json()) == (413, False)
