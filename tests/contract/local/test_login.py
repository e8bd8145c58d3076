"""The login of people in the stack, as a client of OpenID Connect meets it."""

import base64
import hashlib
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

from local.services.context import Context

KARI = "01838510058"
BACK = "http://127.0.0.1:7071/inbox/callback"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ASKED = {
    "client_id": "inbox",
    "redirect_uri": BACK,
    "response_type": "code",
    "scope": "openid profile",
    "state": '"><script>alert(1)</script>',
    "nonce": "a-nonce",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


class Forms(HTMLParser):
    """The fields of each form of a page."""

    def __init__(self, text: str) -> None:
        """Read the page."""
        super().__init__()
        self.found: list[dict[str, str]] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the fields of a form."""
        self.tags.add(tag)
        if tag == "form":
            self.found.append({})
        elif tag == "input":
            given = dict(attrs)
            self.found[-1][str(given["name"])] = str(given["value"])


async def metadata(http: httpx.AsyncClient) -> dict[str, str]:
    """Return what the issuer says of itself."""
    found: dict[str, str] = (await http.get("/idporten.no/.well-known/openid-configuration")).json()
    return found


async def code(http: httpx.AsyncClient) -> dict[str, str]:
    """Log Kari in by the page's own form, and return what the client is sent back with."""
    page = await http.get((await metadata(http))["authorization_endpoint"], params=ASKED)
    [form] = [form for form in Forms(page.text).found if form["pid"] == KARI]
    answer = await http.post(page.url.copy_with(query=None), data=form)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{BACK}?")
    assert KARI not in answer.headers["location"]
    return {name: value for name, [value] in parse_qs(urlsplit(answer.headers["location"]).query).items()}


async def redeem(http: httpx.AsyncClient, code: str, **other: str) -> httpx.Response:
    """Ask for the tokens behind a code."""
    form = {"grant_type": "authorization_code", "code": code, "client_id": "inbox", "redirect_uri": BACK}
    return await http.post((await metadata(http))["token_endpoint"], data=form | {"code_verifier": VERIFIER} | other)


async def test_a_person_logs_in(http: httpx.AsyncClient, here: Context) -> None:
    """A code and its verifier give an identity token for this client and nonce, and an access token of the person."""
    back = await code(http)
    issuer = await metadata(http)
    assert (back["state"], back["iss"]) == (ASKED["state"], issuer["issuer"])
    tokens = (await redeem(http, back["code"])).json()
    keys = jwt.PyJWKSet.from_dict((await http.get(issuer["jwks_uri"])).json())
    key = next(key for key in keys.keys if key.key_id == jwt.get_unverified_header(tokens["id_token"])["kid"])
    who = jwt.decode(tokens["id_token"], key.key, algorithms=["RS256"], audience="inbox", issuer=issuer["issuer"])
    assert (who["pid"], who["nonce"], who["acr"]) == (KARI, "a-nonce", "idporten-loa-substantial")
    access = jwt.decode(tokens["access_token"], key.key, algorithms=["RS256"], issuer=issuer["issuer"])
    assert (access["sub"], access["scope"]) == (who["sub"], "openid profile")


async def test_a_code_is_good_once(http: httpx.AsyncClient) -> None:
    """The second use of a code is refused."""
    back = await code(http)
    assert (await redeem(http, back["code"])).status_code == 200
    again = await redeem(http, back["code"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "other", [{"code_verifier": "w" * 64}, {"client_id": "another"}, {"redirect_uri": f"{BACK}/x"}], ids=str
)
async def test_a_stolen_code_is_worth_nothing(http: httpx.AsyncClient, other: dict[str, str]) -> None:
    """A code that another client, address or verifier comes with is refused, and used up."""
    back = await code(http)
    assert (await redeem(http, back["code"], **other)).json()["error"] == "invalid_grant"
    assert (await redeem(http, back["code"])).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, "") for name in ASKED),
        ("redirect_uri", "https://elsewhere.example/inbox"),
        ("redirect_uri", "http://127.0.0.1@elsewhere.example/"),
        ("redirect_uri", "http://127.0.0.1:7071/;script-src *"),
        ("redirect_uri", "javascript://127.0.0.1/%0aalert(1)"),
        ("redirect_uri", "http://[::1/"),
        ("redirect_uri", f"{BACK}\r\nSet-Cookie: a=b"),
        ("response_type", "token"),
        ("scope", "profile"),
        ("code_challenge_method", "plain"),
        ("code_challenge", "short"),
    ],
)
async def test_what_is_asked_wrongly(http: httpx.AsyncClient, name: str, value: str) -> None:
    """A wrong part is named, and nobody is sent anywhere, by the page or by its form."""
    url = (await metadata(http))["authorization_endpoint"]
    wrong = ASKED | {name: value}
    for answer in (await http.get(url, params=wrong), await http.post(url, data=wrong | {"pid": KARI})):
        assert answer.status_code == 400
        assert f"'{name}'" in answer.json()["error"]


async def test_the_page_runs_nothing(http: httpx.AsyncClient) -> None:
    """What the client asks with stays text in the page, whose forms lead to itself and the client only."""
    page = await http.get((await metadata(http))["authorization_endpoint"], params=ASKED)
    assert "script" not in Forms(page.text).tags
    assert page.headers["content-security-policy"].endswith("form-action 'self' http://127.0.0.1:7071")
