"""Test tokens on request, and the keys to check them with."""

import uuid
from collections.abc import Mapping
from datetime import timedelta

from aiohttp import web

from local import numbers, seeds
from local.services import claims, parameters
from local.services.claims import Body
from local.services.context import Context, context
from local.services.dialog_store import find as find_dialog
from local.services.issuers import AUTHORIZE_PATH, ISSUERS, LOGIN_TOKEN_PATH, IssuerKind
from local.services.parameters import BadParameter

LIFETIME = timedelta(hours=24)
DIALOG_LIFETIME = timedelta(seconds=600)
_ENTERPRISE_ISSUERS = (IssuerKind.ALTINN, IssuerKind.MASKINPORTEN, IssuerKind.DIALOGPORTEN)
_PERSONAL_ISSUERS = (IssuerKind.ALTINN, IssuerKind.IDPORTEN, IssuerKind.DIALOGPORTEN)


def issue(here: Context, kind: IssuerKind, body: Body, lifetime: timedelta) -> str:
    """Return a signed token whose times follow the stack's clock."""
    issuer = ISSUERS[kind]
    now = int(here.clock.now().timestamp())
    times = {"iat": now, "nbf": now, "exp": now + int(lifetime.total_seconds())}
    name = issuer.name(here.base_url)
    return here.keys.sign(issuer, {"iss": name, "jti": str(uuid.uuid4()), **times, **body})


def _kind(query: Mapping[str, str], allowed: tuple[IssuerKind, ...]) -> IssuerKind:
    text = query.get("issuer", IssuerKind.ALTINN).strip().lower()
    kind = next((kind for kind in allowed if kind == text), None)
    if kind is None:
        raise BadParameter(f"'issuer' must be one of {', '.join(allowed)} for this kind of token.")
    return kind


def _lifetime(query: Mapping[str, str], kind: IssuerKind) -> timedelta:
    seconds = parameters.whole_number(query, "ttl")
    if seconds is not None:
        return timedelta(seconds=seconds)
    return DIALOG_LIFETIME if kind is IssuerKind.DIALOGPORTEN else LIFETIME


def _dialog(here: Context, query: Mapping[str, str], subject: str) -> claims.Dialog:
    known = find_dialog(here.store, query["dialog"]) if query.get("dialog") else None
    resource = query.get("resource") or (known["serviceResource"] if known else "example-letters")
    party = query.get("party", "").strip() or (known["party"] if known else subject)
    return claims.Dialog(
        party=numbers.party_urn(party) if party.isdecimal() else party,
        dialog_id=query.get("dialog") or str(uuid.uuid4()),
        resource=seeds.RESOURCE_URN + resource.removeprefix(seeds.RESOURCE_URN),
        actions=query.get("actions", "").strip() or "read",
    )


def _enterprise(here: Context, query: Mapping[str, str]) -> str:
    kind = _kind(query, _ENTERPRISE_ISSUERS)
    known = {party.org_code: party.number for party in seeds.PARTIES if party.org_code}
    if not query.get("orgNo") and query.get("org") in known:
        query = {**query, "orgNo": known[query["org"]]}
    organisation = claims.Organisation(
        number=parameters.organisation_number(query, "orgNo"),
        code=query.get("org") or None,
        supplier=parameters.organisation_number(query, "supplierOrgNo") if query.get("supplierOrgNo") else None,
    )
    scopes = parameters.scopes(query, default="altinn:enterprise")
    match kind:
        case IssuerKind.DIALOGPORTEN:
            level = parameters.authentication(query)[1]
            body = claims.dialog_token(organisation.number, level, _dialog(here, query, organisation.number))
        case IssuerKind.MASKINPORTEN:
            body = claims.maskinporten(organisation, scopes)
        case _:
            body = claims.altinn_organisation(organisation, scopes)
    return issue(here, kind, body, _lifetime(query, kind))


def _personal(here: Context, query: Mapping[str, str]) -> str:
    kind = _kind(query, _PERSONAL_ISSUERS)
    acr, level = parameters.authentication(query)
    person = claims.Person(
        number=parameters.personal_number(query),
        acr=acr,
        level=level,
        user_id=parameters.whole_number(query, "userId"),
        party_id=parameters.whole_number(query, "partyId"),
        party_uuid=query.get("partyuuid") or None,
        user_name=query.get("userName", ""),
    )
    scopes = parameters.scopes(query, default="altinn:portal/enduser")
    match kind:
        case IssuerKind.DIALOGPORTEN:
            body = claims.dialog_token(person.number, level, _dialog(here, query, person.number))
        case IssuerKind.IDPORTEN:
            body = claims.idporten(person, scopes)
        case _:
            body = claims.altinn_person(person, scopes)
    return issue(here, kind, body, _lifetime(query, kind))


async def enterprise_token(request: web.Request) -> web.Response:
    """Answer an organisation's token as plain text."""
    return web.Response(text=_enterprise(context(request), request.query))


async def personal_token(request: web.Request) -> web.Response:
    """Answer a person's token as plain text."""
    return web.Response(text=_personal(context(request), request.query))


async def all_keys(request: web.Request) -> web.Response:
    """Answer the public keys of all issuers."""
    return web.json_response(context(request).keys.public())


async def rotate_keys(request: web.Request) -> web.Response:
    """Let an issuer (all without a word) sign with a new key from now on."""
    here = context(request)
    wanted = request.query.get("issuer")
    chosen = [issuer for kind, issuer in ISSUERS.items() if wanted in {None, kind}]
    if not chosen:
        raise BadParameter(f"'issuer' must be one of {', '.join(IssuerKind)}.")
    for issuer in chosen:
        here.keys.rotate(issuer)
    return web.json_response(here.keys.public())


def _keys_of(kind: IssuerKind) -> web.RouteDef:
    async def keys(request: web.Request) -> web.Response:
        return web.json_response(context(request).keys.public(kind))

    return web.get(ISSUERS[kind].jwks_path, keys)


def _login_metadata(base: str) -> claims.Body:
    return {
        "authorization_endpoint": base + AUTHORIZE_PATH,
        "token_endpoint": base + LOGIN_TOKEN_PATH,
        "token_endpoint_auth_methods_supported": ["none"],
        "grant_types_supported": ["authorization_code"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
    }


def _metadata_of(kind: IssuerKind) -> web.RouteDef:
    issuer = ISSUERS[kind]

    async def metadata(request: web.Request) -> web.Response:
        base = context(request).base_url
        return web.json_response(
            {
                "issuer": issuer.name(base),
                "token_endpoint": f"{base}/token",
                "jwks_uri": issuer.jwks_url(base),
                "token_endpoint_auth_methods_supported": ["private_key_jwt"],
                "token_endpoint_auth_signing_alg_values_supported": ["RS256", "RS384", "RS512"],
                "grant_types_supported": ["urn:ietf:params:oauth:grant-type:jwt-bearer"],
                "id_token_signing_alg_values_supported": [issuer.algorithm],
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "acr_values_supported": list(claims.LEVELS),
            }
            | (_login_metadata(base) if kind is IssuerKind.IDPORTEN else {})
        )

    return web.get(issuer.metadata_path, metadata)


ROUTES = (
    *(
        web.get(path, enterprise_token)
        for path in ("/token/enterprise", "/GetEnterpriseToken", "/api/GetEnterpriseToken")
    ),
    *(web.get(path, personal_token) for path in ("/token/personal", "/GetPersonalToken", "/api/GetPersonalToken")),
    web.get("/.well-known/jwks.json", all_keys),
    web.post("/keys/rotate", rotate_keys),
    *(_keys_of(kind) for kind in IssuerKind),
    *(_metadata_of(kind) for kind in IssuerKind),
)
