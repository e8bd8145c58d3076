"""Cuts the text of a SQL filter or action into tokens, and walks over them."""

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final


class SqlError(ValueError):
    """The text is no SQL filter or action."""


class Kind(Enum):
    """What a token is."""

    NUMBER = auto()
    TEXT = auto()
    NAME = auto()
    KEYWORD = auto()
    SIGN = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text. A quoted name is never a keyword."""

    kind: Kind
    text: str
    at: int


KEYWORDS: Final = frozenset(
    ("AND", "OR", "NOT", "IN", "LIKE", "ESCAPE", "IS", "NULL", "TRUE", "FALSE", "EXISTS", "SET", "REMOVE")
)
_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
      | (?P<text>'(?:[^']|'')*')
      | (?P<bracketed>\[(?:[^\]]|\]\])+\])
      | (?P<quoted>"(?:[^"]|"")+")
      | (?P<word>[^\W\d]\w*|[@$_]\w*)
      | (?P<sign><>|!=|<=|>=|[=<>(),+*/%.;-])
    )""",
    re.VERBOSE,
)

# What a quoted token is, and the quote that stands doubled inside it.
_QUOTED: Final = {"text": (Kind.TEXT, "'"), "bracketed": (Kind.NAME, "]"), "quoted": (Kind.NAME, '"')}


def tokens(text: str) -> list[Token]:
    """Return the tokens of `text`, an END last. Raises SqlError."""
    found, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise SqlError(f"unexpected text at position {at + 1}.")
        found.append(_token(match, at))
        at = match.end()
    return [*found, Token(Kind.END, "", at)]


def _token(match: re.Match[str], at: int) -> Token:
    group = match.lastgroup or ""
    text = match[group]
    if group in _QUOTED:
        kind, quote = _QUOTED[group]
        return Token(kind, text[1:-1].replace(quote * 2, quote), at)
    if group == "word":
        is_keyword = text.upper() in KEYWORDS
        return Token(Kind.KEYWORD, text.upper(), at) if is_keyword else Token(Kind.NAME, text, at)
    return Token(Kind.NUMBER if group == "number" else Kind.SIGN, text, at)


class Reader:
    """Walks over the tokens of one text."""

    def __init__(self, text: str) -> None:
        """Cut the text. Raises SqlError."""
        self._tokens = tokens(text)
        self._index = 0

    @property
    def here(self) -> Token:
        """The token that comes next."""
        return self._tokens[self._index]

    def at_end(self) -> bool:
        """Return whether everything is taken."""
        return self.here.kind is Kind.END

    def take(self) -> Token:
        """Return the next token and step over it; the END stays."""
        token = self.here
        self._index = min(self._index + 1, len(self._tokens) - 1)
        return token

    def takes(self, *texts: str) -> str:
        """Step over the next token if it is one of these signs or keywords, and return it; else return ''."""
        if self.here.kind in (Kind.SIGN, Kind.KEYWORD) and self.here.text in texts:
            return self.take().text
        return ""

    def expect(self, text: str) -> None:
        """Step over a sign or keyword that must come now. Raises SqlError."""
        if not self.takes(text):
            raise self.fault(f"expected {text}")

    def fault(self, problem: str) -> SqlError:
        """Return the error about the next token."""
        found = f"'{self.here.text}'" if self.here.text else "the end"
        return SqlError(f"{problem}, found {found} at position {self.here.at + 1}.")
