"""Topics, subscriptions and rules, as the synchronous client sees them."""

from datetime import UTC, datetime, timedelta

from local.broker import Serving
from tests.contract.broker.clients import Clients, is_empty, message, take, texts
from tests.contract.broker.raw import RawClient

TOPICS = ("choice", "actions", "plain", "later", "unique-topic", "brief", "onward", "sessions", "rules")
SUBSCRIBERS = (
    *(("choice", name) for name in ("all", "label", "property", "sql")),
    ("actions", "changed"),
    *((topic, "all") for topic in ("plain", "later", "unique-topic", "rules")),
)


def test_each_subscription_takes_what_its_rules_choose(clients: Clients) -> None:
    """No rule takes all; correlation rules compare label and properties; SQL rules evaluate."""
    clients.topic_sender("choice").send_messages(
        [
            message("1", subject="invoice", application_properties={"kind": "a", "n": 9}),
            message("2", subject="bill", application_properties={"kind": "zz", "n": 1}),
            message("3", subject="other", application_properties={"kind": "a", "n": 9}),
            message("4"),
        ]
    )
    expected = {"all": ["1", "2", "3", "4"], "label": ["1"], "property": ["1", "3"], "sql": ["1", "2"]}
    for subscription, bodies in expected.items():
        receiver = clients.subscriber("choice", subscription)
        assert texts(take(receiver, len(bodies))) == bodies
        assert is_empty(receiver)


def test_actions_change_the_copy_of_their_rule(clients: Clients) -> None:
    """Rules without action give one copy together; a rule with an action gives a changed copy that names the rule."""
    clients.topic_sender("actions").send_messages(
        [
            message("one", application_properties={"n": 1, "secret": "s"}),
            message("two", application_properties={"n": 2}),
            message("three", application_properties={"n": 3}),
        ]
    )
    receiver = clients.subscriber("actions", "changed")
    found = take(receiver, 3)
    assert is_empty(receiver)
    assert sorted(texts(found)) == ["one", "one", "two"]
    changed = next(item for item in found if item.subject == "stamped")
    assert changed.application_properties == {b"n": 1, b"seen": 42, b"RuleName": b"stamp"}
    untouched = next(item for item in found if str(item) == "one" and item.subject is None)
    assert untouched.application_properties == {b"n": 1, b"secret": b"s"}


def test_subscription_has_its_own_dead_letters(clients: Clients) -> None:
    """A subscription counts, buries and keeps dead letters like a queue."""
    clients.topic_sender("plain").send_messages(message("bad"))
    receiver = clients.subscriber("plain", "all")
    for _ in range(2):
        receiver.abandon_message(take(receiver, settle=False)[0])
    letters = clients.subscriber("plain", "all", sub_queue="deadletter")
    assert take(letters)[0].dead_letter_reason == "MaxDeliveryCountExceeded"


def test_scheduled_message_reaches_subscriptions_at_its_time(clients: Clients) -> None:
    """A topic keeps a scheduled message, and a cancelled one never reaches a subscription."""
    sender = clients.topic_sender("later")
    at = datetime.now(UTC) + timedelta(seconds=1)
    first, _ = sender.schedule_messages([message("cancelled"), message("kept")], at)
    sender.cancel_scheduled_messages(first)
    receiver = clients.subscriber("later", "all")
    assert is_empty(receiver)
    assert texts(take(receiver)) == ["kept"]


def test_topic_drops_duplicates(clients: Clients) -> None:
    """A topic with duplicate detection gives its subscriptions one of two messages with the same id."""
    for body in ("first", "second"):
        clients.topic_sender("unique-topic").send_messages(message(body, message_id="same"))
    receiver = clients.subscriber("unique-topic", "all")
    assert texts(take(receiver)) == ["first"]
    assert is_empty(receiver)


def test_time_to_live_of_the_topic_holds_for_subscriptions(clients: Clients) -> None:
    """The shorter time to live of topic and subscription counts."""
    clients.topic_sender("brief").send_messages(message("x"))
    letters = clients.subscriber("brief", "all", sub_queue="deadletter")
    assert take(letters)[0].dead_letter_reason == "TTLExpiredException"


def test_subscription_forwards(clients: Clients) -> None:
    """A subscription that forwards passes its copies on to a queue."""
    clients.topic_sender("onward").send_messages(message("x"))
    assert texts(take(clients.receiver("onward-target"))) == ["x"]


def test_message_without_session_is_buried_where_one_is_required(clients: Clients) -> None:
    """A subscription that requires sessions dead-letters what has none."""
    clients.topic_sender("sessions").send_messages(message("x"))
    letters = clients.subscriber("sessions", "all", sub_queue="deadletter")
    assert take(letters)[0].dead_letter_reason == "Session ID is null"


def test_rules_are_added_listed_and_removed_at_run_time(clients: Clients, broker: Serving) -> None:
    """The rule operations of the management node change what a subscription takes."""
    with RawClient(broker.port) as raw:
        node = raw.management("rules/Subscriptions/all")
        only = {"sql-filter": {"expression": "n = 1"}, "sql-rule-action": {"expression": "SET n = 2"}}
        assert node("add-rule", {"rule-name": "only", "rule-description": only})[0] == 200
        assert node("add-rule", {"rule-name": "only", "rule-description": only})[0] == 400
        wrong = {"sql-filter": {"expression": "n ="}}
        assert node("add-rule", {"rule-name": "wrong", "rule-description": wrong})[0] == 400
        by_label = {"correlation-filter": {"label": "l", "properties": {"k": "v"}}}
        assert node("add-rule", {"rule-name": "label", "rule-description": by_label})[0] == 200
        assert node("remove-rule", {"rule-name": "$Default"})[0] == 200
        assert node("remove-rule", {"rule-name": "$Default"})[0] == 404
        status, listed = node("enumerate-rules", {"skip": 0, "top": 10})
        assert (status, [rule["rule-description"].value[2] for rule in listed["rules"]]) == (200, ["only", "label"])
        assert node("enumerate-rules", {"skip": 2, "top": 10})[0] == 204
    clients.topic_sender("rules").send_messages(
        [message("taken", application_properties={"n": 1}), message("left", application_properties={"n": 3})]
    )
    receiver = clients.subscriber("rules", "all")
    found = take(receiver)[0]
    assert (str(found), found.application_properties[b"n"]) == ("taken", 2)
    assert is_empty(receiver)
