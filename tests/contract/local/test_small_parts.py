"""Webhook catcher, clock, seeds and pages of the stand-ins."""

import uuid
from datetime import datetime

import httpx
import pytest

from local import seeds
from local.addresses import ROOT
from local.services.app import make_app
from local.services.context import Context

PARTIES = {
    "310001007",
    "310002003",
    "311001000",
    "312001012",
    "313001008",
    "01838510058",
    "24847110186",
    "12829010001",
    "30880050032",
    "05819910016",
}
RESOURCES = {
    ("correspondence-bruksmonstertester-ressurs", "310001007", "CorrespondenceService"),
    ("example-letters", "310001007", "CorrespondenceService"),
    ("example-confidential", "310001007", "CorrespondenceService"),
    ("example-attachments", "310001007", "CorrespondenceService"),
    ("second-letters", "310002003", "CorrespondenceService"),
    ("example-level4", "310001007", "CorrespondenceService"),
    ("example-access", "310001007", "GenericAccessResource"),
    ("app_exa_permit", "310001007", "AltinnApp"),
}


async def test_a_hook_consents_takes_and_fails_on_request(http: httpx.AsyncClient) -> None:
    """A hook answers the handshake and deliveries, fails as often as planned, and shows all calls in order."""
    name = uuid.uuid4().hex
    handshake = await http.options(f"/hook/{name}", headers={"WebHook-Request-Origin": "a.example"})
    assert handshake.status_code == 200
    assert handshake.headers["webhook-allowed-origin"] == handshake.headers["webhook-allowed-rate"] == "*"
    assert (await http.post(f"/hooks/{name}", json={"status": 500, "times": 2})).status_code == 200
    sent = [
        await http.post(f"/hook/{name}", content=f'{{"n":{n}}}', headers={b"X-Extra": "Æ".encode()}) for n in range(3)
    ]
    assert [answer.status_code for answer in sent] == [500, 500, 200]
    calls = (await http.get(f"/hooks/{name}")).json()
    assert [(call["method"], call["status"]) for call in calls] == [
        ("OPTIONS", 200),
        ("POST", 500),
        ("POST", 500),
        ("POST", 200),
    ]
    assert set(calls[0]) == {"at", "method", "path", "headers", "body", "status"}
    assert calls[0]["headers"]["webhook-request-origin"] == "a.example"
    assert (calls[3]["path"], calls[3]["body"]) == (f"/hook/{name}", '{"n":2}')


async def test_an_unknown_hook_has_no_calls(http: httpx.AsyncClient) -> None:
    """A name that nobody has called shows an empty list."""
    assert (await http.get("/hooks/nobody")).json() == []


async def test_a_plan_that_makes_no_sense(http: httpx.AsyncClient) -> None:
    """A plan with an unknown field or an impossible status gets 400."""
    for plan in ({"status": 42}, {"colour": "red"}):
        assert (await http.post("/hooks/any", json=plan)).status_code == 400


async def test_the_clock_goes_forward_only(own: tuple[Context, httpx.AsyncClient]) -> None:
    """The clock moves by what is asked, keeps it in its file, and refuses everything else with a reason."""
    here, http = own
    assert (await http.get("/clock")).json()["offsetSeconds"] == 0
    before = datetime.fromisoformat((await http.get("/clock")).json()["now"])
    moved = (await http.post("/clock", json={"advance": "P7DT1H"})).json()
    assert moved["offsetSeconds"] == 7 * 86400 + 3600
    assert (datetime.fromisoformat(moved["now"]) - before).total_seconds() >= 7 * 86400 + 3600
    for wrong in ("P1M", "-P1D", "tomorrow", "P", "PT", "", 5, None, "P99999999999999D"):
        answer = await http.post("/clock", json={"advance": wrong})
        assert (answer.status_code, bool(answer.json()["error"])) == (400, True), wrong
    assert (await http.post("/clock", content=b"no JSON")).status_code == 400
    assert here.clock.path.read_text() == "608400"
    assert (await http.get("/clock")).json()["offsetSeconds"] == 608400


async def test_seeds(http: httpx.AsyncClient) -> None:
    """The seeds have every party and resource that each installation has, in the published shape."""
    found = (await http.get("/seeds")).json()
    assert set(found) == {"parties", "resources"}
    assert {party["id"] for party in found["parties"]} >= PARTIES
    assert {tuple(resource[name] for name in ("id", "owner", "type")) for resource in found["resources"]} == RESOURCES
    assert {tuple(party) for party in found["parties"]} == {("id", "urn", "name", "kind", "goodFor")}
    assert {tuple(resource) for resource in found["resources"]} == {("id", "owner", "type", "goodFor")}


async def test_pages_escape_what_others_wrote(own: tuple[Context, httpx.AsyncClient]) -> None:
    """Text from a mail stands in the pages as text, and its HTML only in a frame without rights."""
    here, http = own
    mail = '{"id": "1", "operationId": "1", "from": "a", "to": ["<b>x"], "subject": "<script>1</script>", '
    mail += (
        '"plainText": "<i>", "html": "<script>\\"2\\"</script>", "at": "now", "status": "Delivered", "attachments": []}'
    )
    here.store.run("INSERT INTO mail (operation_id, status, ready_at, document) VALUES ('1', 'Delivered', 0, ?)", mail)
    for path in ("/", "/pages/mail", "/pages/mail/1", "/pages/sms", "/pages/dialogs"):
        page = await http.get(path)
        assert (page.status_code, "<script>" in page.text, "<b>x" in page.text) == (200, False, False)
        assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<iframe sandbox" in (await http.get("/pages/mail/1")).text
    assert (await http.get("/pages/mail/2")).status_code == 404


async def test_the_start_page_leads_everywhere(http: httpx.AsyncClient) -> None:
    """The start page links to the app's description and health, and to everything that can be listed here."""
    page = (await http.get("/")).text
    for place in ("/correspondence/api/v1/openapi.json", "/health", "/mail", "/sms", "/dialogs", "/clock", "/seeds"):
        assert f'{place}"' in page, place


async def test_everything_is_remembered(own: tuple[Context, httpx.AsyncClient]) -> None:
    """A second server over the same folder knows what the first one was told, and signs with the same keys."""
    here, http = own
    await http.post("/hook/kept", content=b"x")
    again = Context.of(here.addresses.port_base, here.clock.path.parent)
    assert again.keys.public() == here.keys.public()
    assert again.secrets == here.secrets
    assert [row["name"] for row in again.store.rows("SELECT name FROM hooks")] == ["kept"]
    again.store.close()


def test_the_stand_ins_are_one_server(own: tuple[Context, httpx.AsyncClient]) -> None:
    """No two routes of the stand-ins are the same."""
    here, _ = own
    routes = [(route.method, route.resource.canonical) for route in make_app(here).router.routes() if route.resource]
    assert len(routes) == len(set(routes))


@pytest.mark.parametrize("party", seeds.PARTIES, ids=lambda party: party.number)
def test_contacts_are_nobodys(party: seeds.Party) -> None:
    """Seeded addresses are in a domain that can never exist for real."""
    assert party.contact.email is None or party.contact.email.endswith(".example")


def test_the_root_is_the_projects() -> None:
    """The stack runs the app of this very project."""
    assert (ROOT / "host.json").exists()
