"""ID-porten's login of people: the code flow of OpenID Connect with PKCE, and a page to choose a person on.

Any client is taken, since none is registered; its address to return to must be on this machine.
"""

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from html import escape
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from local import seeds
from local.services import claims, pages, parameters
from local.services.context import Context, context
from local.services.grants import BadGrant
from local.services.identity import issue
from local.services.issuers import AUTHORIZE_PATH, LOGIN_TOKEN_PATH, IssuerKind
from local.services.parameters import BadParameter

GRANT = "authorization_code"
CODE_LIFETIME = timedelta(minutes=2)
TOKEN_LIFETIME = timedelta(minutes=10)
_OWN_HOSTS = {"127.0.0.1", "localhost", "::1"}
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # The SHA-256 of a verifier, in base64url without padding.
_ASKED = ("client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge")


@dataclass(frozen=True, slots=True)
class Login:
    """What a client asks for when it sends a person to log in."""

    client_id: str
    redirect_uri: str
    scope: str
    state: str
    nonce: str
    code_challenge: str

    @property
    def client_origin(self) -> str:
        """Where the person is sent back to, as a policy names it."""
        parts = urlsplit(self.redirect_uri)
        return f"{parts.scheme}://{parts.netloc}"


def _on_this_machine(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        return bool(
            re.fullmatch(r"[\x21-\x7e]+", uri)
            and parts.scheme in {"http", "https"}
            and parts.hostname in _OWN_HOSTS
            and parts.username is None
            and (parts.port is None or parts.port > 0)
            and not parts.fragment
            and not set(uri) & set(";,'\"\\")
        )
    except ValueError:
        return False


def _login(given: Mapping[str, str]) -> Login:
    """Return what is asked for.

    Raises:
        BadParameter: when a part is missing or wrong; nobody is sent to an address that has not been judged.
    """
    for name in _ASKED:
        if not given.get(name, "").strip():
            raise BadParameter(f"'{name}' must be given.")
    if not _on_this_machine(given["redirect_uri"]):
        raise BadParameter("'redirect_uri' must be an http address on this machine, without a fragment.")
    if given.get("response_type") != "code":
        raise BadParameter("'response_type' must be code.")
    if "openid" not in given["scope"].split():
        raise BadParameter("'scope' must have openid among its words.")
    if given.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(given["code_challenge"]):
        raise BadParameter("'code_challenge' must be made by the method S256, which 'code_challenge_method' names.")
    return Login(**{name: given[name] for name in _ASKED})


def _form(login: Login, person: seeds.Party) -> pages.Markup:
    fields = asdict(login) | {"response_type": "code", "code_challenge_method": "S256", "pid": person.number}
    hidden = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in fields.items())
    return pages.Markup(f'<form method="post">{hidden}<button>{escape(person.name)}</button></form>')


async def choose(request: web.Request) -> web.Response:
    """Answer the page on which one of the stack's people is chosen."""
    login = _login(request.query)
    people = (party for party in seeds.PARTIES if party.kind is seeds.Kind.PERSON)
    rows = ((_form(login, person), person.good_for) for person in people)
    return pages.page("Log in", pages.table(("Person", "Good for"), rows), forms_to=f"'self' {login.client_origin}")


async def log_in(request: web.Request) -> web.Response:
    """Send the person who was chosen back to the client, with a code that names nobody."""
    here = context(request)
    form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    login, number = _login(form), parameters.personal_number(form)
    code = secrets.token_urlsafe(32)
    expires = here.clock.now() + CODE_LIFETIME
    document = json.dumps(asdict(login) | {"pid": number, "acr": parameters.authentication(form)[0]})
    with here.store.transaction():
        here.store.run("DELETE FROM logins WHERE expires < ?", int(here.clock.now().timestamp()))
        here.store.run("INSERT INTO logins VALUES (?, ?, ?)", code, int(expires.timestamp()), document)
    joint = "&" if urlsplit(login.redirect_uri).query else "?"
    answer = urlencode({"code": code, "state": login.state, "iss": f"{here.base_url}/idporten.no"})
    return web.Response(status=303, headers={"Location": f"{login.redirect_uri}{joint}{answer}"})


def _taken(here: Context, code: str) -> dict[str, str]:
    """Return the login that a code stands for; a code is good once, whatever comes of it."""
    with here.store.transaction():
        row = here.store.row("SELECT expires, document FROM logins WHERE code = ?", code)
        here.store.run("DELETE FROM logins WHERE code = ?", code)
    if row is None or row["expires"] < here.clock.now().timestamp():
        raise BadGrant("invalid_grant", "The code is unknown, used or expired.")
    login: dict[str, str] = json.loads(row["document"])
    return login


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


async def token(request: web.Request) -> web.Response:
    """Answer the tokens of a person for a code and the verifier behind its challenge."""
    here = context(request)
    form = await request.post()
    if form.get("grant_type") != GRANT:
        raise BadGrant("unsupported_grant_type", f"'grant_type' must be {GRANT}.")
    login = _taken(here, str(form.get("code", "")))
    if any(form.get(name) != login[name] for name in ("client_id", "redirect_uri")):
        raise BadGrant("invalid_grant", "'client_id' and 'redirect_uri' must be those that the code was made for.")
    if _challenge(str(form.get("code_verifier", ""))) != login["code_challenge"]:
        raise BadGrant("invalid_grant", "'code_verifier' does not fit the challenge.")
    person = claims.Person(number=login["pid"], acr=login["acr"], level=claims.LEVELS[login["acr"]])
    access = claims.idporten(person, login["scope"].split()) | {"client_id": login["client_id"]}
    who = {name: access[name] for name in ("sub", "sid", "pid", "acr", "amr")}
    who |= {"aud": login["client_id"], "nonce": login["nonce"]}
    return web.json_response(
        {
            "access_token": issue(here, IssuerKind.IDPORTEN, access, TOKEN_LIFETIME),
            "id_token": issue(here, IssuerKind.IDPORTEN, who, TOKEN_LIFETIME),
            "token_type": "Bearer",
            "expires_in": int(TOKEN_LIFETIME.total_seconds()),
            "scope": login["scope"],
        },
        headers={"Cache-Control": "no-store"},
    )


ROUTES = (web.get(AUTHORIZE_PATH, choose), web.post(AUTHORIZE_PATH, log_in), web.post(LOGIN_TOKEN_PATH, token))
