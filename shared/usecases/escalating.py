"""What follows a reminder that nobody has heeded, by the policy of the resource."""

from typing import assert_never

from shared.domain import publishing
from shared.domain.identifiers import CorrespondenceId
from shared.domain.notification import EscalationWay
from shared.domain.policy import Action, own_work
from shared.ports import App
from shared.usecases import notifying
from shared.usecases.saving import decide_correspondence

SECOND_REMINDER = 2


async def escalate(app: App, id_: CorrespondenceId) -> None:
    """A letter that is published and that nobody has opened, confirmed, archived or purged is reminded of once more,
    or an event asks, once, for it to be printed. A policy that was taken back asks for nothing.
    """
    loaded = await app.correspondences.load(id_)
    if loaded is None or not publishing.wants_notice(loaded.state, reminder=True):
        return
    resource = await app.registry.resource(loaded.state.resource_id)
    if resource is None or resource.escalation is None:
        return
    match resource.escalation.way:
        case EscalationWay.REMINDER:
            await notifying.notify(app, id_, reminder=SECOND_REMINDER)
        case EscalationWay.PRINT:
            permit, now = own_work(Action.WRITE, loaded.state.resource_id, "escalation"), app.clock()
            await decide_correspondence(
                app, id_, permit, lambda state: publishing.have_printed(state, now=now), first=loaded
            )
        case other:
            assert_never(other)
