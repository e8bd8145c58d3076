"""What happens when time passes: scheduled publication, reminders, due dates."""

import time
from datetime import datetime, timedelta
from typing import Any

import pytest

from local.demo import letters
from local.demo.client import Api, Services, eventually
from local.demo.settling import settle
from tests.e2e.seeing import events_when, subjects, texts


def _letter_with_notice(agency: Api, recipient: str, subject: str, **more: Any) -> str:
    notice = letters.notice(subject)
    (id_,) = agency.sent(letters.letter(recipient, reference=subject, notification=notice, **more))
    return id_


def _in(services: Services, delay: timedelta) -> str:
    return (datetime.fromisoformat(services.now()) + delay).isoformat()


@pytest.fixture(scope="module")
def after_a_week(services: Services) -> dict[str, str]:
    """Five letters to one person, each treated in its own way, seven days ago: their ids by what was done."""
    agency, kari = services.organisation(letters.AGENCY), services.person(letters.KARI)
    began = str(time.monotonic_ns())
    ways = ("ignored", "opened", "marked", "confirmed", "purged")
    ids = {way: _letter_with_notice(agency, letters.KARI, f"{way} {began}") for way in ways}
    for way, id_ in ids.items():
        agency.until_status(id_, "Published")
        eventually("the notice", lambda way=way: subjects(services, f"{way} {began}"), len)  # type: ignore[misc]
        if way != "ignored":
            kari.overview(id_)
    kari.content(ids["opened"])
    kari.call("POST", f"/correspondence/{ids['marked']}/markasread")
    kari.confirm(ids["confirmed"])
    kari.purge(ids["purged"])
    services.advance("P7DT1H")
    agency = services.organisation(letters.AGENCY)  # The first token has expired.
    eventually("a reminder", lambda: subjects(services, f"ignored {began}"), lambda found: len(found) > 1)
    settle(services, agency)
    return {"began": began, **ids}


@pytest.mark.parametrize("way", ["opened", "marked", "confirmed", "purged"])
def test_who_has_acted_is_not_reminded(after_a_week: dict[str, str], services: Services, way: str) -> None:
    """Read, marked as read, confirmed or purged: the first notice of each kind stays the only one."""
    subject = f"{way} {after_a_week['began']}"
    assert subjects(services, subject) == [subject]
    assert texts(services, subject) == [f"{subject}: ny melding fra Example Agency."]


def test_who_has_not_opened_it_is_reminded_once(after_a_week: dict[str, str], services: Services) -> None:
    """Looking without opening is not enough: one reminder by e-mail, one by SMS."""
    subject = f"ignored {after_a_week['began']}"
    assert subjects(services, subject) == [subject, f"Påminnelse: {subject}"]
    assert texts(services, subject)[1:] == [f"Påminnelse: {subject}."]
    services.advance("P7DT1H")
    settle(services, services.organisation(letters.AGENCY))
    assert len(subjects(services, subject)) == 2
    assert len(texts(services, subject)) == 2


def test_a_scheduled_message_waits_for_its_time(agency: Api, kari: Api, services: Services, reference: str) -> None:
    """Before it the recipient neither sees it nor is told; then it is published and told once."""
    at = _in(services, timedelta(hours=2))
    id_ = _letter_with_notice(agency, letters.KARI, reference, requestedPublishTime=at)
    assert agency.until_status(id_, "ReadyForPublish")["published"] is None
    assert kari.call("GET", f"/correspondence/{id_}").status_code == 404
    assert kari.search(letters.LETTERS, "Recipient", sendersReference=reference) == []
    assert subjects(services, reference) == []
    services.advance("PT2H1M")
    agency.until_status(id_, "Published")
    eventually("the notice", lambda: subjects(services, reference), len)
    assert kari.search(letters.LETTERS, "Recipient", sendersReference=reference) == [id_]
    settle(services, agency)
    assert subjects(services, reference) == [reference]


def test_what_was_withdrawn_is_never_published(agency: Api, kari: Api, services: Services, reference: str) -> None:
    """A sender purges before the time comes: nothing is seen or sent when it has come."""
    at = _in(services, timedelta(hours=1))
    id_ = _letter_with_notice(agency, letters.KARI, reference, requestedPublishTime=at)
    assert agency.purge(id_) == id_
    services.advance("PT1H1M")
    settle(services, agency)
    assert agency.details(id_)["status"] == "PurgedByAltinn"
    assert kari.call("GET", f"/correspondence/{id_}").status_code == 404
    assert subjects(services, reference) == []


def test_a_due_date_that_passes_unseen_is_told(agency: Api, services: Services, reference: str) -> None:
    """Never read and never confirmed: an event each, about the recipient."""
    secret = agency.subscribe(services.hook_url(reference), letters.QUIET)["secret"]
    due: dict[str, Any] = {"isConfirmationNeeded": True, "dueDateTime": _in(services, timedelta(hours=1))}
    (id_,) = agency.sent(letters.letter(letters.KARI, reference=reference, resource=letters.QUIET, **due))
    agency.until_status(id_, "Published")
    services.advance("PT1H1M")
    found = events_when(services, reference, secret, id_, "correspondencereceiverneverconfirmed")
    kinds = [event["type"].rsplit(".", 1)[-1] for event in found]
    assert kinds[-2:] == ["correspondencereceiverneverread", "correspondencereceiverneverconfirmed"]
    assert found[-1]["subject"].endswith(letters.KARI)
