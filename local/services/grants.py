"""Maskinporten's JWT grant and Altinn's exchange of tokens.

Any client key is taken, so the signature of an assertion is not looked at; all else of it is, as in the real one.
"""

import json
import time
from datetime import timedelta
from typing import Any

import jwt
from aiohttp import web

from local import numbers, seeds
from local.services import claims
from local.services.context import Context, context
from local.services.identity import issue
from local.services.issuers import IssuerKind
from local.services.keys import BadToken

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
GRANT_LIFETIME = timedelta(hours=24)
ASSERTION_LIFETIME_SECONDS = 120
_CLOCK_SKEW_SECONDS = 10


class BadGrant(Exception):
    """The token endpoint refuses; the error code is OAuth's."""

    def __init__(self, code: str, text: str) -> None:
        """Keep the code beside the text."""
        super().__init__(text)
        self.code = code


def _assertion(text: str) -> dict[str, Any]:
    try:
        decoded: dict[str, Any] = jwt.decode(text, options={"verify_signature": False})
        algorithm = jwt.get_unverified_header(text).get("alg", "")
    except jwt.PyJWTError as error:
        raise BadGrant("invalid_grant", "The assertion is no JWT.") from error
    if algorithm not in {"RS256", "RS384", "RS512", "ES256"}:
        raise BadGrant("invalid_grant", "The assertion must be signed with RS256, RS384, RS512 or ES256.")
    return decoded


def _check_times(assertion: dict[str, Any], here: Context) -> None:
    issued, expires = assertion.get("iat"), assertion.get("exp")
    if not isinstance(issued, int | float) or not isinstance(expires, int | float):
        raise BadGrant("invalid_grant", "The assertion must have iat and exp as numbers.")
    if expires - issued > ASSERTION_LIFETIME_SECONDS:
        raise BadGrant("invalid_grant", "The assertion must not live longer than 120 seconds.")
    # A client may sign by real time or by the stack's clock; both are taken.
    clocks = (time.time(), here.clock.now().timestamp())
    if not any(issued - _CLOCK_SKEW_SECONDS <= clock <= expires + _CLOCK_SKEW_SECONDS for clock in clocks):
        raise BadGrant("invalid_grant", "The assertion has expired or is not yet valid.")


def _organisation(assertion: dict[str, Any]) -> claims.Organisation:
    client = assertion["iss"]
    number = client if numbers.valid_organisation_number(client) else seeds.PLATFORM
    consumer = assertion.get("consumer_org")
    supplier = None
    if isinstance(consumer, str) and numbers.valid_organisation_number(consumer):
        number, supplier = consumer, number
    details = assertion.get("authorization_details")
    return claims.Organisation(
        number=number,
        supplier=supplier,
        details=[_system_user(item) for item in details] if isinstance(details, list) else None,
        client_id=client,
    )


def _system_user(asked: dict[str, Any]) -> dict[str, Any]:
    owner = str(asked.get("systemuser_org", {}).get("ID", "")).removeprefix("0192:")
    return {
        "type": "urn:altinn:systemuser",
        "systemuser_id": [str(numbers.party_uuid(f"systemuser-{owner}"))],
        "systemuser_org": {"authority": "iso6523-actorid-upis", "ID": f"0192:{owner}"},
        "system_id": f"{owner}_example_system",
    }


async def token(request: web.Request) -> web.Response:
    """Answer an access token for an assertion."""
    here = context(request)
    form = await request.post()
    if form.get("grant_type") != GRANT:
        raise BadGrant("unsupported_grant_type", f"'grant_type' must be {GRANT}.")
    assertion = _assertion(str(form.get("assertion", "")))
    for name in ("iss", "aud", "scope"):
        if not isinstance(assertion.get(name), str) or not assertion[name].strip():
            raise BadGrant("invalid_grant", f"The assertion must have '{name}' as a text.")
    _check_times(assertion, here)
    scopes = assertion["scope"].split()
    signed = issue(here, IssuerKind.MASKINPORTEN, claims.maskinporten(_organisation(assertion), scopes), GRANT_LIFETIME)
    return web.json_response(
        {
            "access_token": signed,
            "token_type": "Bearer",
            "expires_in": int(GRANT_LIFETIME.total_seconds()),
            "scope": " ".join(scopes),
        }
    )


def bearer(request: web.Request) -> str:
    """Return the bearer token of a request.

    Raises:
        BadToken: when it has none.
    """
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not value.strip():
        raise BadToken("A bearer token is missing.")
    return value.strip()


def _altinn_token(request: web.Request, signed: str) -> web.Response:
    """Answer as the real exchange: plain text, or a JSON string for a caller that names JSON."""
    if "application/json" in request.headers.get("Accept", ""):
        return web.json_response(text=json.dumps(signed))
    return web.Response(text=signed)


async def exchange_maskinporten(request: web.Request) -> web.Response:
    """Answer the Altinn token for a Maskinporten token; `test=true` makes the caller the test organisation."""
    here = context(request)
    given = here.verify(bearer(request), IssuerKind.MASKINPORTEN)
    organisation = claims.Organisation(
        number=given["consumer"]["ID"].removeprefix("0192:"),
        code="ttd" if request.query.get("test") == "true" else None,
        supplier=given["supplier"]["ID"].removeprefix("0192:") if "supplier" in given else None,
        details=given.get("authorization_details"),
        client_id=given["client_id"],
    )
    body = claims.altinn_organisation(organisation, given["scope"].split())
    lifetime = timedelta(seconds=given["exp"] - int(here.clock.now().timestamp()))
    return _altinn_token(request, issue(here, IssuerKind.ALTINN, body, lifetime))


async def exchange_idporten(request: web.Request) -> web.Response:
    """Answer the Altinn token for a person's ID-porten token."""
    here = context(request)
    given = here.verify(bearer(request), IssuerKind.IDPORTEN)
    person = claims.Person(number=given["pid"], acr=given["acr"], level=claims.LEVELS[given["acr"]])
    body = claims.altinn_person(person, given["scope"].split())
    lifetime = timedelta(seconds=given["exp"] - int(here.clock.now().timestamp()))
    return _altinn_token(request, issue(here, IssuerKind.ALTINN, body, lifetime))


ROUTES = (
    web.post("/token", token),
    web.get("/authentication/api/v1/exchange/maskinporten", exchange_maskinporten),
    web.get("/authentication/api/v1/exchange/id-porten", exchange_idporten),
)
