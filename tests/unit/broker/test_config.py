"""The configuration file."""

import json
from copy import deepcopy
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from local.broker.config import SHORT_TIMES, FilterKind, keeping
from local.broker.config_fields import ConfigError
from local.broker.config_file import load, parse

ROOT = Path(__file__).parents[3]
RULES: list[dict[str, Any]] = [
    {
        "Name": "r1",
        "Properties": {"FilterType": "Correlation", "CorrelationFilter": {"Label": "l", "Properties": {"k": 1}}},
    },
    {
        "Name": "r2",
        "Properties": {
            "FilterType": "Sql",
            "SqlFilter": {"SqlExpression": "n = 1"},
            "Action": {"SqlExpression": "SET n = 2"},
        },
    },
]
VALID: dict[str, Any] = {
    "UserConfig": {
        "Namespaces": [
            {
                "Name": "sbemulatorns",
                "Queues": [
                    {
                        "Name": "one",
                        "Properties": {
                            "LockDuration": "PT5S",
                            "DefaultMessageTimeToLive": "PT1H",
                            "MaxDeliveryCount": 10,
                            "DeadLetteringOnMessageExpiration": True,
                            "RequiresDuplicateDetection": True,
                            "DuplicateDetectionHistoryTimeWindow": "PT5M",
                            "RequiresSession": False,
                            "ForwardTo": "",
                            "ForwardDeadLetteredMessagesTo": "two",
                        },
                    },
                    {"Name": "two"},
                ],
                "Topics": [{"Name": "topic", "Properties": {}, "Subscriptions": [{"Name": "sub", "Rules": RULES}]}],
            }
        ],
        "Logging": {"Type": "File,Console"},
    }
}


def namespace(content: dict[str, Any]) -> dict[str, Any]:
    """Return the namespace of a file's content."""
    found: dict[str, Any] = content["UserConfig"]["Namespaces"][0]
    return found


def test_file_of_the_stack_is_valid() -> None:
    """The stack's own file passes, and has the entities that the application uses."""
    config = load(ROOT / "local" / "servicebus.json")
    assert {queue.name for queue in config.queues} >= {"deliveries", "agenda"}
    assert {topic.name for topic in config.topics} >= {"facts"}


def test_values_are_read() -> None:
    """Every value of the file arrives; what is absent has the emulator's default."""
    config = parse(json.dumps(VALID))
    one, two = config.queues
    assert (one.lock, one.time_to_live, one.max_delivery_count) == (timedelta(seconds=5), timedelta(hours=1), 10)
    assert (one.dead_letter_on_expiry, one.duplicate_window) == (True, timedelta(minutes=5))
    assert one.forward_dead_letters_to == "two"
    assert (two.lock, two.max_delivery_count, two.duplicate_window) == (timedelta(minutes=1), 3, None)
    first, second = config.topics[0].subscriptions[0].rules
    assert (first.kind, first.system, first.application) == (FilterKind.CORRELATION, {"subject": "l"}, {"k": 1})
    assert (second.kind, second.expression, second.action) == (FilterKind.SQL, "n = 1", "SET n = 2")


def test_comments_are_taken() -> None:
    """Comments of both kinds may stand anywhere but in texts."""
    text = json.dumps(VALID, indent=1).replace('"Queues"', '// all queues\n"Queues" /* here */')
    text = text.replace('"l"', '"http://l"')
    rule = parse(text).topics[0].subscriptions[0].rules[0]
    assert rule.system == {"subject": "http://l"}


@pytest.mark.parametrize(
    ("where", "value", "told"),
    [
        ("Queues.0.Name", "one$", "$.UserConfig.Namespaces[0].Queues[0].Name: 'one$' is no valid name"),
        ("Queues.0.Name", "", "must be a text that is not empty"),
        ("Queues.0.Name", "a" * 261, "1 to 260"),
        ("Queues.1.Name", "ONE", "'ONE' is taken by $.UserConfig.Namespaces[0].Queues[0]"),
        ("Topics.0.Name", "two", "is taken by"),
        ("Queues.0.Properties.LockDuration", "PT4S", "Queues[0].Properties.LockDuration: must be from PT5S to PT5M"),
        ("Queues.0.Properties.LockDuration", "5 seconds", "ISO 8601"),
        ("Queues.0.Properties.LockDuration", "PT", "ISO 8601"),
        ("Queues.0.Properties.LockDuration", "PT5.5S", "ISO 8601"),
        ("Queues.0.Properties.DefaultMessageTimeToLive", "P14D", "from PT5M to PT1H"),
        ("Queues.0.Properties.DuplicateDetectionHistoryTimeWindow", "PT1S", "from PT5S to PT5M"),
        ("Queues.0.Properties.MaxDeliveryCount", 11, "from 1 to 10"),
        ("Queues.0.Properties.MaxDeliveryCount", True, "from 1 to 10"),
        ("Queues.0.Properties.RequiresSession", "yes", "true or false"),
        ("Queues.0.Properties.ForwardTo", "three", "'three', which is no queue or topic"),
        ("Queues.0.Properties.ForwardTo", "one", "circle"),
        ("Queues.0.Properties.Lock", "PT5S", "Lock: unknown key"),
        ("Queues", {}, "must be an array"),
        ("Queues", [1], "must be an object"),
        ("Queues", [{"Name": f"q{number}"} for number in range(51)], "0 to 50"),
        ("Queues", [{"Name": f"q{number}"} for number in range(50)], "at most 50"),
        ("Topics.0.Subscriptions", [], "1 to 50"),
        ("Topics.0.Properties.LockDuration", "PT1M", "unknown key"),
        ("Topics.0.Subscriptions.0.Properties.LockDuration", "PT30S", "from PT1M to PT5M"),
        ("Topics.0.Subscriptions.0.Properties.RequiresDuplicateDetection", True, "unknown key"),
        ("Topics.0.Subscriptions.0.Name", "a/b", "1 to 50"),
        ("Topics.0.Subscriptions.0.Rules.0.Properties.FilterType", "True", "Correlation or Sql"),
        ("Topics.0.Subscriptions.0.Rules.0.Properties.CorrelationFilter", {}, "at least one"),
        ("Topics.0.Subscriptions.0.Rules.0.Properties.CorrelationFilter.Subject", "x", "unknown key"),
        ("Topics.0.Subscriptions.0.Rules.0.Properties.CorrelationFilter.Properties.k", [], "a text, a number"),
        ("Topics.0.Subscriptions.0.Rules.1.Properties.SqlFilter.SqlExpression", "n =", "expected a value"),
        ("Topics.0.Subscriptions.0.Rules.1.Properties.Action.SqlExpression", "n", "expected SET or REMOVE"),
        ("Topics.0.Subscriptions.0.Rules.1.Name", "R1", "is taken by"),
        ("Name", "other", "must be 'sbemulatorns'"),
    ],
)  # fmt: skip
def test_fault_names_its_place_and_the_way_out(where: str, value: object, told: str) -> None:
    """One wrong value is one error that names the path and what is allowed."""
    content = deepcopy(VALID)
    place: Any = namespace(content)
    *path, last = where.split(".")
    for step in path:
        place = place[int(step)] if step.isdigit() else place.setdefault(step, {})
    place[last] = value
    with pytest.raises(ConfigError) as caught:
        parse(json.dumps(content))
    assert told in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "line 1, column 2"),
        ("[]", "JSON object"),
        ("{}", "UserConfig: must be an object"),
        ('{"UserConfig": {"Namespaces": []}}', "Logging"),
        ('{"UserConfig": {"Namespaces": [], "Logging": {"Type": "Screen"}}}', "File, Console"),
        ('{"UserConfig": {"Namespaces": [], "Logging": {"Type": "File"}}}', "array of 1 to 1"),
    ],
)
def test_frame_of_the_file_is_checked(text: str, told: str) -> None:
    """What is no JSON, or lacks the frame, is refused with the place."""
    with pytest.raises(ConfigError, match=told):
        parse(text)


def test_missing_file_is_named(tmp_path: Path) -> None:
    """A file that cannot be read is an error with its path."""
    with pytest.raises(ConfigError, match=r"none\.json"):
        load(tmp_path / "none.json")


def test_short_times_are_for_those_who_ask() -> None:
    """Tests may ask for locks and times to live that the emulator refuses."""
    content = deepcopy(VALID)
    namespace(content)["Queues"][0]["Properties"] |= {"LockDuration": "PT1S", "DefaultMessageTimeToLive": "PT1S"}
    with pytest.raises(ConfigError):
        parse(json.dumps(content))
    assert parse(json.dumps(content), limits=SHORT_TIMES).queues[0].lock == timedelta(seconds=1)


def test_long_chains_are_refused() -> None:
    """Forwarding over more than four hops is refused; over four it is not."""
    content = deepcopy(VALID)
    names = [f"q{number}" for number in range(6)]
    chain = [{"Name": name, "Properties": {"ForwardTo": following}} for name, following in pairwise(names)]
    namespace(content)["Queues"] = [*chain, {"Name": names[-1]}]
    with pytest.raises(ConfigError, match="4 hops"):
        parse(json.dumps(content))
    namespace(content)["Queues"] = [*chain[1:], {"Name": names[-1]}]
    assert len(parse(json.dumps(content)).queues) == 5


def test_every_entity_can_be_kept_longer_than_the_file_says() -> None:
    """A clock that leaps over weeks expires nothing that is under way."""
    kept = keeping(load(ROOT / "local" / "servicebus.json"), timedelta(days=3650))
    entities = [*kept.queues, *kept.topics, *(one for topic in kept.topics for one in topic.subscriptions)]
    assert {entity.time_to_live for entity in entities} == {timedelta(days=3650)}
    assert len(entities) == 8
