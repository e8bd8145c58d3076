"""Which pages of other origins may call us: those of Arbeidsflate. Source: wire contract 13.5."""

import re

ORIGINS = (
    re.compile(r"https://af\.altinn\.no"),
    re.compile(r"https://(?:[a-z0-9-]+\.)*af\.(?:tt02|at21|at22|at23|at24)\.altinn\.(?:no|cloud)"),
)
METHODS = "GET,POST,DELETE,OPTIONS"
HEADERS = "Authorization,request-id,request-context,traceparent,prefer"


def is_allowed(origin: str | None) -> bool:
    """True for an origin of Arbeidsflate, in any environment."""
    return origin is not None and any(pattern.fullmatch(origin) for pattern in ORIGINS)


def answer_headers(origin: str | None) -> dict[str, str]:
    """What every answer says to a page of that origin; nothing to others."""
    if origin is None or not is_allowed(origin):
        return {}
    return {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true", "Vary": "Origin"}


def preflight_headers(origin: str | None) -> dict[str, str]:
    """What the answer to a preflight says besides."""
    if not is_allowed(origin):
        return {}
    return {
        "Access-Control-Allow-Methods": METHODS,
        "Access-Control-Allow-Headers": HEADERS,
        "Access-Control-Max-Age": "600",
    }
