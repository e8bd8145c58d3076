"""Tokens that are numbers of what was sealed."""

from dataclasses import dataclass, field


@dataclass
class FakeSeals:
    """Fulfils the port Seals."""

    sealed: dict[str, tuple[str, str]] = field(default_factory=dict)

    def seal(self, text: str, *, belongs_to: str) -> str:
        token = f"token-{len(self.sealed)}"
        self.sealed[token] = (text, belongs_to)
        return token

    def open(self, token: str, *, belongs_to: str) -> str | None:
        text, owner = self.sealed.get(token, ("", None))
        return text if owner == belongs_to else None
