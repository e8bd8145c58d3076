"""Subscriptions: who may have one, what is delivered, and what happens when an endpoint fails."""

from local.demo import hooks, letters
from local.demo.client import Api, Json, Services, eventually
from local.demo.letters import LETTERS, QUIET
from local.numbers import party_urn
from tests.e2e.seeing import events_when, number_of

_PUBLISHED = "no.altinn.correspondence.correspondencepublished"


def _published_to(services: Services, hook: str) -> list[Json]:
    return hooks.deliveries(services.hook(hook), accepted_only=False)


def test_a_subscription_is_made_seen_and_ended(agency: Api, services: Services, reference: str) -> None:
    """The secret is told once; after its end nothing more comes, and it is not found."""
    made = agency.subscribe(services.hook_url(reference), QUIET)
    assert made["secret"].startswith("whsec_")
    path = f"/events/api/v1/subscriptions/{made['id']}"
    seen = agency.call("GET", path).json()
    assert "secret" not in seen
    assert seen["endPoint"] == services.hook_url(reference)
    listed = agency.call("GET", "/events/api/v1/subscriptions").json()
    assert made["id"] in [one["id"] for one in listed["subscriptions"]]
    assert agency.call("DELETE", path).status_code == 200
    answer = agency.call("GET", path)
    assert (answer.status_code, number_of(answer.json())) == (404, 7001)


def test_the_handshake_comes_before_everything(agency: Api, services: Services, reference: str) -> None:
    """The endpoint is asked by OPTIONS, with our origin."""
    agency.subscribe(services.hook_url(reference), QUIET)
    first = services.hook(reference)[0]
    assert first["method"] == "OPTIONS"
    assert first["headers"]["webhook-request-origin"] == "correspondence.localhost"


def test_an_endpoint_that_does_not_answer_is_refused(agency: Api, services: Services) -> None:
    """7003."""
    wish = {"endPoint": f"{services.url}/nowhere", "resourceFilter": f"urn:altinn:resource:{QUIET}"}
    answer = agency.call("POST", "/events/api/v1/subscriptions", json=wish)
    assert (answer.status_code, number_of(answer.json())) == (400, 7003)


def test_another_agency_cannot_listen(other_agency: Api, services: Services, reference: str) -> None:
    """4001, and its endpoint is never called."""
    wish = {"endPoint": services.hook_url(reference), "resourceFilter": f"urn:altinn:resource:{LETTERS}"}
    answer = other_agency.call("POST", "/events/api/v1/subscriptions", json=wish)
    assert (answer.status_code, number_of(answer.json())) == (401, 4001)
    assert services.hook(reference) == []


def test_a_recipient_hears_of_its_own_mail_only(agency: Api, business: Api, services: Services, reference: str) -> None:
    """Of two publications the business is told of its own."""
    subject = party_urn(letters.BUSINESS)
    secret = business.subscribe(services.hook_url(reference), QUIET, subjectFilter=subject)["secret"]
    ids = agency.sent(letters.letter(letters.KARI, letters.BUSINESS, reference=reference, resource=QUIET))
    events_when(services, reference, secret, ids[1], "correspondencepublished")
    agency.until_status(ids[0], "Published")
    found = hooks.events(services.hook(reference), secret)
    assert {event["resourceinstance"] for event in found} == {ids[1]}
    assert {event["subject"] for event in found} == {subject}


def test_a_type_filter_holds(agency: Api, services: Services, reference: str) -> None:
    """Only events of the type asked for come."""
    secret = agency.subscribe(services.hook_url(reference), QUIET, typeFilter=_PUBLISHED)["secret"]
    (id_,) = agency.sent(letters.letter(letters.KARI, reference=reference, resource=QUIET))
    found = events_when(services, reference, secret, id_, "correspondencepublished")
    assert [event["type"] for event in found] == [_PUBLISHED]


def test_an_endpoint_that_fails_twice_gets_it_the_third_time(agency: Api, services: Services, reference: str) -> None:
    """Each attempt carries the same webhook-id and body; the clock is moved along the ladder of waits."""
    made = agency.subscribe(services.hook_url(reference), QUIET, typeFilter=_PUBLISHED)
    secret, health = made["secret"], f"/events/api/v1/subscriptions/{made['id']}/health"
    services.fail_hook(reference, status=500, times=2)
    (id_,) = agency.sent(letters.letter(letters.KARI, reference=reference, resource=QUIET))
    for attempts, wait in ((1, "PT12S"), (2, "PT35S")):
        eventually(
            f"attempt {attempts}",
            lambda wanted=attempts: len(_published_to(services, reference)) == wanted,  # type: ignore[misc]
            bool,
        )
        eventually(
            "it is on record, and when it is tried next",
            lambda: len(agency.call("GET", health).json()["latest"]),
            lambda seen, wanted=attempts: seen == wanted,  # type: ignore[misc]
        )
        services.advance(wait)
    events_when(services, reference, secret, id_, "correspondencepublished")
    calls = _published_to(services, reference)
    assert [call["status"] for call in calls] == [500, 500, 200]
    assert len({call["headers"]["webhook-id"] for call in calls}) == 1
    assert len({call["body"] for call in calls}) == 1
    for call in calls:
        hooks.verify(call, secret)


def test_an_endpoint_that_is_gone_gets_nothing_more(agency: Api, services: Services, reference: str) -> None:
    """After 410 no delivery comes, of this event or another."""
    agency.subscribe(services.hook_url(reference), QUIET, typeFilter=_PUBLISHED)
    other = f"{reference}-other"
    secret = agency.subscribe(services.hook_url(other), QUIET, typeFilter=_PUBLISHED)["secret"]
    services.fail_hook(reference, status=410, times=1)
    agency.sent(letters.letter(letters.KARI, reference=reference, resource=QUIET))
    eventually("the one delivery", lambda: _published_to(services, reference), len)
    services.advance("PT1M")
    (later,) = agency.sent(letters.letter(letters.KARI, reference=reference, resource=QUIET))
    events_when(services, other, secret, later, "correspondencepublished")
    assert [call["status"] for call in _published_to(services, reference)] == [410]


def test_secrets_are_rotated_without_a_gap(agency: Api, services: Services, reference: str) -> None:
    """A delivery after the rotation verifies with the old secret and with the new one."""
    made = agency.subscribe(services.hook_url(reference), QUIET, typeFilter=_PUBLISHED)
    renewed = agency.renew_secret(made["id"])
    assert renewed["secret"] != made["secret"]
    (id_,) = agency.sent(letters.letter(letters.KARI, reference=reference, resource=QUIET))
    events_when(services, reference, made["secret"], id_, "correspondencepublished")
    events_when(services, reference, renewed["secret"], id_, "correspondencepublished")
    again = agency.call("POST", "/events/api/v1/subscriptions", json=_wish(services.hook_url(reference))).json()
    assert (again["id"], "secret" in again) == (made["id"], False)


def test_a_pause_loses_nothing(agency: Api, services: Services, reference: str) -> None:
    """What happens meanwhile comes after it; health tells how many wait."""
    made = agency.subscribe(services.hook_url(reference), QUIET, typeFilter=_PUBLISHED)
    path = f"/events/api/v1/subscriptions/{made['id']}"
    assert agency.call("POST", f"{path}/test").json()["succeeded"]
    assert agency.call("POST", f"{path}/pause").json()["paused"]
    (id_,) = agency.sent(letters.letter(letters.KARI, reference=reference, resource=QUIET))
    eventually("one waits", lambda: agency.call("GET", f"{path}/health").json(), lambda found: found["waiting"] == 1)
    events = hooks.events(services.hook(reference), made["secret"])
    assert [event["type"] for event in events] == ["no.altinn.correspondence.test"]
    assert not agency.call("POST", f"{path}/resume").json()["paused"]
    services.advance("PT15M")
    events_when(services, reference, made["secret"], id_, "correspondencepublished")
    health = eventually("none waits", lambda: agency.call("GET", f"{path}/health").json(), lambda h: h["waiting"] == 0)
    assert (health["failuresInARow"], health["latest"][0]["status"]) == (0, 200)


def test_an_endpoint_inside_is_refused_with_the_rule(agency: Api) -> None:
    """400 that names the member."""
    answer = agency.call("POST", "/events/api/v1/subscriptions", json=_wish("https://169.254.169.254/latest/"))
    assert answer.status_code == 400
    assert answer.json()["errors"] == {"EndPoint": ["endPoint must be at a public address"]}


def _wish(endpoint: str) -> Json:
    return {"endPoint": endpoint, "resourceFilter": f"urn:altinn:resource:{QUIET}", "typeFilter": _PUBLISHED}


def test_what_was_delivered_is_in_the_log_and_comes_again(agency: Api, services: Services, reference: str) -> None:
    """With its answer; a replay brings the same event under its id."""
    made = agency.subscribe(services.hook_url(reference), QUIET, typeFilter=_PUBLISHED)
    path = f"/events/api/v1/subscriptions/{made['id']}"
    (id_,) = agency.sent(letters.letter(letters.KARI, reference=reference, resource=QUIET))
    events_when(services, reference, made["secret"], id_, "correspondencepublished")
    listed = eventually(
        "the log", lambda: agency.call("GET", f"{path}/deliveries?state=delivered").json()["deliveries"], len
    )
    event = listed[0]["event"]
    assert agency.call("POST", f"{path}/deliveries/{event}/replay").status_code == 202
    eventually("the second one", lambda: _published_to(services, reference), lambda calls: len(calls) == 2)
    assert agency.call("POST", f"{path}/replay", json={"from": listed[0]["happened"]}).status_code == 202
    calls = eventually("the third one", lambda: _published_to(services, reference), lambda calls: len(calls) == 3)
    assert {hooks.verify(call, made["secret"])["id"] for call in calls} == {event}
    story = eventually(
        "three attempts",
        lambda: agency.call("GET", f"{path}/deliveries/{event}").json(),
        lambda found: len(found["tried"]) == 3,
    )
    assert [tried["status"] for tried in story["tried"]] == [200, 200, 200]


def test_who_cannot_be_called_reads_the_feed(agency: Api, services: Services, reference: str) -> None:
    """After half a minute the events of a letter are there, in order, and behind the cursor there is nothing more."""
    (id_,) = agency.sent(letters.letter(letters.KARI, reference=reference, resource=QUIET))
    agency.until_status(id_, "Published")
    services.advance("PT1M")
    feed = f"/events/api/v1/feed?resource=urn:altinn:resource:{QUIET}&limit=1000"

    def mine() -> list[str]:
        events = agency.call("GET", feed).json()["events"]
        return [event["type"].rpartition(".")[2] for event in events if event["resourceinstance"] == id_]

    told = ["correspondenceinitialized", "correspondencepublished"]
    eventually("both events", mine, lambda found: sorted(found) == told)
    cursor = agency.call("GET", feed).json()["after"]
    rest = agency.call("GET", f"{feed}&after={cursor}").json()
    assert (rest["events"], rest["more"]) == ([], False)
