"""Tokens of the stack, checked by an independent library against the published keys."""

import json
import time
import uuid
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from jwt.types import Options

from local import numbers, settings
from local.addresses import Addresses
from local.services.context import Context

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
UNTIMED: Options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}  # The stack's clock may be ahead.
KEY = generate_private_key(public_exponent=65537, key_size=2048)


async def verified(http: httpx.AsyncClient, token: str, here: Context, kind: str = "altinn") -> dict[str, Any]:
    """Return the claims of a token that holds against what the app's setting says of this issuer."""
    [trusted] = [one for one in json.loads(settings.token_issuers(here.addresses)) if one["kind"] == kind]
    keys = jwt.PyJWKSet.from_dict((await http.get(trusted["jwks_url"])).json())
    key = next(key for key in keys.keys if key.key_id == jwt.get_unverified_header(token)["kid"])
    return jwt.decode(token, key.key, algorithms=trusted["algorithms"], issuer=trusted["issuer"], options=UNTIMED)


@pytest.mark.parametrize("path", ["/token/enterprise", "/GetEnterpriseToken", "/api/GetEnterpriseToken"])
async def test_an_enterprise_token(http: httpx.AsyncClient, here: Context, path: str) -> None:
    """An organisation's token is plain text, holds against the keys, and names the organisation twice."""
    query = {"orgNo": "310001007", "scopes": "altinn:serviceowner,altinn:correspondence.write", "env": "tt02"}
    answer = await http.get(path, params=query, auth=("user", "secret"))
    assert answer.headers["content-type"].startswith("text/plain")
    claims = await verified(http, answer.text, here)
    assert claims["scope"] == "altinn:serviceowner altinn:correspondence.write"
    assert claims["consumer"] == {"authority": "iso6523-actorid-upis", "ID": "0192:310001007"}
    assert (claims["urn:altinn:orgNumber"], claims["urn:altinn:org"]) == ("310001007", "exa")
    assert claims["exp"] - claims["iat"] == 24 * 3600
    assert "altinn" in claims["iss"]
    assert claims["iss"].endswith("/authentication/api/v1/openid/")


async def test_org_only_with_the_service_owner_scope(http: httpx.AsyncClient, here: Context) -> None:
    """Without altinn:serviceowner the token of a service owner does not name the org."""
    answer = await http.get("/token/enterprise", params={"orgNo": "310001007", "scopes": "altinn:correspondence.read"})
    assert "urn:altinn:org" not in await verified(http, answer.text, here)


@pytest.mark.parametrize("path", ["/token/personal", "/GetPersonalToken", "/api/GetPersonalToken"])
async def test_a_personal_token(http: httpx.AsyncClient, here: Context, path: str) -> None:
    """A person's token names the person, the register's ids and the level of the acr, and no organisation."""
    query = {"pid": "01838510058", "scopes": "altinn:portal/enduser", "acr": "idporten-loa-high", "ttl": "60"}
    claims = await verified(http, (await http.get(path, params=query)).text, here)
    assert claims["pid"] == claims["urn:altinn:person:identifier-no"] == "01838510058"
    assert claims["urn:altinn:authlevel"] == 4
    assert claims["urn:altinn:partyid"] == numbers.party_id("01838510058")
    assert uuid.UUID(claims["urn:altinn:party:uuid"]) == numbers.party_uuid("01838510058")
    assert claims["exp"] - claims["iat"] == 60
    assert "consumer" not in claims


@pytest.mark.parametrize(
    ("path", "query", "name"),
    [
        ("/token/enterprise", {"orgNo": "310001008"}, "orgNo"),
        ("/token/enterprise", {}, "orgNo"),
        ("/token/enterprise", {"orgNo": "310001007", "supplierOrgNo": "1"}, "supplierOrgNo"),
        ("/token/enterprise", {"orgNo": "310001007", "issuer": "idporten"}, "issuer"),
        ("/token/enterprise", {"orgNo": "310001007", "ttl": "soon"}, "ttl"),
        ("/token/personal", {"pid": "01838510059"}, "pid"),
        ("/token/personal", {"pid": "01838510058", "acr": "level9"}, "acr"),
        ("/token/personal", {"pid": "01838510058", "issuer": "maskinporten"}, "issuer"),
    ],
)
async def test_bad_parameters(http: httpx.AsyncClient, path: str, query: dict[str, str], name: str) -> None:
    """A wrong parameter gets 400 with its name."""
    answer = await http.get(path, params=query)
    assert answer.status_code == 400
    assert f"'{name}'" in answer.json()["error"]


async def test_tokens_of_the_other_issuers(http: httpx.AsyncClient, here: Context) -> None:
    """Maskinporten's and ID-porten's tokens have their issuers' claims and none of Altinn's."""
    enterprise = {"orgNo": "311001000", "issuer": "maskinporten", "scopes": "a b", "supplierOrgNo": "310001007"}
    claims = await verified(http, (await http.get("/token/enterprise", params=enterprise)).text, here, "maskinporten")
    assert (claims["scope"], claims["consumer"]["ID"]) == ("a b", "0192:311001000")
    assert claims["supplier"]["ID"] == "0192:310001007"
    personal = {"pid": "01838510058", "issuer": "idporten", "acr": "idporten-loa-low"}
    person = await verified(http, (await http.get("/token/personal", params=personal)).text, here, "idporten")
    assert (person["pid"], person["acr"]) == ("01838510058", "idporten-loa-low")
    assert not [name for name in (*claims, *person) if name.startswith("urn:altinn")]


async def test_a_dialog_token(http: httpx.AsyncClient, here: Context) -> None:
    """Dialogporten's token is signed with EdDSA and says who may do what with which dialog for ten minutes."""
    query = {
        "pid": "01838510058",
        "issuer": "dialogporten",
        "dialog": "019aa000-0000-7000-8000-000000000000",
        "party": "311001000",
        "resource": "example-letters",
        "actions": "read;write",
    }
    token = (await http.get("/token/personal", params=query)).text
    assert jwt.get_unverified_header(token)["alg"] == "EdDSA"
    claims = await verified(http, token, here, "dialogporten")
    assert {name: claims[name] for name in "clpsia"} == {
        "c": "urn:altinn:person:identifier-no:01838510058",
        "l": 3,
        "p": "urn:altinn:organization:identifier-no:311001000",
        "s": "urn:altinn:resource:example-letters",
        "i": query["dialog"],
        "a": "read;write",
    }
    assert claims["exp"] - claims["iat"] == 600


async def test_all_keys_stand_in_one_place(http: httpx.AsyncClient) -> None:
    """The common key set has the keys of all four issuers and nothing private."""
    keys = (await http.get("/.well-known/jwks.json")).json()["keys"]
    assert {key["kty"] for key in keys} == {"RSA", "OKP"}
    assert len({key["kid"] for key in keys}) >= 4
    assert not [key for key in keys if "d" in key or "p" in key]


async def test_metadata_leads_to_the_keys(http: httpx.AsyncClient, here: Context) -> None:
    """The metadata below an issuer's name gives that name and a key set."""
    for path in (
        "maskinporten.no/.well-known/oauth-authorization-server",
        "idporten.no/.well-known/openid-configuration",
    ):
        metadata = (await http.get(f"/{path}")).json()
        assert metadata["issuer"].startswith(here.base_url)
        assert (await http.get(metadata["jwks_uri"])).json()["keys"]


async def test_keys_rotate(http: httpx.AsyncClient, here: Context) -> None:
    """After a rotation new tokens name a new key, and old ones still hold."""
    query = {"orgNo": "310001007"}
    old = (await http.get("/token/enterprise", params=query)).text
    assert (await http.post("/keys/rotate", params={"issuer": "altinn"})).status_code == 200
    new = (await http.get("/token/enterprise", params=query)).text
    assert jwt.get_unverified_header(old)["kid"] != jwt.get_unverified_header(new)["kid"]
    for token in (old, new):
        await verified(http, token, here)


def assertion(**change: Any) -> dict[str, str]:
    now = int(time.time())
    claims = {"iss": "310001007", "aud": "https://test.maskinporten.no/", "scope": "altinn:serviceowner a:b"}
    body = {**claims, "iat": now, "exp": now + 100, "jti": str(uuid.uuid4()), **change}
    return {"grant_type": GRANT, "assertion": jwt.encode(body, KEY, algorithm="RS256", headers={"kid": "mine"})}


async def test_the_jwt_grant_and_the_exchange(http: httpx.AsyncClient, here: Context) -> None:
    """An assertion of an organisation gives its Maskinporten token, and that one its Altinn token."""
    granted = (await http.post("/token", data=assertion())).json()
    assert (granted["token_type"], granted["scope"]) == ("Bearer", "altinn:serviceowner a:b")
    claims = await verified(http, granted["access_token"], here, "maskinporten")
    assert claims["consumer"]["ID"] == "0192:310001007"
    bearer = {"Authorization": f"Bearer {granted['access_token']}"}
    exchanged = await http.get("/authentication/api/v1/exchange/maskinporten", headers=bearer)
    altinn = await verified(http, exchanged.text, here)
    assert (altinn["urn:altinn:org"], altinn["scope"]) == ("exa", "altinn:serviceowner a:b")
    as_json = await http.get(
        "/authentication/api/v1/exchange/maskinporten", headers={**bearer, "Accept": "application/json"}
    )
    assert (await verified(http, as_json.json(), here))["urn:altinn:orgNumber"] == "310001007"


async def test_the_apps_own_client_is_the_platform(http: httpx.AsyncClient, here: Context) -> None:
    """A client whose name is no organisation number gets the token of the organisation that runs the service."""
    form = assertion(iss=settings.MASKINPORTEN_CLIENT_ID)
    claims = await verified(http, (await http.post("/token", data=form)).json()["access_token"], here, "maskinporten")
    assert claims["consumer"]["ID"] == "0192:315001005"


@pytest.mark.parametrize(
    "form",
    [
        {"grant_type": "client_credentials"},
        {"grant_type": GRANT, "assertion": "no token"},
        assertion(exp=int(time.time()) - 60, iat=int(time.time()) - 100),
        assertion(exp=int(time.time()) + 1000),
        assertion(scope=""),
    ],
)
async def test_bad_grants(http: httpx.AsyncClient, form: dict[str, str]) -> None:
    """What Maskinporten would refuse gets 400 with OAuth's error code."""
    answer = await http.post("/token", data=form)
    assert (answer.status_code, set(answer.json())) == (400, {"error", "error_description"})


async def test_the_exchange_takes_nothing_but_fresh_tokens_of_its_own(http: httpx.AsyncClient) -> None:
    """No token, another issuer's token and an expired one get 401."""
    url, query = "/authentication/api/v1/exchange/maskinporten", {"orgNo": "310001007"}
    altinn = (await http.get("/token/enterprise", params=query)).text
    expired = (await http.get("/token/enterprise", params={**query, "issuer": "maskinporten", "ttl": "-1"})).text
    for headers in ({}, {"Authorization": f"Bearer {altinn}"}, {"Authorization": f"Bearer {expired}"}):
        assert (await http.get(url, headers=headers)).status_code == 401


async def test_tokens_follow_the_clock(own: tuple[Context, httpx.AsyncClient]) -> None:
    """After the clock has moved by 25 hours an old token has expired and a new one begins then."""
    here, http = own
    query = {"orgNo": "310001007", "issuer": "maskinporten", "scopes": "a"}
    old = (await http.get("/token/enterprise", params=query)).text
    await http.post("/clock", json={"advance": "PT25H"})
    new = (await http.get("/token/enterprise", params=query)).text
    old_claims, new_claims = [await verified(http, token, here, "maskinporten") for token in (old, new)]
    assert new_claims["iat"] - old_claims["iat"] >= 25 * 3600
    url = "/authentication/api/v1/exchange/maskinporten"
    answers = [await http.get(url, headers={"Authorization": f"Bearer {token}"}) for token in (old, new)]
    assert [answer.status_code for answer in answers] == [401, 200]


def test_issuers_differ_by_stack() -> None:
    """Stacks on different ports have different issuers, so that one's tokens mean nothing to another."""
    assert settings.token_issuers(Addresses(7071)) != settings.token_issuers(Addresses(8071))
