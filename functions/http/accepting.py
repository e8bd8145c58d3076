"""Which of its types an operation answers with, by the Accept header. Source: wire contract 13.5."""

from collections.abc import Sequence

_ANY = "*/*"


def accepts(accept: str | None, types: Sequence[str]) -> bool:
    """Only an exact type or `*/*` counts; weights and partial wildcards do not. No types: nothing is checked."""
    if not types or not accept or not accept.strip():
        return True
    named = set(_named(accept))
    return _ANY in named or not named.isdisjoint(types)


def chosen(accept: str | None, types: Sequence[str]) -> str:
    """Of these types the one that the header names first; the first of them when it names none."""
    return next((name for name in _named(accept or "") if name in types), types[0])


def _named(accept: str) -> list[str]:
    return [part.partition(";")[0].strip().lower() for part in accept.split(",")]
