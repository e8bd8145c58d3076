"""Tokens: keys made here, an issuer that answers over HTTP, and the tokens of the local stack."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
from aiohttp import web

from local.services.context import Context
from local.services.issuers import ISSUERS
from local.services.keys import new_private_jwk, public_part
from shared.adapters.token_keys import REFRESH_SECONDS, UNKNOWN_KEY_SECONDS, IssuerKeys
from shared.adapters.tokens import InvalidToken, TokenVerifier
from shared.config import TokenIssuer
from shared.domain.errors import Unavailable
from shared.domain.identifiers import organisation, person
from shared.domain.policy import Issuer, Scope
from tests.builders import AGENCY, BUSINESS, NOW, PERSON
from tests.contract.neighbours.answering import answering
from tests.servers import free_ports

NAME = "https://issuer.example/"
SECONDS = int(NOW.timestamp())
RSA = new_private_jwk("RS256")
OTHER_RSA = new_private_jwk("RS256")
ALTINN: dict[str, Any] = {"urn:altinn:orgNumber": "310001007", "urn:altinn:authlevel": 3}
ED25519 = new_private_jwk("EdDSA")


@dataclass
class Publisher:
    """An issuer with keys that can rotate; counts how often it was asked."""

    url: str = ""
    keys: list[dict[str, Any]] = field(default_factory=lambda: [RSA])
    asked: int = 0
    status: int = 200

    def sign(self, key: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token of this issuer, valid at NOW."""
        jwk = key or self.keys[0]
        body = {"iss": NAME, "exp": SECONDS + 60, "iat": SECONDS, "nbf": SECONDS, **claims}
        kept = {name: value for name, value in body.items() if value is not None}
        return jwt.encode(kept, jwt.PyJWK(jwk).key, algorithm=jwk["alg"], headers={"kid": jwk["kid"]})

    def verifier(self, kind: Issuer = Issuer.ALTINN, *, algorithms: tuple[str, ...] = ("RS256",)) -> TokenVerifier:
        """A verifier that trusts this issuer, at NOW."""
        issuer = TokenIssuer(kind=kind, issuer=NAME, jwks_url=self.url, algorithms=algorithms)
        return TokenVerifier([issuer], lambda: NOW)


@pytest.fixture
async def publisher() -> AsyncIterator[Publisher]:
    """An issuer that publishes one RSA key."""
    made = Publisher()

    async def publish(_: web.Request) -> web.Response:
        made.asked += 1
        unreadable: list[Any] = [{"kty": "none"}, "x", {**public_part(OTHER_RSA), "kid": "enc", "use": "enc"}]
        keys = unreadable + [public_part(key) for key in made.keys]
        return web.json_response({"keys": keys}, status=made.status)

    async with answering(publish) as url:
        made.url = f"{url}/jwks"
        yield made


async def test_a_good_token_gives_its_subject(publisher: Publisher) -> None:
    """Scope, organisation, party, level and id are the token's; keys are fetched once for many tokens."""
    token = publisher.sign(
        scope="altinn:correspondence.write altinn:serviceowner",
        jti="t-1",
        consumer={"authority": "iso6523-actorid-upis", "ID": "0192:310001007"},
        **ALTINN,
    )
    verifier = publisher.verifier()
    subject = await verifier.verify(token)
    assert await verifier.verify(token) == subject
    assert (subject.party, subject.organisation, subject.level, subject.token_id) == (AGENCY, "310001007", 3, "t-1")
    assert subject.has(Scope.WRITE)
    assert subject.has(Scope.SERVICE_OWNER)
    assert not subject.has(Scope.READ)
    assert publisher.asked == 1


def _segment(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


async def test_what_is_not_signed_by_the_issuer_is_refused(publisher: Publisher) -> None:
    """`none`, HMAC with the public key, another key under the same id, a changed body, another algorithm's key."""
    good = publisher.sign()
    head, body, signature = good.split(".")
    claims = {"iss": NAME, "exp": SECONDS + 60}
    none = f"{_segment({'alg': 'none', 'kid': RSA['kid']})}.{_segment(claims)}."
    hmac = jwt.encode(claims, "x" * 32, algorithm="HS256", headers={"kid": RSA["kid"]})
    forged = publisher.sign({**OTHER_RSA, "kid": RSA["kid"]})
    changed = f"{head}.{_segment({**claims, 'scope': 'altinn:serviceowner'})}.{signature}"
    edwards = publisher.sign({**ED25519, "kid": RSA["kid"]})
    verifier = publisher.verifier(algorithms=("RS256", "EdDSA"))
    for token in (none, hmac, forged, changed, edwards, f"{head}.{body}.", "", "x", "a.b.c", good + "x" * 20_000):
        with pytest.raises(InvalidToken) as caught:
            await verifier.verify(token)
        assert len(str(caught.value)) < 40
    with pytest.raises(InvalidToken):
        await publisher.verifier(algorithms=("EdDSA",)).verify(good)


@pytest.mark.parametrize("issuer", [None, "https://other.example/", NAME.rstrip("/"), NAME.upper(), ["x"], {"a": 1}])
async def test_an_unknown_issuer_is_refused(publisher: Publisher, issuer: object) -> None:
    """Issuers are compared exactly, and their keys are not asked for."""
    key = jwt.PyJWK(RSA).key
    head, rest = _segment({"alg": "RS256", "kid": RSA["kid"]}), _segment({"iss": issuer, "exp": SECONDS + 60})
    signature = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256).sign(f"{head}.{rest}".encode(), key)
    token = f"{head}.{rest}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
    with pytest.raises(InvalidToken):
        await publisher.verifier().verify(token)
    assert publisher.asked == 0


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": SECONDS},
        {"exp": SECONDS - 1},
        {"exp": None},
        {"exp": str(SECONDS + 60)},
        {"exp": True},
        {"nbf": SECONDS + 1},
        {"iat": SECONDS + 1},
    ],
)
async def test_times_are_judged_without_leeway(publisher: Publisher, claims: dict[str, Any]) -> None:
    """A token ends in the second it names, must end, and does not hold before it begins, by our clock."""
    with pytest.raises(InvalidToken):
        await publisher.verifier().verify(_signed_anyhow(publisher, claims))
    await publisher.verifier().verify(publisher.sign(exp=SECONDS + 1, nbf=None, iat=None))


async def test_audiences_are_not_looked_at(publisher: Publisher) -> None:
    """A token for whomever is a token."""
    await publisher.verifier().verify(publisher.sign(aud="https://somebody.example/"))


async def test_a_rotated_key_is_fetched(publisher: Publisher) -> None:
    """A new key works without a restart; the old one no longer, once it is not published."""
    verifier = publisher.verifier()
    old = publisher.sign()
    await verifier.verify(old)
    ticks = [UNKNOWN_KEY_SECONDS]
    verifier = TokenVerifier([TokenIssuer(kind=Issuer.ALTINN, issuer=NAME, jwks_url=publisher.url)], lambda: NOW)
    keys = IssuerKeys(publisher.url, ticks=lambda: ticks[0])
    assert await keys.find(RSA["kid"]) is not None
    publisher.keys = [OTHER_RSA]
    ticks[0] += UNKNOWN_KEY_SECONDS
    assert await keys.find(OTHER_RSA["kid"]) is not None
    assert await keys.find(RSA["kid"]) is None
    await verifier.verify(publisher.sign())


async def test_unknown_keys_cause_one_fetch_in_30_seconds(publisher: Publisher) -> None:
    """Invented key ids do not let anybody drive us against the issuer."""
    ticks = [0.0]
    keys = IssuerKeys(publisher.url, ticks=lambda: ticks[0])
    for number in range(20):
        assert await keys.find(f"invented-{number}") is None
    assert publisher.asked == 1
    ticks[0] += UNKNOWN_KEY_SECONDS
    assert await keys.find("invented") is None
    assert publisher.asked == 2


async def test_keys_are_fetched_again_after_12_hours(publisher: Publisher) -> None:
    """A key that the issuer withdrew stops working within 12 hours; an issuer that is down then changes nothing."""
    ticks = [0.0]
    keys = IssuerKeys(publisher.url, ticks=lambda: ticks[0])
    assert await keys.find(RSA["kid"]) is not None
    ticks[0] += REFRESH_SECONDS
    publisher.status = 500
    assert await keys.find(RSA["kid"]) is not None
    assert publisher.asked == 2
    assert await keys.find(RSA["kid"]) is not None
    assert publisher.asked == 2
    publisher.status, publisher.keys = 200, [OTHER_RSA]
    ticks[0] += UNKNOWN_KEY_SECONDS
    assert await keys.find(RSA["kid"]) is None


async def test_an_issuer_that_never_answered_is_unavailable(publisher: Publisher) -> None:
    """Without any keys nothing is known about a token: that is no refusal."""
    token = publisher.sign()
    publisher.url = f"http://127.0.0.1:{free_ports(1)[0]}/"
    with pytest.raises(Unavailable):
        await publisher.verifier().verify(token)


async def test_a_token_without_a_key_id_takes_the_only_key(publisher: Publisher) -> None:
    """One published key needs no name; of two, a token must name one."""
    claims = {"iss": NAME, "exp": SECONDS + 60}
    token = jwt.encode(claims, jwt.PyJWK(RSA).key, algorithm="RS256")
    await publisher.verifier().verify(token)
    publisher.keys = [RSA, OTHER_RSA]
    with pytest.raises(InvalidToken):
        await publisher.verifier().verify(token)


def _signed_anyhow(publisher: Publisher, claims: dict[str, Any]) -> str:
    """Sign also what the library would not sign."""
    if not isinstance(claims.get("exp"), str | bool):
        return publisher.sign(**claims)
    head = _segment({"alg": "RS256", "kid": RSA["kid"], "typ": "JWT"})
    body = _segment({"iss": NAME, **claims})
    algorithm = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256)
    signature = algorithm.sign(f"{head}.{body}".encode(), jwt.PyJWK(RSA).key)
    return f"{head}.{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


@pytest.fixture
def local(here: Context) -> TokenVerifier:
    """A verifier that trusts the local stack's issuers, as its settings name them."""
    issuers = [
        TokenIssuer(
            kind=Issuer(issuer.kind),
            issuer=issuer.name(here.base_url),
            jwks_url=issuer.jwks_url(here.base_url),
            algorithms=(issuer.algorithm,),
        )
        for issuer in ISSUERS.values()
    ]
    return TokenVerifier(issuers, lambda: datetime.now(UTC) + timedelta(seconds=1))


async def given(http: httpx.AsyncClient, kind: str, **query: str) -> str:
    answer = await http.get(f"/token/{kind}", params=query)
    answer.raise_for_status()
    return answer.text


async def test_the_local_stacks_tokens_of_organisations(local: TokenVerifier, http: httpx.AsyncClient) -> None:
    """Altinn's and Maskinporten's name the organisation and its scopes, at level 3."""
    for issuer in (Issuer.ALTINN, Issuer.MASKINPORTEN):
        token = await given(
            http,
            "enterprise",
            orgNo="310001007",
            scopes="altinn:correspondence.write,altinn:serviceowner",
            issuer=issuer,
        )
        subject = await local.verify(token)
        assert (subject.issuer, subject.party, subject.organisation, subject.level) == (issuer, AGENCY, "310001007", 3)
        assert subject.scopes == {Scope.WRITE, Scope.SERVICE_OWNER}


@pytest.mark.parametrize("issuer", [Issuer.ALTINN, Issuer.IDPORTEN])
@pytest.mark.parametrize(
    ("acr", "level"), [("idporten-loa-high", 4), ("idporten-loa-substantial", 3), ("idporten-loa-low", 2)]
)
async def test_the_local_stacks_tokens_of_persons(
    local: TokenVerifier, http: httpx.AsyncClient, issuer: Issuer, acr: str, level: int
) -> None:
    """A person's token names the person, no organisation, and how sure one was."""
    token = await given(
        http, "personal", pid="01838510058", scopes="altinn:correspondence.read", issuer=issuer, acr=acr
    )
    subject = await local.verify(token)
    assert (subject.issuer, subject.party, subject.organisation, subject.level) == (issuer, PERSON, None, level)


async def test_the_local_stacks_dialog_tokens(local: TokenVerifier, http: httpx.AsyncClient) -> None:
    """A dialog token says who reads for whom in which dialog."""
    token = await given(
        http,
        "personal",
        pid="01838510058",
        scopes="",
        issuer="dialogporten",
        dialog="019ad1f0-0000-7000-8000-000000000001",
        party="311001000",
        actions="read;write",
    )
    subject = await local.verify(token)
    assert (subject.issuer, subject.party, subject.dialog_party) == (Issuer.DIALOGPORTEN, PERSON, BUSINESS)
    assert subject.dialog_id == "019ad1f0-0000-7000-8000-000000000001"
    assert subject.dialog_actions == {"read", "write"}
    assert organisation("311001000") == BUSINESS
    assert person("01838510058") == PERSON


@pytest.mark.parametrize(
    ("audience", "holds"),
    [
        ("api://correspondence", True),
        (["api://other", "api://correspondence"], True),
        ("api://other", False),
        (["api://correspondence-not"], False),
        ({"api://correspondence": 1}, False),
        (None, False),
    ],
)
async def test_an_issuer_with_an_audience_is_believed_only_for_it(
    publisher: Publisher, audience: object, holds: bool
) -> None:
    """Tokens for others, or for nobody, are not for us; an application's roles are what it may do."""
    issuer = TokenIssuer(kind=Issuer.ENTRA, issuer=NAME, jwks_url=publisher.url, audience="api://correspondence")
    verifier = TokenVerifier([issuer], lambda: NOW)
    token = publisher.sign(aud=audience, roles=[Scope.EVENT_GRID, 7], scope=Scope.WRITE)
    if holds:
        subject = await verifier.verify(token)
        assert (subject.issuer, subject.scopes, subject.party) == (Issuer.ENTRA, {Scope.EVENT_GRID}, None)
    else:
        with pytest.raises(InvalidToken):
            await verifier.verify(token)
