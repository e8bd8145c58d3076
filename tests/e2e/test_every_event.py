"""Every event there is reaches a webhook of the owner over the whole stack: once, and in the order of each letter."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from local.demo import hooks, letters
from local.demo.client import Api, Json, Services, eventually
from local.demo.letters import QUIET
from local.demo.settling import settle
from shared.domain.facts import INTERNAL, FactType

BOUNCES, UNREACHABLE = "313001008", "312001012"
_MONTH = 30


def _due(services: Services, days: int) -> dict[str, Any]:
    at = datetime.fromisoformat(services.now()) + timedelta(days=days)
    return {"isConfirmationNeeded": True, "dueDateTime": at.isoformat()}


def _file(agency: Api) -> str:
    """It expires a day after the letter was published."""
    content = letters.pdf(10_000)
    id_ = agency.announce({**letters.attachment("vedtak.pdf", resource=QUIET), "expirationInDays": 1})
    assert agency.upload(id_, content).status_code == 200
    agency.until_scanned(id_)
    return id_


def _letter(recipient: str, reference: str, **more: Any) -> Json:
    return letters.letter(recipient, reference=reference, resource=QUIET, **more)


def _opened(kari: Api, id_: str, file: str) -> None:
    """Opened, its file fetched three times, confirmed, thrown away."""
    kari.overview(id_)
    kari.content(id_)
    for _ in range(3):
        assert kari.download(id_, file).status_code == 200
    kari.confirm(id_)
    kari.purge(id_)


def _infected(agency: Api, reference: str) -> tuple[str, str]:
    """A letter that is never published, and its file."""
    message = letters.with_files(_letter(letters.KARI, reference), "virus.txt")
    answer = agency.send_form(message, [("virus.txt", letters.eicar())]).json()
    return answer["correspondences"][0]["correspondenceId"], answer["attachmentIds"][0]


def _lived(agency: Api, kari: Api, services: Services, reference: str) -> set[str]:
    """Letters that are opened, never opened, bounce and reach nobody; files that expire and are malware."""
    notice = {"notification": letters.notice(reference)}
    file = _file(agency)
    (opened,) = agency.sent(letters.with_attachments(_letter(letters.KARI, reference, **notice), file))
    agency.until_status(opened, "Published")
    _opened(kari, opened, file)
    unseen = agency.sent(_letter(letters.KARI, reference, **notice, **_due(services, _MONTH)))
    partly = {**letters.notice(reference), "customRecipients": [{"emailAddress": "bounce@somebody.example"}]}
    unseen += agency.sent(_letter(letters.UNA, reference, notification=partly))
    for recipient in (BOUNCES, UNREACHABLE):
        unseen += agency.sent(_letter(recipient, reference, **notice))
    (waits,) = agency.sent(letters.with_attachments(_letter(letters.UNA, reference), _file(agency)))
    for id_ in (*unseen, waits):
        agency.until_status(id_, "Published")
    infected = _infected(agency, reference)
    agency.until_status(infected[0], "Failed")
    second = [use["id"] for use in agency.overview(waits)["content"]["attachments"]]
    for days in (1, 7, _MONTH - 7):
        services.advance(f"P{days}D")
        later = services.organisation(letters.AGENCY)  # Tokens are good for a day.
        settle(services, later)
        later.close()
    return {opened, *unseen, waits, file, *infected, *second}


def test_every_event_is_told_once_and_in_order(agency: Api, kari: Api, services: Services, reference: str) -> None:
    """All types of the contract, and the one that we add; ids are told once, numbers go up within each letter."""
    secret = agency.subscribe(services.hook_url(reference), QUIET)["secret"]
    ids = _lived(agency, kari, services, reference)
    wanted = {kind for kind in FactType if kind not in INTERNAL}

    def kinds(events: list[Json]) -> set[str]:
        return {event["type"].rpartition(".")[2] for event in events}

    events = eventually(
        "every event", lambda: hooks.events(services.hook(reference), secret), lambda e: kinds(e) >= wanted, seconds=60
    )
    assert kinds(events) == wanted
    counts = Counter(event["id"] for event in events)
    assert set(counts.values()) == {1}
    letters_: dict[str, list[str]] = {}
    for event in events:
        if event["resourceinstance"] in ids:
            letters_.setdefault(event["resourceinstance"], []).append(event["sequence"])
    assert letters_.keys() == ids
    assert all(numbers == sorted(numbers) for numbers in letters_.values())
