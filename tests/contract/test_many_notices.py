"""More notices of one letter than one transaction takes, on real storage."""

import asyncio
from dataclasses import replace

from shared.domain.facts import FactType
from shared.domain.notification import CustomRecipient, NotificationState
from shared.usecases import lifecycle, notifying
from shared.usecases.initialise import initialise
from tests.builders import BUSINESS, message, notification_request
from tests.buses import bus
from tests.contract.real_app import real_app
from tests.fakes.neighbours import FakeEmail
from tests.fakes.world import SENDER
from tests.servers import azurite

MANY = 500


async def test_five_hundred_custom_recipients_are_told_once_each() -> None:
    """Each is on record as sent, with its event, however often it is looked at."""
    custom = tuple(CustomRecipient(email=f"office-{number}@example.no") for number in range(MANY))
    wanted = notification_request(custom_recipients=custom, override_registered=True)
    mail = FakeEmail()
    with azurite() as storage, bus() as bus_connection:
        async with real_app(storage, bus_connection) as made_app:
            app = replace(made_app, email=mail)
            made = await initialise(app, SENDER, message(recipients=(BUSINESS,), notification=wanted))
            id_ = made.correspondences[0].id
            await lifecycle.look(app, id_)
            await asyncio.gather(notifying.notify(app, id_), notifying.notify(app, id_))
            await notifying.notify(app, id_)
            notices = await app.correspondences.notifications(id_)
            facts = await app.correspondences.facts(id_)
    assert len(notices) == MANY
    assert {notice.state for notice in notices} == {NotificationState.SENT}
    assert len({one.operation_id for one in mail.sent}) == MANY
    created = {fact.item for fact in facts if fact.type is FactType.NOTIFICATION_CREATED}
    assert created == {notice.id for notice in notices}
