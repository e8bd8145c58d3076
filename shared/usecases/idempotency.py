"""The same key and request give the same answer again. Keys belong to the service owner. Source: design 9."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain.correspondence import Status
from shared.domain.errors import DomainError, Refusal, Unavailable
from shared.domain.identifiers import AttachmentId, CorrespondenceId, PartyUrn
from shared.domain.requests import Initialised, InitialisedOne, NewMessage
from shared.ports import App, KeyedRequest
from shared.telemetry import Log

_FLIGHT_OF_ONE = timedelta(seconds=30)  # One create takes milliseconds; its repeat should not wait long after a crash.
_FLIGHT_OF_MANY = timedelta(minutes=5)
_LOOK_AGAIN_FOR_ONE = timedelta(seconds=1)
_LOOK_AGAIN_FOR_MANY = timedelta(seconds=5)
_log = Log("idempotency")


async def begin(app: App, owner: PartyUrn, message: NewMessage, *, now: datetime) -> datetime | Initialised:
    """Take the key: the instant its ids derive from, or the answer that was given before.

    Raises 1034: with the ids that exist when the key stands for another request, with `retryAfter` seconds while the
    first one is still in flight.
    """
    key = message.idempotent_key
    if key is None:
        return now
    new = _request(owner, message, key, now)
    existing = await app.idempotency.begin(new)
    if existing is None:
        return now
    if (answer := _first_answer(existing.state, message, now)) is not None:
        return answer
    if not await app.idempotency.take_over(existing, until=new.in_flight_until):
        raise _in_flight(message)
    return existing.state.created


async def look(app: App, owner: PartyUrn, message: NewMessage, *, now: datetime) -> Initialised | None:
    """The answer that `begin` would give again, or None; the key is not taken. Raises 1034 as `begin` does."""
    if message.idempotent_key is None:
        return None
    found = await app.idempotency.find(owner, message.idempotent_key)
    return _first_answer(found, message, now) if found is not None else None


async def finish(app: App, owner: PartyUrn, message: NewMessage, answer: Initialised) -> None:
    """The answer is kept for every repeat."""
    if message.idempotent_key is not None:
        await app.idempotency.finish(owner, message.idempotent_key, _format(answer))


async def forget(app: App, owner: PartyUrn, message: NewMessage, *, begun: datetime) -> None:
    """Nothing was made since `begun`: the key is free for a mended request, unless a repeat goes on with it.

    A store that does not answer now keeps the key until its flight ends; the refusal is told all the same.
    """
    if message.idempotent_key is not None:
        try:
            await app.idempotency.forget(_request(owner, message, message.idempotent_key, begun))
        except Unavailable as error:
            _log.warning("idempotency.not_forgotten", neighbour=error.neighbour)


async def answered(app: App, owner: PartyUrn, key: str) -> list[CorrespondenceId]:
    """The correspondences that were made with this key of this owner."""
    found = await app.idempotency.find(owner, key)
    return _ids(found) if found is not None else []


def _request(owner: PartyUrn, message: NewMessage, key: str, now: datetime) -> KeyedRequest:
    flight = _FLIGHT_OF_ONE if len(message.recipients) == 1 else _FLIGHT_OF_MANY
    return KeyedRequest(owner=owner, key=key, digest=message.digest, created=now, in_flight_until=now + flight)


def _first_answer(request: KeyedRequest, message: NewMessage, now: datetime) -> Initialised | None:
    """What was answered, or None when the flight ended without an answer. Raises 1034."""
    if request.digest != message.digest:
        raise _used_otherwise(request)
    if request.response is not None:
        return replace(_parse(request.response, message.recipients), replayed=True)
    if now < request.in_flight_until:
        raise _in_flight(message)
    return None


def _in_flight(message: NewMessage) -> DomainError:
    """Look again soon: a flight that ends well is short, and only one that crashed lasts to its end."""
    wait = _LOOK_AGAIN_FOR_ONE if len(message.recipients) == 1 else _LOOK_AGAIN_FOR_MANY
    detail = "A request with this idempotent key is being worked on; try again later"
    return DomainError(Refusal.KEY_ALREADY_USED, detail, extra={"retryAfter": int(wait.total_seconds())})


def _used_otherwise(request: KeyedRequest) -> DomainError:
    detail = "The idempotent key was used for a different request"
    return DomainError(Refusal.KEY_ALREADY_USED, detail, extra={"correspondenceIds": _ids(request)})


def _format(answer: Initialised) -> str:
    """Without the recipients, which the repeat names again: the answer to 500 fits the row, and costs no blob."""
    places: dict[str, list[int]] = {}
    for place, one in enumerate(answer.correspondences):
        places.setdefault(one.status.value, []).append(place)
    ids = [one.id for one in answer.correspondences]
    members = {"v": 2, "correspondences": ids, "statuses": places, "attachments": list(answer.attachment_ids)}
    return json.dumps(members, separators=(",", ":"))


def _parse(text: str, recipients: Sequence[PartyUrn]) -> Initialised:
    """The answer to the request with these recipients, in their order."""
    data = json.loads(text)
    statuses = {place: Status(status) for status, places in data["statuses"].items() for place in places}
    ones = tuple(
        InitialisedOne(CorrespondenceId(id_), statuses[place], recipient)
        for place, (id_, recipient) in enumerate(zip(data["correspondences"], recipients, strict=True))
    )
    return Initialised(ones, tuple(AttachmentId(a) for a in data["attachments"]))


def _ids(request: KeyedRequest) -> list[CorrespondenceId]:
    """What exists for it, as far as it was answered."""
    return (
        [CorrespondenceId(id_) for id_ in json.loads(request.response)["correspondences"]] if request.response else []
    )
