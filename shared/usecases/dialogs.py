"""Keeping Dialogporten up to date: in order, from the last fact that was carried over."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Protocol

from shared.domain import dialog
from shared.domain.attachment import Attachment
from shared.domain.changes import Due, Task
from shared.domain.correspondence import AttachmentUse, Content, Correspondence, CorrespondenceChange
from shared.domain.dialog_texts import naming_forwarding
from shared.domain.errors import Rejected, Unavailable
from shared.domain.facts import Fact, FactType
from shared.domain.identifiers import AttachmentId, CorrespondenceId
from shared.domain.policy import Action, own_work
from shared.ports import App, Loaded
from shared.telemetry import Log
from shared.usecases.retrying import retry_later
from shared.usecases.saving import decide_correspondence

_log = Log("dialogs")


class _Writer(Protocol):
    """`create_dialog`, or `create_transmission`."""

    def __call__(
        self,
        correspondence: Correspondence,
        content: Content,
        attachments: Sequence[tuple[AttachmentUse, Attachment]],
        *,
        base_url: str,
        plain: Callable[[str], str],
        now: datetime,
    ) -> dict[str, object]: ...


async def carry_over(app: App, id_: CorrespondenceId, *, attempt: int = 0) -> None:
    """Dialogporten shows what has happened so far. Lost, doubled and reordered messages all end the same.

    A Dialogporten that is down is asked again through the agenda; what it refuses for good is logged and passed over.
    """
    loaded = await app.correspondences.load(id_)
    if loaded is None:
        return
    state = loaded.state
    facts = await app.correspondences.facts(id_, after=state.dialog_cursor)
    cursor, made = state.dialog_cursor, _made(state)
    try:
        for fact, steps in groupby(dialog.carry_over(state, facts), key=lambda step: step.fact):
            for step in steps:
                made = await _take(app, state, step) or made
            cursor = fact.sequence  # Only now: a fact that was told by half is told again.
    except Unavailable as error:
        await retry_later(app, Due(Task.CATCH_UP, f"dialog:{id_}", app.clock(), attempt), error)
    finally:
        overtaken = await _move_cursor(app, loaded, cursor, made)
    if overtaken:
        await carry_over(app, id_)


async def _take(app: App, state: Correspondence, step: dialog.Step) -> str | None:
    """One call is made. The id of the dialog, or of the transmission, when the step made it."""
    id_ = state.dialog_id or dialog.dialog_id(state)
    try:
        match step:
            case dialog.Create():
                if (body := await _written(app, state, dialog.create_dialog)) is not None:
                    await app.dialogs.create(body)
                    _log.info("dialog.created", correspondence=state.id, dialog=id_)
                return id_
            case dialog.AddTransmission():
                if (body := await _written(app, state, dialog.create_transmission)) is not None:
                    await app.dialogs.add_transmission(id_, body)
                    _log.info("transmission.added", correspondence=state.id, dialog=id_)
                return dialog.transmission_id(state)
            case dialog.AddActivity():
                await _add_activity(app, state, step.fact, id_)
            case dialog.CloseConfirmation():
                await app.dialogs.close_confirmation(id_)
            case dialog.Delete():
                await app.dialogs.delete(id_)
            case dialog.Purge():
                await app.dialogs.purge(id_)
            case dialog.SetLabels():
                await app.dialogs.set_labels(id_, dialog.system_labels(step.fact, state))
    except Rejected as error:
        _log.error("dialog.refused", error=error, correspondence=state.id, step=type(step).__name__)
    return None


async def _written(app: App, state: Correspondence, write: _Writer) -> dict[str, object] | None:
    """The body of a call, with the content and the attachments as they are now; None when there is no content."""
    content = await app.correspondences.content(state.id, own_work(Action.READ, state.resource_id, "dialogs"))
    if content is None:
        return None
    known = await app.attachments.load_many([use.id for use in state.attachments])
    return write(
        state,
        content,
        [(use, known[use.id]) for use in state.attachments if use.id in known],
        base_url=app.rules.public_base_url,
        plain=app.texts.plain,
        now=app.clock(),
    )


async def _add_activity(app: App, state: Correspondence, fact: Fact, dialog_id: str) -> None:
    file_name = ""
    if attachment_id := fact.details.get("attachment"):
        found = await app.attachments.load(AttachmentId(attachment_id))
        file_name = (found.state.display_name or found.state.file_name) if found else ""
    told = await _forwarding(app, state, fact) if fact.type is FactType.FORWARDED else None
    body = dialog.activity(fact, state, file_name=file_name, told=told)
    if body is not None:
        await app.dialogs.add_activity(dialog_id, body)


async def _forwarding(app: App, state: Correspondence, fact: Fact) -> Mapping[str, str] | None:
    """Who forwarded it to whom. Source: wire contract 10.3."""
    kept = await app.correspondences.forwarding(state.id, fact.details["forwarding"])
    content = await app.correspondences.content(state.id, own_work(Action.READ, state.resource_id, "dialogs"))
    if kept is None or content is None:
        return None
    known = await app.registry.parties([kept.by])
    return naming_forwarding(
        who=known[kept.by].name if kept.by in known else "", title=content.title, address=kept.address, quote=kept.text
    )


async def _move_cursor(app: App, loaded: Loaded[Correspondence], cursor: int, made: str | None) -> bool:
    """Only forward, and only when something was carried over: facts without a call may be looked at again.

    True when another worker went ahead while the dialog was made here: what it told was told to nobody, so the
    cursor goes back, and all of that is to be told again.
    """
    overtaken = False

    def move(current: Correspondence) -> CorrespondenceChange | None:
        nonlocal overtaken
        before = _made(current)
        if current.dialog_cursor >= cursor and before == made:
            return None
        overtaken = made is not None and before is None and current.dialog_cursor > cursor
        forward = cursor if overtaken else max(current.dialog_cursor, cursor)
        return CorrespondenceChange(state=_with_made(replace(current, dialog_cursor=forward), made or before))

    state = loaded.state
    if cursor > state.dialog_cursor:
        permit = own_work(Action.WRITE, state.resource_id, "dialogs")
        await decide_correspondence(app, state.id, permit, move, first=loaded)
    return overtaken


def _made(state: Correspondence) -> str | None:
    """What has been made of it in Dialogporten: a dialog of its own, or a transmission in another one."""
    return state.transmission_id if state.is_transmission else state.dialog_id


def _with_made(state: Correspondence, id_: str | None) -> Correspondence:
    return replace(state, transmission_id=id_) if state.is_transmission else replace(state, dialog_id=id_)
