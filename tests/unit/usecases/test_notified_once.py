"""Two workers that do the same notice at the same time tell of it once."""

from dataclasses import dataclass, field

from shared.domain.facts import FactType
from shared.domain.identifiers import CorrespondenceId
from shared.domain.notification import Channel
from shared.ports import EmailMessage
from shared.usecases import notifying
from shared.usecases.initialise import initialise
from tests.builders import PERSON, message, notification_request
from tests.fakes.neighbours import FakeEmail
from tests.fakes.world import SENDER, World


@dataclass
class Overtaken(FakeEmail):
    """While the first mail is on its way, another worker does all of the same."""

    world: World = field(default_factory=World)
    id: CorrespondenceId = field(default_factory=lambda: CorrespondenceId(""))
    overtaken: bool = False

    async def send(self, message: EmailMessage) -> None:
        if not self.overtaken:
            self.overtaken = True
            await notifying.notify(self.world.app, self.id)
        await super().send(message)


async def test_a_notice_that_two_workers_send_is_told_once() -> None:
    """One fact for each mail and each SMS, whoever was first."""
    world = World()
    request = notification_request(channel=Channel.EMAIL_AND_SMS)
    made = await initialise(world.app, SENDER, message(recipients=(PERSON,), notification=request))
    id_ = made.correspondences[0].id
    world.email = Overtaken(world=world, id=id_)
    await world.settle()
    facts = await world.correspondences.facts(id_)
    created = [fact.item for fact in facts if fact.type is FactType.NOTIFICATION_CREATED]
    assert world.email.overtaken
    assert len(created) == 2
    assert len(set(created)) == 2
