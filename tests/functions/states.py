"""The states that the access table distinguishes, as letters and files lie in storage, and the callers there are.

A state of a letter is named alone (`read`), or with that of its file (`published/expired`).
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from functions.http.openapi import entry
from shared.domain.attachment import AttachmentChange, AttachmentStatus
from shared.domain.correspondence import AttachmentUse, CorrespondenceChange, Status
from shared.domain.forwarded import digest
from shared.domain.identifiers import AttachmentId, CorrespondenceId, PartyUrn, party_number
from shared.domain.labels import SystemLabel
from shared.domain.policy import Action, Issuer, Scope, Subject, own_work
from shared.domain.verdicts import Scan, Verdict
from shared.usecases import subscribing
from tests.builders import AGENCY, BUSINESS, NOW, PERSON, RESOURCE, attachment, content, in_status, notification_request
from tests.fakes.world import World

FORWARDED_TO = "ada@friend.example"
_PERMIT = own_work(Action.WRITE, RESOURCE, "states")
_LATER = {"requested_publish_time": NOW + timedelta(days=1)}
_SEEN = (Status.INITIALIZED, Status.PUBLISHED, Status.FETCHED)
_READ = (*_SEEN, Status.READ)


def _altinn(party: PartyUrn, *scopes: Scope) -> Subject:
    number = party_number(party) if party != PERSON else None
    return Subject(issuer=Issuer.ALTINN, scopes=frozenset(scopes), party=party, organisation=number, level=3)


CALLERS: Mapping[str, Subject] = {
    "sender": _altinn(AGENCY, Scope.WRITE),
    "recipient": _altinn(PERSON, Scope.READ),
    "both": _altinn(AGENCY, Scope.WRITE, Scope.READ),
    "other": _altinn(BUSINESS, Scope.WRITE, Scope.READ),
    "scopeless": _altinn(AGENCY),
    "platform": Subject(
        issuer=Issuer.MASKINPORTEN, scopes=frozenset({Scope.CONDITION_CHECK, Scope.FORWARD_CHECK}), party=AGENCY
    ),
    "subscriber": _altinn(AGENCY, Scope.EVENTS_SUBSCRIBE),
    "another": _altinn(BUSINESS, Scope.EVENTS_SUBSCRIBE),
    "operator": Subject(issuer=Issuer.MASKINPORTEN, scopes=frozenset({Scope.MAINTENANCE}), party=AGENCY),
    "scans": Subject(issuer=Issuer.ENTRA, scopes=frozenset({Scope.EVENT_GRID})),
}
"""Whom each bearer token stands for; `none` comes without one."""

_AS_SENDER = ((Action.WRITE, AGENCY),)
_AS_RECIPIENT = ((Action.READ, PERSON), (Action.READ_ATTACHMENT, PERSON))
RIGHTS: Mapping[str, tuple[tuple[Action, PartyUrn], ...]] = {
    "sender": _AS_SENDER,
    "recipient": _AS_RECIPIENT,
    "both": (*_AS_SENDER, *_AS_RECIPIENT, (Action.READ, AGENCY)),
    "scopeless": (*_AS_SENDER, *_AS_RECIPIENT),
    "subscriber": ((Action.READ, AGENCY), *_AS_SENDER),
}
"""What the decision point permits each, for whom; nothing to those who are not named."""

LETTERS: Mapping[str, tuple[tuple[Status, ...], Mapping[str, Any]]] = {
    "initialized": ((Status.INITIALIZED,), _LATER),
    "ready": ((Status.INITIALIZED, Status.READY_FOR_PUBLISH), _LATER),
    "reserved": ((Status.INITIALIZED, Status.RESERVED), _LATER),
    "failed": ((Status.INITIALIZED, Status.FAILED), {}),
    "published": (_SEEN[:2], {}),
    "fetched": (_SEEN, {}),
    "read": (_READ, {}),
    "confirmed": ((*_SEEN, Status.CONFIRMED), {}),
    "downloaded": ((*_SEEN, Status.ATTACHMENTS_DOWNLOADED), {}),
    "forwarded": ((*_READ, Status.FORWARDED), {"forwarded_to": frozenset({digest(FORWARDED_TO)})}),
    "archived": (_READ, {"labels": frozenset({SystemLabel.ARCHIVE})}),
    "to-confirm": (_SEEN, {"is_confirmation_needed": True}),
    "not-to-forward": (_READ, {"allow_forwarding": False}),
    "purged": ((*_READ, Status.PURGED_BY_RECIPIENT), {}),
    "downloaded-purged": ((*_SEEN, Status.ATTACHMENTS_DOWNLOADED, Status.PURGED_BY_RECIPIENT), {}),
    "withdrawn": ((Status.INITIALIZED, Status.PURGED_BY_ALTINN), _LATER),
}
"""Every status it has had, the current one last (Fetched never is), and what else the state is made of."""

FILES: Mapping[str, AttachmentStatus] = {
    "initialized": AttachmentStatus.INITIALIZED,
    "uploaded": AttachmentStatus.UPLOAD_PROCESSING,
    "published": AttachmentStatus.PUBLISHED,
    "failed": AttachmentStatus.FAILED,
    "purged": AttachmentStatus.PURGED,
    "expired": AttachmentStatus.EXPIRED,
    "in-waiting-letter": AttachmentStatus.PUBLISHED,
    "in-published-letter": AttachmentStatus.PUBLISHED,
}
"""The status of a file; the last two are in use."""


async def letter_in(state: str) -> World:
    """One letter in this state, with one file; `unknown` is a world without the letter."""
    name, _, file = state.partition("/")
    world = World()
    if file != "unknown":
        await _file(world, FILES[file or "published"])
    if name != "unknown":
        await _letter(world, name)
    return world


async def file_in(state: str) -> World:
    """One file in this state."""
    world = World()
    if state != "unknown":
        await _file(world, FILES[state])
    if letter := {"in-waiting-letter": "ready", "in-published-letter": "published"}.get(state):
        await _letter(world, letter)
    return world


async def subscription_in(state: str) -> World:
    """The subscription of the resource's owner."""
    world = World()
    if state != "unknown":
        world.decisions.only = RIGHTS["subscriber"]
        wish = subscribing.NewSubscription(endpoint="https://agency.example/letters", resource_id=RESOURCE)
        await subscribing.subscribe(world.app, CALLERS["subscriber"], wish)
    return world


async def _letter(world: World, name: str) -> None:
    statuses, changes = LETTERS[name]
    current = [status for status in statuses if status is not Status.FETCHED][-1]
    state = in_status(
        current,
        *statuses,
        **{
            "id": CorrespondenceId(entry.LETTER),
            "recipient": PERSON,
            "attachments": (AttachmentUse(AttachmentId(entry.FILE)),),
            "allow_forwarding": True,
            "notification": notification_request(),
            **changes,
        },
    )
    await world.app.attachments.link(AttachmentId(entry.FILE), state.id, at=NOW)
    await world.app.correspondences.create(CorrespondenceChange(state=state), content(), _PERMIT)


async def _file(world: World, status: AttachmentStatus) -> None:
    id_ = AttachmentId(entry.FILE)
    stored = None if status is AttachmentStatus.INITIALIZED else world.blobs.put(id_, b"%PDF-1.7 vedtak")
    state = attachment(id=id_, status=status, stored=stored)
    clean = status in {AttachmentStatus.PUBLISHED, AttachmentStatus.EXPIRED}
    verdicts = (Verdict(stored.etag, Scan.CLEAN, "clean", NOW),) if stored and clean else ()
    await world.app.attachments.create(AttachmentChange(state=state, rows=verdicts), _PERMIT)
