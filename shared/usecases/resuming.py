"""Work of a consumer that was put off: an entry of the agenda says which part goes on, with what."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from shared.domain.changes import Due, Task
from shared.domain.facts import AggregateKind
from shared.domain.identifiers import AttachmentId, CorrespondenceId, ResourceId, SubscriptionId
from shared.ports import App
from shared.usecases import (
    dialogs,
    direct_uploads,
    forwarding,
    lifecycle,
    notifying,
    orphans,
    outcomes,
    replaying,
    republishing,
    rescanning,
    stuck,
    suspending,
    webhooks,
)

type Part = Callable[[App, Due, str, list[str]], Awaitable[object]]
"""Goes on with the work of this id; what the subject says behind the id comes last."""

_LOOK_AGAIN = timedelta(minutes=5)


async def resume(app: App, due: Due) -> None:
    """The part that the subject `part:id[:more]` names has gone on. Safe to repeat."""
    part, id_, *more = due.subject.split(":")
    if part not in _PARTS:
        raise ValueError(f"unknown part of the agenda: {part}")
    await _PARTS[part](app, due, id_, more)


async def _look_at_overdue(app: App, due: Due, id_: str, _: list[str]) -> None:
    """What should be published by now is, or is on the stuck list and looked at again later."""
    await lifecycle.look(app, CorrespondenceId(id_))
    if await stuck.note_publication(app, CorrespondenceId(id_)):
        now = app.clock()
        await app.agenda.put(Due(Task.CATCH_UP, due.subject, now + _LOOK_AGAIN, due.attempt + 1), now=now)


_PARTS: Mapping[str, Part] = {
    "links": lambda app, _, id_, more: lifecycle.look_at_users(app, AttachmentId(id_), after=CorrespondenceId(more[0])),
    "scan": lambda app, due, id_, _: rescanning.scan_again(app, AttachmentId(id_), attempt=due.attempt),
    "notify": lambda app, due, id_, more: notifying.notify(
        app, CorrespondenceId(id_), reminder=int(more[0]), attempt=due.attempt
    ),
    outcomes.PART: lambda app, due, id_, more: notifying.learn_outcomes(app, CorrespondenceId(id_), int(more[0]), due),
    "forward": lambda app, due, id_, more: forwarding.attend(app, CorrespondenceId(id_), more[0], attempt=due.attempt),
    orphans.PART: lambda app, _, id_, __: orphans.look(app, AttachmentId(id_)),
    direct_uploads.PART: lambda app, _, id_, more: direct_uploads.give_up(app, AttachmentId(id_), more[0]),
    "care": lambda app, _, id_, more: lifecycle.care(app, AggregateKind(more[0]), id_),
    "overdue": _look_at_overdue,
    "mailboxes": lambda app, _, id_, __: lifecycle.repair_mailboxes(app, CorrespondenceId(id_)),
    "events": lambda app, _, id_, more: webhooks.fan_out(
        app, ResourceId(more[0]), AggregateKind(more[1]), id_, int(more[2])
    ),
    suspending.PART: lambda app, due, id_, more: suspending.give_notice(
        app, ResourceId(id_), SubscriptionId(more[0]), due
    ),
    replaying.PART: lambda app, due, _, __: replaying.take_step(app, due),
    republishing.PART: lambda app, due, id_, more: republishing.publish(
        app, AggregateKind(more[0]), id_, int(more[1]), due
    ),
    "dialog": lambda app, due, id_, _: dialogs.carry_over(app, CorrespondenceId(id_), attempt=due.attempt),
}
