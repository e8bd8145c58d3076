"""What a recipient, or a sender withdrawing, does: mark as read or unread, confirm, archive, purge."""

from datetime import datetime
from typing import Protocol

from shared.domain import receiving
from shared.domain.correspondence import Correspondence, CorrespondenceChange
from shared.domain.errors import DomainError, Refusal
from shared.domain.identifiers import CorrespondenceId, PartyUrn
from shared.domain.policy import Permit, Scope, Subject
from shared.ports import App, Loaded
from shared.usecases.access import Roles, acting_party, roles_of
from shared.usecases.saving import decide_correspondence


async def find(app: App, id_: CorrespondenceId) -> Loaded[Correspondence]:
    """The correspondence. Raises 1001 when there is none: before any question of access (wire contract 6.4)."""
    loaded = await app.correspondences.load(id_)
    if loaded is None:
        raise DomainError(Refusal.CORRESPONDENCE_NOT_FOUND)
    return loaded


async def mark_as_read(app: App, caller: Subject, id_: CorrespondenceId) -> None:
    """It counts as read. Raises 1001, 1024, 1040, 4001."""
    await _decide_as_recipient(app, caller, id_, receiving.mark_as_read)


async def mark_as_unread(app: App, caller: Subject, id_: CorrespondenceId) -> None:
    """What was read stands as unopened until it is opened again. Raises 1001, 4001."""
    await _decide_as_recipient(app, caller, id_, receiving.mark_as_unread)


async def archive(app: App, caller: Subject, id_: CorrespondenceId) -> None:
    """It lies in the recipient's archive; nobody is reminded of it. Raises 1001, 4001."""
    await _decide_as_recipient(app, caller, id_, receiving.archive)


async def unarchive(app: App, caller: Subject, id_: CorrespondenceId) -> None:
    """It lies where it arrived. Raises 1001, 4001."""
    await _decide_as_recipient(app, caller, id_, receiving.unarchive)


async def confirm(app: App, caller: Subject, id_: CorrespondenceId) -> None:
    """Receipt is confirmed when this returns; the dialog follows. Raises 1001, 1025, 1041, 4001."""
    await _decide_as_recipient(app, caller, id_, receiving.confirm)


async def purge(app: App, caller: Subject, id_: CorrespondenceId) -> None:
    """It is gone for its recipient, or withdrawn by its sender. Raises 1001, 1013, 1014, 1026, 1043, 4001."""
    loaded = await find(app, id_)
    roles = await roles_of(app, caller, loaded.state)
    party = await acting_party(app, caller)
    now = app.clock()
    if _as_sender(roles, caller):
        decide = receiving.purge_by_sender
    elif roles.recipient is not None and (caller.has(Scope.READ) or roles.sender is None):
        decide = receiving.purge_by_recipient
    else:
        decide = _purge_as_either
    await decide_correspondence(app, id_, roles.any, lambda state: decide(state, party, now=now), first=loaded)


def _as_sender(roles: Roles, caller: Subject) -> bool:
    return roles.sender is not None and (caller.has(Scope.WRITE) or roles.recipient is None)


def _purge_as_either(state: Correspondence, party: PartyUrn, *, now: datetime) -> CorrespondenceChange:
    """Sender's rules, then recipient's; when both refuse, the sender's refusal. Source: wire contract 6.3."""
    try:
        return receiving.purge_by_sender(state, party, now=now)
    except DomainError as refusal:
        try:
            return receiving.purge_by_recipient(state, party, now=now)
        except DomainError:
            raise refusal from None


class _Deed(Protocol):
    """Something a recipient does, decided purely."""

    def __call__(self, state: Correspondence, party: PartyUrn, *, now: datetime) -> CorrespondenceChange | None: ...


async def _decide_as_recipient(app: App, caller: Subject, id_: CorrespondenceId, deed: _Deed) -> None:
    loaded, permit, party = await as_recipient(app, caller, id_)
    now = app.clock()
    await decide_correspondence(app, id_, permit, lambda state: deed(state, party, now=now), first=loaded)


async def as_recipient(
    app: App, caller: Subject, id_: CorrespondenceId
) -> tuple[Loaded[Correspondence], Permit, PartyUrn]:
    """The correspondence, the permit to act as its recipient, and who does. Raises 1001, 4001, 4006, 4002."""
    loaded = await find(app, id_)
    roles = await roles_of(app, caller, loaded.state)
    if roles.recipient is None:
        raise DomainError(Refusal.NO_ACCESS)
    return loaded, roles.recipient, await acting_party(app, caller)
