"""Every process is killed at once, at any moment: the story goes on, nothing is lost, nothing comes twice."""

from collections.abc import Iterator

import pytest

from local.demo import hooks
from local.demo.client import Json, Services, eventually
from local.demo.letters import AGENCY, BUSINESS, KARI, LETTERS
from local.numbers import party_urn
from local.stack import Stack
from tests.e2e.enduring import MOMENTS, Killer, Tale

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

_OF_EACH_NOTICE = {"correspondencenotificationdelivered", "correspondencenotificationreminderdelivered"}
_AFTER_CONFIRMING = {
    *("correspondenceinitialized", "correspondencepublished"),
    *("correspondencereceiverread", "correspondencereceiverconfirmed"),
}


@pytest.fixture(scope="module")
def killable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that nobody else uses."""
    with Stack(state=tmp_path_factory.mktemp("killable")) as running:
        yield running


@pytest.fixture(scope="module", params=MOMENTS)
def told(request: pytest.FixtureRequest, killable: Stack) -> Tale:
    """The whole story, during which every process was killed at one moment."""
    tale = Tale(Services.of(killable), Killer(killable, request.param))
    tale.tell()
    assert tale.killer.kills == 1
    return tale


def test_each_recipient_has_one_correspondence(told: Tale) -> None:
    """Those that the answer named, and no others."""
    found = told.agency.search(LETTERS, sendersReference=told.name)
    assert sorted(found) == sorted([told.to_kari, told.to_business])


def test_the_attachment_is_whole(told: Tale) -> None:
    """The recipient downloads what was sent."""
    assert told.kari.download(told.to_kari, told.attachment).content == told.file


def test_each_recipient_was_notified_once(told: Tale) -> None:
    """One mail and one SMS to who confirmed it, one reminder of each kind to who did not open it."""
    assert told.mails("kari@person.example") == [told.name]
    assert len(told.texts("+4740000001")) == 1
    assert told.mails("post@business.example") == [told.name, f"Påminnelse: {told.name}"]
    assert len(told.texts("+4740000011")) == 2


def activities(dialog: Json) -> list[str]:
    """The types of what the dialog tells, in order."""
    return [entry["type"] for entry in dialog["activities"]]


def test_each_recipient_has_one_dialog(told: Tale) -> None:
    """With every activity once, and nothing left to confirm for who confirmed."""
    assert len(told.dialogs(party_urn(KARI))) == 1
    assert len(told.dialogs(party_urn(BUSINESS))) == 1
    dialog = eventually(
        "confirmed in the dialog",
        lambda: told.dialog(told.to_kari),
        lambda seen: seen["status"] == "NotApplicable" and "CorrespondenceConfirmed" in activities(seen),
    )
    types = activities(dialog)
    assert types.count("CorrespondenceOpened") == 1
    assert types.count("CorrespondenceConfirmed") == 1
    assert types.count("Information") == 3  # mail, SMS, download


def test_every_event_was_delivered(told: Tale) -> None:
    """At least once each, and again only under the same id."""
    found = eventually(
        "all events",
        lambda: hooks.events(told.deliveries(), told.secret),
        lambda events: set(hooks.of(events, told.to_kari)) >= _AFTER_CONFIRMING,
    )
    for id_ in (told.attachment, told.to_kari, told.to_business):
        kinds = [kind for kind in hooks.of(found, id_) if kind not in _OF_EACH_NOTICE]
        assert len(kinds) == len(set(kinds))
    assert hooks.of(found, told.attachment) == ["attachmentinitialized", "attachmentpublished"]
    assert hooks.of(found, told.to_business)[:2] == ["correspondenceinitialized", "correspondencepublished"]
    assert {event["subject"] for event in found} >= {party_urn(AGENCY), party_urn(KARI)}
