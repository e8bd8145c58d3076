"""Looking at correspondences: overview, details, the body. What leaves a trace says so."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared.domain import labels, receiving
from shared.domain.attachment import Attachment
from shared.domain.changes import HistoryEntry
from shared.domain.correspondence import (
    HIDDEN_FROM_SENDER,
    AttachmentUse,
    Content,
    Correspondence,
    Status,
    require_available,
)
from shared.domain.errors import DomainError, Refusal
from shared.domain.identifiers import CorrespondenceId
from shared.domain.labels import SystemLabel
from shared.domain.notification import Notification
from shared.domain.policy import Action, Subject
from shared.domain.replies import with_reply_links
from shared.ports import App, Loaded
from shared.usecases import lifecycle
from shared.usecases.access import Roles, acting_party, require, roles_of
from shared.usecases.acting import find
from shared.usecases.saving import decide_correspondence


@dataclass(frozen=True, slots=True)
class Page:
    """An opened letter: `body` is HTML that is safe to show, the title plain text."""

    language: str
    title: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrespondenceView:
    """What one caller sees. `content` None: hidden from a sender after publication; `shown_body` is what goes out.

    `owner_code` is the short name of the resource's owner, None when the registry does not know it;
    `system_label` is the recipient's, and no business of a sender's.
    """

    state: Correspondence
    content: Content | None
    shown_body: str | None
    attachments: tuple[tuple[AttachmentUse, Attachment], ...]
    notifications: tuple[Notification, ...]
    history: tuple[HistoryEntry, ...] = ()
    owner_code: str | None = None
    system_label: SystemLabel = SystemLabel.DEFAULT


async def overview(app: App, caller: Subject, id_: CorrespondenceId) -> CorrespondenceView:
    """The correspondence as it stands. A recipient's look is noted as Fetched, debounced. Raises 1001, 4001, 4002."""
    loaded, roles = await _open(app, caller, id_)
    if loaded.state.is_purged:
        raise DomainError(Refusal.CORRESPONDENCE_NOT_FOUND)
    state = await _note_look(app, caller, loaded, roles)
    view = await _view(app, state, roles)
    if roles.recipient is None or view.content is None:
        return view
    content = with_reply_links(view.content, state.reply_options)
    return replace(view, content=content, shown_body=content.body)


async def glance(app: App, caller: Subject, id_: CorrespondenceId) -> CorrespondenceView:
    """The overview for a list: without the body, and so without a trace. Raises 1001, 4001.

    A body that could be had here could be read without anybody knowing.
    """
    loaded, roles = await _open(app, caller, id_)
    if loaded.state.is_purged:
        raise DomainError(Refusal.CORRESPONDENCE_NOT_FOUND)
    if roles.waits_for_publication:
        require_available(loaded.state)
    return replace(await _view(app, loaded.state, roles), shown_body="")


async def details(app: App, caller: Subject, id_: CorrespondenceId) -> CorrespondenceView:
    """The overview with its histories. A recipient's look is always noted. Raises 1001, 4001, 4002."""
    loaded, roles = await _open(app, caller, id_)
    state = await _note_look(app, caller, loaded, roles, debounce=False)
    view = await _view(app, state, roles)
    history = await app.correspondences.history(id_)
    if roles.recipient is None:
        history = [entry for entry in history if Status(entry.status) not in HIDDEN_FROM_SENDER]
    resource = await app.registry.resource(state.resource_id) if view.notifications else None
    return replace(
        view,
        history=tuple(history),
        owner_code=resource.owner_code if resource else None,
        system_label=labels.shown(state.labels) if roles.recipient else SystemLabel.DEFAULT,
    )


async def notifications(app: App, caller: Subject, id_: CorrespondenceId) -> Sequence[Notification]:
    """Everything that was sent about it, for its sender, also when it is purged. Raises 1001, 4001."""
    state = (await find(app, id_)).state
    await require(app, caller, Action.WRITE, state.resource_id, state.sender)
    return await app.correspondences.notifications(id_)


async def open_content(app: App, caller: Subject, id_: CorrespondenceId) -> str:
    """The body as safe Markdown. The first opening by a recipient is Read. Raises 1001, 4001, 4002."""
    return await asyncio.to_thread(app.texts.shown, await _opened(app, caller, id_))


async def open_page(app: App, caller: Subject, id_: CorrespondenceId) -> Page:
    """The body as safe HTML; for the rest the same as `open_content`."""
    content = await _opened(app, caller, id_)
    return Page(content.language.lower(), content.title, await asyncio.to_thread(app.texts.rendered, content))


async def _opened(app: App, caller: Subject, id_: CorrespondenceId) -> Content:
    loaded, roles = await _open(app, caller, id_)
    if roles.recipient is None:
        raise DomainError(Refusal.NO_ACCESS)
    permit = roles.recipient
    require_available(loaded.state)
    if roles.acts_as_recipient:
        await _note_look(app, caller, loaded, roles)
        party, now = await acting_party(app, caller), app.clock()
        await decide_correspondence(app, id_, permit, lambda state: receiving.read(state, party, now=now))
    content = await app.correspondences.content(id_, permit)
    if content is None:
        raise DomainError(Refusal.CORRESPONDENCE_NOT_FOUND)
    return with_reply_links(content, loaded.state.reply_options)


async def _open(app: App, caller: Subject, id_: CorrespondenceId) -> tuple[Loaded[Correspondence], Roles]:
    """Load and ask; what is due but not yet published is published first, so that nobody comes too early."""
    loaded = await find(app, id_)
    roles = await roles_of(app, caller, loaded.state)
    if roles.waits_for_publication and lifecycle.is_overdue(loaded.state, now=app.clock()):
        await lifecycle.look(app, id_, attempt=None)
        loaded = await find(app, id_)
    return loaded, roles


async def _note_look(
    app: App, caller: Subject, loaded: Loaded[Correspondence], roles: Roles, *, debounce: bool = True
) -> Correspondence:
    """A recipient must be let see it, and their look goes into the history; senders leave no trace. Raises 1001."""
    state = loaded.state
    if roles.waits_for_publication:
        require_available(state)
    if not roles.acts_as_recipient:
        return state
    party, now = await acting_party(app, caller), app.clock()
    last = await app.correspondences.last_seen(state.id, party) if debounce else None
    return await decide_correspondence(
        app,
        state.id,
        roles.any,
        lambda s: receiving.fetch(s, party, last=last, now=now, debounce=debounce),
        first=loaded,
        seen=party,
    )


async def _view(app: App, state: Correspondence, roles: Roles) -> CorrespondenceView:
    visible = roles.recipient is not None or Status.PUBLISHED not in state.ever
    content = await app.correspondences.content(state.id, roles.any) if visible else None
    known = await app.attachments.load_many([use.id for use in state.attachments])
    return CorrespondenceView(
        state=state,
        content=content,
        shown_body=content.body if content else None,
        attachments=tuple((use, known[use.id]) for use in state.attachments if use.id in known) if visible else (),
        notifications=tuple(await app.correspondences.notifications(state.id)) if state.notification else (),
    )
