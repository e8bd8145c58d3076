"""What is given away and must come back unchanged."""

from typing import Protocol


class Seals(Protocol):
    """Makes tokens that nobody can read, change or use for anything else than they were made for."""

    def seal(self, text: str, *, belongs_to: str) -> str:
        """The text as a token for a URL: letters, digits, `-` and `_`."""

    def open(self, token: str, *, belongs_to: str) -> str | None:
        """The text of a token of `seal` with the same `belongs_to`; None for any other token."""
