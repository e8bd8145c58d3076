"""The Dialogporten client against the strict stand-in, with tokens by the JWT grant; the fake under the same suite."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from local.services.context import Context
from shared.adapters import dialogporten
from shared.adapters.dialogporten import DialogportenClient
from shared.adapters.maskinporten import MaskinportenTokens
from shared.domain.correspondence import AttachmentUse, ExternalReference, ReferenceType
from shared.domain.dialog import activity as dialog_activity
from shared.domain.dialog import create_transmission, transmission_id
from shared.domain.errors import Rejected, Unavailable
from shared.domain.facts import FactType
from shared.domain.identifiers import PartyUrn, ResourceId, uuid7
from shared.ports import Dialogs, KnownDialog
from tests.builders import attachment, content, fact, published
from tests.fakes.neighbours import FakeDialogs

SCOPE = "digdir:dialogporten.serviceprovider altinn:serviceowner"
BASE = "https://correspondence.localhost/correspondence/api/v1/correspondence/1"


def new_id() -> str:
    return uuid7(datetime.now(UTC), uuid.uuid4().bytes)


def localised(text: str) -> list[dict[str, str]]:
    return [{"languageCode": "nb", "value": text}]


def gui(path: str, priority: str, verb: str = "POST") -> dict[str, Any]:
    return {
        "action": "read",
        "url": f"{BASE}{path}",
        "httpMethod": verb,
        "priority": priority,
        "title": localised("Gjør det"),
    }


def api(path: str, verb: str = "POST") -> dict[str, Any]:
    return {"action": "read", "endpoints": [{"url": f"{BASE}{path}", "httpMethod": verb}]}


def dialog(**changes: Any) -> dict[str, Any]:
    """A dialog that wants a confirmation, with other actions around."""
    return {
        "id": new_id(),
        "serviceResource": "urn:altinn:resource:example-letters",
        "party": "urn:altinn:person:identifier-no:01838510058",
        "status": "RequiresAttention",
        "content": {"title": {"mediaType": "text/plain", "value": localised("Vedtak")}},
        "guiActions": [gui("/a", "Secondary"), gui("/confirm", "Primary"), gui("/purge", "Tertiary", "DELETE")],
        "apiActions": [api("/confirm"), api("", "GET"), api("/purge", "DELETE")],
        **changes,
    }


def activity() -> dict[str, Any]:
    return {
        "id": new_id(),
        "type": "CorrespondenceOpened",
        "performedBy": {
            "actorType": "PartyRepresentative",
            "actorId": "urn:altinn:person:identifier-no:01838510058",
        },
    }


def transmission() -> dict[str, Any]:
    return {
        "id": new_id(),
        "type": "Information",
        "sender": {"actorType": "ServiceOwner"},
        "content": {"title": {"mediaType": "text/plain", "value": localised("Vedtak")}},
    }


def tokens(here: Context, **changes: Any) -> MaskinportenTokens:
    valid: dict[str, Any] = {
        "token_url": f"{here.base_url}/token",
        "exchange_url": f"{here.base_url}/authentication/api/v1/exchange/maskinporten",
        "client_id": "310001007",
        "jwk": here.secrets.maskinporten_jwk,
        "scope": SCOPE,
        "clock": here.clock.now,
    }
    return MaskinportenTokens(**{**valid, **changes})


@pytest.fixture
async def token(here: Context) -> AsyncIterator[MaskinportenTokens]:
    """Tokens of the service owner."""
    made = tokens(here)
    yield made
    await made.close()


@pytest.fixture
async def client(here: Context, token: MaskinportenTokens) -> AsyncIterator[DialogportenClient]:
    """The real adapter."""
    made = DialogportenClient(f"{here.base_url}/dialogporten", token)
    yield made
    await made.close()


@pytest.fixture(params=["real", "fake"])
def either(request: pytest.FixtureRequest) -> Dialogs:
    """The real adapter and the fake."""
    real: Dialogs = request.getfixturevalue("client")
    return real if request.param == "real" else FakeDialogs()


async def shown(http: httpx.AsyncClient, id_: str) -> dict[str, Any]:
    body: dict[str, Any] = (await http.get(f"/dialogs/{id_}")).json()
    return body


async def fault(http: httpx.AsyncClient, **plan: Any) -> None:
    (await http.post("/faults", json={"part": "dialogporten", **plan})).raise_for_status()


async def test_done_twice_is_done_once(either: Dialogs) -> None:
    """Every call may be repeated; only the first delete says that it did something."""
    wanted, opened = dialog(), activity()
    for _ in range(2):
        await either.create(wanted)
        await either.add_activity(wanted["id"], opened)
        await either.close_confirmation(wanted["id"])
        await either.set_labels(wanted["id"], {"addLabels": ["Archive"], "performedBy": opened["performedBy"]})
    assert [await either.delete(wanted["id"]), await either.delete(wanted["id"])] == [True, False]
    for _ in range(2):
        await either.purge(wanted["id"])
    assert not await either.delete(wanted["id"])


async def test_a_transmission_is_added_once(either: Dialogs) -> None:
    """To a living dialog only: a deleted one refuses it."""
    wanted, sent = dialog(), transmission()
    await either.create(wanted)
    for _ in range(2):
        await either.add_transmission(wanted["id"], sent)
    await either.delete(wanted["id"])
    with pytest.raises(Rejected):
        await either.add_transmission(wanted["id"], transmission())


async def test_a_dialog_is_found_while_it_lives(either: Dialogs) -> None:
    """With its party, its resource and its owner's code; not one that is deleted, purged or was never there."""
    wanted = dialog()
    assert await either.find(wanted["id"]) is None
    await either.create(wanted)
    assert await either.find(wanted["id"]) == KnownDialog(
        party=PartyUrn(wanted["party"]), resource_id=ResourceId("example-letters"), owner_code="exa"
    )
    await either.delete(wanted["id"])
    assert await either.find(wanted["id"]) is None
    await either.purge(wanted["id"])
    assert await either.find(wanted["id"]) is None


async def test_a_message_is_a_transmission_that_dialogporten_takes(
    client: DialogportenClient, http: httpx.AsyncClient
) -> None:
    """As the domain writes it, with a file, a type by number and who sends it; its opening is told by its id."""
    there = dialog()
    await client.create(there)
    dialog_reference = ExternalReference(ReferenceType.DIALOG_ID, there["id"])
    type_reference = ExternalReference(ReferenceType.TRANSMISSION_TYPE, "6")
    now, file = datetime.now(UTC), attachment()
    use = AttachmentUse(file.id, now + timedelta(days=2))
    state = replace(
        published(external_references=(dialog_reference, type_reference), created=now, attachments=(use,)),
        published=now,
    )
    body = create_transmission(
        state, content(), [(use, file)], base_url="https://c.example", plain=lambda text: text, now=now
    )
    await client.add_transmission(there["id"], body)
    opened = dialog_activity(fact(type=FactType.READ, at=now, details={"by": there["party"]}), state)
    assert opened is not None
    await client.add_activity(there["id"], opened)
    now_shown = await shown(http, there["id"])
    (kept,) = now_shown["transmissions"]
    assert (kept["id"], kept["type"], kept["isOpened"]) == (transmission_id(state), "Decision", True)
    assert kept["sender"]["actorName"] == "Example Agency"
    assert kept["attachments"][0]["urls"][0]["url"].endswith(f"/attachment/{file.id}/download")


async def test_closing_removes_the_confirm_actions_only(client: DialogportenClient, http: httpx.AsyncClient) -> None:
    """The confirm actions go, the others stay in order, the status becomes NotApplicable."""
    wanted = dialog()
    await client.create(wanted)
    await client.add_activity(wanted["id"], activity())
    await client.close_confirmation(wanted["id"])
    now = await shown(http, wanted["id"])
    assert [action["url"] for action in now["guiActions"]] == [f"{BASE}/a", f"{BASE}/purge"]
    assert [action["endpoints"][0]["url"] for action in now["apiActions"]] == [BASE, f"{BASE}/purge"]
    assert now["status"] == "NotApplicable"
    assert [entry["type"] for entry in now["activities"]] == ["CorrespondenceOpened"]


async def test_labels_are_what_was_put_on_last(client: DialogportenClient, http: httpx.AsyncClient) -> None:
    """One place, and the mark beside it; repeating changes nothing, a dialog that is gone takes none."""
    wanted, actor = dialog(), activity()["performedBy"]
    await client.create(wanted)
    mark = "MarkedAsUnopened"
    for place, marked in (("Archive", True), ("Archive", False), ("Default", True)):
        labels = {"addLabels": [place, mark] if marked else [place], "removeLabels": [] if marked else [mark]}
        for _ in range(2):
            await client.set_labels(wanted["id"], {**labels, "performedBy": actor})
        shown_labels = (await shown(http, wanted["id"]))["endUserContext"]["systemLabels"]
        assert sorted(shown_labels) == sorted(labels["addLabels"])
    await client.delete(wanted["id"])
    await client.set_labels(wanted["id"], {**labels, "performedBy": actor})
    await client.set_labels(new_id(), {**labels, "performedBy": actor})


async def test_nothing_to_close_changes_nothing(client: DialogportenClient, http: httpx.AsyncClient) -> None:
    """A dialog without confirm actions keeps its revision; a dialog that is not there is fine."""
    wanted = dialog(status="NotApplicable", guiActions=[], apiActions=[])
    await client.create(wanted)
    before = await shown(http, wanted["id"])
    await client.close_confirmation(wanted["id"])
    assert await shown(http, wanted["id"]) == before
    await client.close_confirmation(new_id())


async def test_a_lost_race_is_run_again(client: DialogportenClient, http: httpx.AsyncClient) -> None:
    """A 412 makes it read the dialog again; a second one is Unavailable."""
    wanted = dialog()
    await client.create(wanted)
    calls = await _patches_refused(client, times=1)
    await client.close_confirmation(wanted["id"])
    assert calls == ["GET", "PATCH", "GET", "PATCH"]
    assert (await shown(http, wanted["id"]))["status"] == "NotApplicable"
    other = dialog()
    await client.create(other)
    await _patches_refused(client, times=2)
    with pytest.raises(Unavailable):
        await client.close_confirmation(other["id"])


async def test_a_refused_dialog_is_rejected(client: DialogportenClient) -> None:
    """400 is Rejected with the status, and says nothing of the dialog."""
    with pytest.raises(Rejected) as caught:
        await client.create(dialog(status="Opened"))
    assert caught.value.reason == "status 400"
    with pytest.raises(Rejected):
        await client.add_activity(new_id(), activity())


async def test_the_key_of_another_dialog_is_rejected(client: DialogportenClient) -> None:
    """A 409 that names another dialog's id is no success; one that names ours is."""
    first = dialog(idempotentKey=str(uuid.uuid4()))
    await client.create(first)
    await client.create(first)
    with pytest.raises(Rejected):
        await client.create(dialog(idempotentKey=first["idempotentKey"]))


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_busy_is_unavailable_with_the_wait(
    status: int, client: DialogportenClient, http: httpx.AsyncClient
) -> None:
    """The wait is taken from Retry-After, and nothing is tried again by the client itself."""
    await fault(http, status=status, retryAfter=11)
    wanted = dialog()
    with pytest.raises(Unavailable) as caught:
        await client.create(wanted)
    assert caught.value.retry_after == timedelta(seconds=11)
    await client.create(wanted)


async def test_a_lost_answer_is_unavailable_and_can_be_repeated(
    client: DialogportenClient, http: httpx.AsyncClient
) -> None:
    """Created without our hearing of it: the repeat finds the id and is content."""
    wanted = dialog()
    await fault(http, lost=True)
    with pytest.raises(Unavailable):
        await client.create(wanted)
    await client.create(wanted)
    assert (await shown(http, wanted["id"]))["id"] == wanted["id"]


async def test_a_date_in_retry_after_is_understood() -> None:
    """Maintenance answers 503 with an HTTP date."""
    later = datetime.now(UTC) + timedelta(minutes=5)

    def maintenance(_: httpx.Request) -> httpx.Response:
        return httpx.Response(503, headers={"Retry-After": format_datetime(later, usegmt=True)})

    client = DialogportenClient("https://dialogporten.example", _no_token)
    client._client = httpx.AsyncClient(transport=httpx.MockTransport(maintenance))
    with pytest.raises(Unavailable) as caught:
        await client.delete(new_id())
    assert caught.value.retry_after is not None
    assert timedelta(minutes=4) < caught.value.retry_after <= timedelta(minutes=5)
    await client.close()


async def test_one_grant_serves_many_calls(here: Context) -> None:
    """Twenty callers at once get the same token by one grant and one exchange."""
    made = tokens(here)
    requests = _counted(made)
    assert len(set(await asyncio.gather(*(made() for _ in range(20))))) == 1
    assert requests == ["POST", "GET"]
    await made.close()


async def test_a_token_is_replaced_a_minute_before_it_ends(here: Context) -> None:
    """By our clock: at 59 s before its end there is a new one, at 61 s the old one."""
    start = now = datetime.now(UTC)
    grants = 0

    def grant(_: httpx.Request) -> httpx.Response:
        nonlocal grants
        grants += 1
        return httpx.Response(200, json={"access_token": f"token-{grants}", "expires_in": 600})

    made = tokens(here, exchange_url="", clock=lambda: now)
    made._client = httpx.AsyncClient(transport=httpx.MockTransport(grant))
    assert await made() == "token-1"
    now = start + timedelta(seconds=539)
    assert await made() == "token-1"
    now = start + timedelta(seconds=541)
    assert await made() == "token-2"
    await made.close()


async def test_without_an_exchange_the_grant_itself_is_the_token(here: Context) -> None:
    """No exchange URL: the Maskinporten token is used as it is."""
    made = tokens(here, exchange_url="")
    requests = _counted(made)
    assert (await made()).count(".") == 2
    assert requests == ["POST"]
    await made.close()


async def test_a_refused_grant_is_unavailable(here: Context) -> None:
    """It is our configuration that is wrong: what was to be done must wait, not be dropped."""
    made = tokens(here, scope=" ")
    with pytest.raises(Unavailable):
        await made()
    await made.close()


async def _no_token() -> str:
    return "token"


def _counted(made: MaskinportenTokens) -> list[str]:
    methods: list[str] = []

    async def note(request: httpx.Request) -> None:
        methods.append(request.method)

    made._client = httpx.AsyncClient(event_hooks={"request": [note]}, timeout=20)
    return methods


async def _patches_refused(client: DialogportenClient, *, times: int) -> list[str]:
    """Let the next PATCHes lose their race, by an If-Match that cannot hold. Returns the methods as they come."""
    methods: list[str] = []
    left = times

    async def spoil(request: httpx.Request) -> None:
        nonlocal left
        methods.append(request.method)
        if request.method == "PATCH" and left:
            left -= 1
            request.headers["If-Match"] = str(uuid.uuid4())

    await client.close()
    client._client = httpx.AsyncClient(event_hooks={"request": [spoil]}, timeout=dialogporten._TIMEOUT_SECONDS)
    return methods
