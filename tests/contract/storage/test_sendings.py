"""What all instances know of what is being sent, on both."""

import uuid
from datetime import timedelta

from shared.domain.identifiers import CorrespondenceId
from shared.ports import Sendings
from tests.builders import NOW, new_id


async def test_a_pause_is_known_until_there_is_another(sendings: Sendings) -> None:
    """Each neighbour has its own; the latest counts, also a shorter one."""
    neighbour = f"mail/{uuid.uuid4()}"
    assert await sendings.paused_until(neighbour) is None
    for wait in (timedelta(minutes=5), timedelta(minutes=1)):
        await sendings.pause(neighbour, until=NOW + wait)
        assert await sendings.paused_until(neighbour) == NOW + wait
    assert await sendings.paused_until(neighbour + "2") is None


async def test_what_an_e_mail_is_about_can_be_asked(sendings: Sendings) -> None:
    """Noted as often as one likes; of an unknown one nothing is known, whatever it is called."""
    about = CorrespondenceId(new_id("letter"))
    mails = [str(uuid.uuid4()) for _ in range(3)]
    await sendings.note([], about)
    for _ in range(2):
        await sendings.note(mails, about)
    assert [await sendings.about(mail) for mail in mails] == [about] * 3
    for unknown in (str(uuid.uuid4()), "pauses", "a/b?#\\%", ""):
        assert await sendings.about(unknown) is None
