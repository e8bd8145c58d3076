"""What texts may be and how they are shown: Markdown, HTML and phone numbers are known by libraries, not by us."""

from typing import Protocol

from shared.domain.correspondence import Content


class TextRules(Protocol):
    """Checks and conversions of texts. None of them fails on any input."""

    def is_plain_text(self, text: str) -> bool:
        """True when it holds no Markdown or HTML to speak of. Source: wire contract 5.5."""

    def is_markdown(self, text: str) -> bool:
        """True when it is Markdown without HTML tags outside code. Source: wire contract 5.5."""

    def is_mobile(self, number: str) -> bool:
        """True for a valid number that begins with `+` or `00`. Source: wire contract 5.8."""

    def plain(self, text: str) -> str:
        """The text without Markdown and HTML, for places that show neither."""

    def shown(self, content: Content) -> str:
        """The body as it goes out, as Markdown that is safe to render. Source: wire contract 12.1."""

    def rendered(self, content: Content) -> str:
        """The body as a piece of HTML that is safe to show: nothing in it runs, loads but images, or submits."""
