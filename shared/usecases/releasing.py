"""Who uses an attachment, and what becomes of it when nobody does any more: its bytes go."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from shared.domain import attachment as attachments
from shared.domain.attachment import Attachment, AttachmentChange, AttachmentStatus
from shared.domain.correspondence import Correspondence
from shared.domain.errors import DomainError
from shared.domain.identifiers import AttachmentId, CorrespondenceId, uuid7
from shared.domain.policy import Action, own_work
from shared.ports import App
from shared.telemetry import Log
from shared.usecases.saving import decide_attachment

_PAGE = 100
_LINK_COUNTS = timedelta(minutes=15)  # Source: design 1: a link whose correspondence is missing.
_GONE = frozenset({AttachmentStatus.PURGED, AttachmentStatus.EXPIRED})
_log = Log("releasing")


async def is_in_use(
    app: App, id_: AttachmentId, *, beyond: datetime | None = None, after: CorrespondenceId | None = None
) -> bool:
    """A correspondence uses the attachment, or may be about to. Reads until the first living link, from `after` on.

    With `beyond` those count that are not purged, and use it longer than until then. A link that a create left which
    was never committed, or has other files, is dropped: nobody could ever delete the attachment.
    """
    while links := await app.attachments.links(id_, after=after, limit=_PAGE):
        for correspondence, at in links:
            if app.clock() - at < _LINK_COUNTS:
                return True
            user = await app.correspondences.load(correspondence)
            if user is None or all(use.id != id_ for use in user.state.attachments):
                await app.attachments.unlink(id_, correspondence)
            elif beyond is None or _uses_beyond(user.state, id_, beyond):
                return True
        after = links[-1][0]
    return False


async def lasts_beyond(app: App, state: Attachment, moment: datetime) -> bool:
    """Somebody uses it longer than until then.

    Whoever began to use it less than its lifetime before that moment does, so those are looked at first: an
    attachment of a million letters costs one page while there are new ones.
    """
    if state.expiration_in_days is not None:
        begun = max(state.created, moment - timedelta(days=state.expiration_in_days))
        if await is_in_use(app, state.id, beyond=moment, after=CorrespondenceId(uuid7(begun, bytes(10)))):
            return True
    return await is_in_use(app, state.id, beyond=moment)


async def release(app: App, state: Correspondence) -> None:
    """The bytes of a purged correspondence go when nobody else uses them. Source: wire contract 7.3."""
    for use in state.attachments:
        await app.attachments.unlink(use.id, state.id)
        if not await is_in_use(app, use.id):
            await close(app, use.id)


async def close(app: App, id_: AttachmentId) -> None:
    """An attachment that nobody uses is purged; a link that comes in between keeps it."""
    now = app.clock()
    await _end(app, id_, lambda: is_in_use(app, id_), lambda s: attachments.purge(s, party=s.sender, now=now))


async def expire(app: App, id_: AttachmentId, *, due: datetime) -> None:
    """At the end of its last use the attachment is Expired and its bytes are gone. Source: wire contract 7.4.

    `due` is a time that has come by somebody else's clock. Every use has its own entry on the agenda: whichever comes
    last finds none that lasts longer.
    """
    loaded = await app.attachments.load(id_)
    now = max(app.clock(), due)
    if loaded is None or await lasts_beyond(app, loaded.state, now):
        return
    state = loaded.state
    await _end(app, id_, lambda: lasts_beyond(app, state, now), lambda s: attachments.expire(s, now=now))


async def drop_bytes(app: App, id_: AttachmentId) -> None:
    """The bytes of what is purged or expired are gone, also when whoever ended it crashed right afterwards."""
    loaded = await app.attachments.load(id_)
    if loaded is not None and loaded.state.status in _GONE:
        await app.blobs.delete(id_)


async def _end(
    app: App,
    id_: AttachmentId,
    is_kept: Callable[[], Awaitable[bool]],
    decide: Callable[[Attachment], AttachmentChange | None],
) -> None:
    """It is closed to new links first, so that none can slip in between the question and the end. Source: design 1."""
    loaded = await app.attachments.load(id_)
    if loaded is None or loaded.state.status in _GONE:
        return
    permit = own_work(Action.WRITE, loaded.state.resource_id, "lifecycle")
    await decide_attachment(app, id_, permit, lambda s: attachments.set_closing(s, closing=True))
    if await is_kept():
        await decide_attachment(app, id_, permit, lambda s: attachments.set_closing(s, closing=False))
        return
    try:
        state = await decide_attachment(app, id_, permit, decide)
    except DomainError:
        return
    if state.status in _GONE:
        await app.blobs.delete(id_)
        _log.info("attachment.released", attachment=id_, status=state.status)


def _uses_beyond(user: Correspondence, id_: AttachmentId, moment: datetime) -> bool:
    return not user.is_purged and any(
        use.id == id_ and (use.expires is None or use.expires > moment) for use in user.attachments
    )
