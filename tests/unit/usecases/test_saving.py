"""What is left on the agenda when a decision is saved, and when it is not."""

import pytest

from shared.domain import receiving
from shared.domain.changes import Task
from shared.domain.errors import Conflict
from shared.domain.policy import Action, own_work
from shared.usecases.initialise import initialise
from shared.usecases.saving import save_correspondence
from tests.builders import BUSINESS, RESOURCE, message
from tests.fakes.world import SENDER, World


async def test_a_lost_race_leaves_no_pointer() -> None:
    """The pointer of a writer who came too late is taken back: nothing of it was committed, nothing is told again."""
    world = World()
    made = await initialise(world.app, SENDER, message(recipients=(BUSINESS,)))
    await world.settle()
    loaded = await world.correspondences.load(made.correspondences[0].id)
    assert loaded is not None
    change = receiving.read(loaded.state, BUSINESS, now=world.now)
    assert change is not None
    with pytest.raises(Conflict):
        await save_correspondence(
            world.app, type(loaded)(loaded.state, "stale"), change, own_work(Action.WRITE, RESOURCE, "t")
        )
    assert [entry.due for entry in await world.agenda.ahead() if entry.due.task is Task.DISPATCH] == []
