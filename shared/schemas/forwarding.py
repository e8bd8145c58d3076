"""The bodies of forwarding. Source: wire contract 2.6 and 1.2."""

from shared.schemas.base import Answer, Wire


class ForwardCorrespondence(Wire):
    """`ForwardCorrespondenceRequestExt`: the e-mail address, and words of one's own to go before the message."""

    forward_to: str
    forwarding_text: str | None = None


class MayForward(Answer):
    """Whether the sender lets the message be forwarded."""

    allow_forwarding: bool
