"""Query parameters of the token routes. Whatever is wrong is said by the parameter's name, never by its value."""

import re
from collections.abc import Mapping

from local import numbers
from local.services.claims import LEVELS


class BadParameter(ValueError):
    """A parameter is missing or wrong; the text names it and says what is expected."""


def organisation_number(query: Mapping[str, str], name: str) -> str:
    """Return the organisation number in this parameter, with or without its prefix.

    Raises:
        BadParameter: when it is missing or its check digit does not hold.
    """
    value = query.get(name, "").strip().removeprefix("0192:").removeprefix(numbers.ORGANISATION_URN)
    if not numbers.valid_organisation_number(value):
        raise BadParameter(f"'{name}' must be an organisation number: nine digits with a valid check digit.")
    return value


def personal_number(query: Mapping[str, str], name: str = "pid") -> str:
    """Return the personal number in this parameter.

    Raises:
        BadParameter: when it is missing or its check digits do not hold.
    """
    value = query.get(name, "").strip().removeprefix(numbers.PERSON_URN)
    if not numbers.valid_personal_number(value):
        raise BadParameter(f"'{name}' must be a personal number: eleven digits with valid check digits.")
    return value


def scopes(query: Mapping[str, str], default: str) -> list[str]:
    """Return the scopes asked for, each once, in order; they may stand apart by spaces or commas."""
    return list(dict.fromkeys(re.split(r"[\s,]+", query.get("scopes", "").strip(" ,") or default)))


def whole_number(query: Mapping[str, str], name: str) -> int | None:
    """Return the whole number in this parameter, or None when it is missing.

    Raises:
        BadParameter: when it is none, or too big for any use.
    """
    text = query.get(name, "").strip()
    if not text:
        return None
    if not re.fullmatch(r"-?\d{1,9}", text):
        raise BadParameter(f"'{name}' must be a whole number.")
    return int(text)


def authentication(query: Mapping[str, str]) -> tuple[str, int]:
    """Return the `acr` asked for and its authentication level; `authLvl` alone gives the `acr` that has it.

    Raises:
        BadParameter: when either is not known.
    """
    acr = query.get("acr", "").strip()
    if acr:
        if acr not in LEVELS:
            raise BadParameter(f"'acr' must be one of {', '.join(LEVELS)}.")
        return acr, LEVELS[acr]
    level = whole_number(query, "authLvl")
    if level is None:
        level = 3
    if not 0 <= level <= 4:
        raise BadParameter("'authLvl' must be from 0 to 4.")
    return next(name for name, value in LEVELS.items() if value <= level), level
