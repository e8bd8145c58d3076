"""Forwarding a correspondence to somebody's e-mail address, and what that e-mail says. Pure decisions."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from shared.domain.changes import Due, Task
from shared.domain.checks import TextProbe
from shared.domain.checks_files import characters
from shared.domain.checks_notification import is_email
from shared.domain.correspondence import (
    Correspondence,
    CorrespondenceChange,
    Status,
    require_available,
    step,
    with_fact,
)
from shared.domain.errors import DomainError, Refusal
from shared.domain.facts import FactType
from shared.domain.forwarded import LOOKS, OPEN, Forwarding, ForwardingState, digest

MAX_ADDRESS = 1000
MAX_TEXT = 200
MAX_ATTACHED_BYTES = 7_000_000
"""What an e-mail takes as attachments: its 10 MB count them in base64, and the text besides."""

SEPARATOR = "-" * 20
_ELSEWHERE = {
    "nb": "Vedlegg som ligger hos avsenderen:",
    "nn": "Vedlegg som ligg hos avsendaren:",
    "en": "Attachments that the sender keeps:",
}
_TOO_LARGE = {
    "nb": "Vedleggene er for store for e-post. Logg inn for å hente dem:",
    "nn": "Vedlegga er for store for e-post. Logg inn for å hente dei:",
    "en": "The attachments are too large for e-mail. Log in to fetch them:",
}


def reserve(state: Correspondence, wish: Forwarding, *, texts: TextProbe) -> CorrespondenceChange:
    """The address is taken, and somebody will look what became of it, also when we crash now.

    Raises 1001, 3011, 3027, 1063, 1066, 1067, 1065, 1064, in this order. Source: wire contract 4.1.2 and 14.
    """
    require_available(state)
    if not is_email(wish.address):
        raise DomainError(Refusal.EMAIL_INVALID, "forwardTo is not a valid e-mail address")
    if characters(wish.address) > MAX_ADDRESS:
        raise DomainError(Refusal.FORWARD_ADDRESS_TOO_LONG)
    if not state.allow_forwarding:
        raise DomainError(Refusal.FORWARDING_NOT_ALLOWED)
    if characters(wish.text) > MAX_TEXT:
        raise DomainError(Refusal.FORWARDING_TEXT_TOO_LONG)
    if wish.text and not texts.is_plain_text(wish.text):
        raise DomainError(Refusal.FORWARDING_TEXT_NOT_PLAIN_TEXT)
    if Status.READ not in state.ever:
        raise DomainError(Refusal.FORWARD_BEFORE_READ)
    if digest(wish.address) in state.forwarded_to:
        raise DomainError(Refusal.ALREADY_FORWARDED)
    after = replace(state, forwarded_to=state.forwarded_to | {digest(wish.address)})
    return CorrespondenceChange(state=after, rows=(wish,), due=(_look(state, wish, 1),))


def sent(state: Correspondence, forwarding: Forwarding, *, now: datetime) -> CorrespondenceChange | None:
    """It was accepted for sending. None when more is known of it.

    It is looked at right away, as attempt 0; the looks that the reservation has begun go on beside it.
    """
    if forwarding.state is not ForwardingState.RESERVED:
        return None
    after = replace(forwarding, state=ForwardingState.SENT, changed=now)
    return CorrespondenceChange(state=state, rows=(after,), due=(replace(_look(state, forwarding, 0), at=now),))


def delivered(state: Correspondence, forwarding: Forwarding, *, now: datetime) -> CorrespondenceChange | None:
    """The correspondence has been forwarded, at the time when that was asked for; a purged one keeps no more of it.

    None when it is known already. Source: wire contract 4.1.1.
    """
    if forwarding.state not in OPEN:
        return None
    after = replace(forwarding, state=ForwardingState.DELIVERED, changed=now)
    if not state.is_available_to_recipient:
        return CorrespondenceChange(state=state, rows=(after,))
    change = step(state, Status.FORWARDED, party=forwarding.by, now=forwarding.created)
    change = with_fact(change, FactType.FORWARDED, state.sender, now, by=forwarding.by, forwarding=forwarding.id)
    return replace(change, rows=(after,))


def failed(state: Correspondence, forwarding: Forwarding, *, now: datetime) -> CorrespondenceChange | None:
    """Nothing was sent, and the address may be tried again. None when more is known of it."""
    if forwarding.state not in OPEN:
        return None
    after = replace(state, forwarded_to=state.forwarded_to - {digest(forwarding.address)})
    return CorrespondenceChange(state=after, rows=(replace(forwarding, state=ForwardingState.FAILED, changed=now),))


def given_up(state: Correspondence, forwarding: Forwarding, *, now: datetime) -> CorrespondenceChange | None:
    """Nobody will ever know: it may have arrived, so the address stays taken. None when more is known of it."""
    if forwarding.state not in OPEN:
        return None
    return CorrespondenceChange(state=state, rows=(replace(forwarding, state=ForwardingState.UNKNOWN, changed=now),))


def next_look(
    state: Correspondence, forwarding: Forwarding, attempt: int, *, not_before: datetime | None = None
) -> Due | None:
    """When it is looked at after the look `attempt` (from 1) has found it open; None for never again."""
    if attempt >= len(LOOKS):
        return None
    due = _look(state, forwarding, attempt + 1)
    return replace(due, at=max(due.at, not_before or due.at))


def _look(state: Correspondence, forwarding: Forwarding, attempt: int) -> Due:
    at = forwarding.created + LOOKS[max(attempt, 1) - 1]
    return Due(Task.CATCH_UP, f"forward:{state.id}:{forwarding.id}", at, attempt)


def email_text(
    own_words: str, body: str, *, left_here: Sequence[str] = (), elsewhere: Sequence[str] = (), language: str
) -> str:
    """What the e-mail says: the forwarder's words, if any, the body, and where the files are that it cannot carry.

    `left_here` and `elsewhere` are lines with a name and an address each.
    """
    parts = [own_words, SEPARATOR, body] if own_words else [body]
    for heading, lines in ((_TOO_LARGE, left_here), (_ELSEWHERE, elsewhere)):
        if lines:
            parts += [SEPARATOR, "\n".join([heading.get(language.lower(), heading["nb"]), *lines])]
    return "\n\n".join(parts)
