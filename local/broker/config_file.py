"""Reads the official Service Bus emulator's configuration file.

A file that passes here also starts the official image: names, ranges and keys are held to its schema.
Source: Azure/azure-service-bus-emulator-installer, Config-schema.json.
"""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from local.broker.config import (
    NAMESPACE,
    OFFICIAL,
    BrokerConfig,
    FilterKind,
    Limits,
    QueueConfig,
    RuleConfig,
    Scalar,
    TopicConfig,
)
from local.broker.config_fields import ConfigError, Place, unique
from local.broker.settling import MAX_HOPS
from local.broker.sql_action import compile_action
from local.broker.sql_filter import SqlError, compile_filter

MAX_ENTITIES: Final = 50
MAX_SUBSCRIPTIONS: Final = 50
MAX_RULES: Final = 1000
_MAX_LOCK: Final = timedelta(minutes=5)
_MAX_TTL: Final = timedelta(hours=1)
_MAX_WINDOW: Final = timedelta(minutes=5)
_WINDOW: Final = timedelta(seconds=20)
_LOGGING: Final = ("File", "Console", "File,Console")
_SHARED_KEYS: Final = (
    "DeadLetteringOnMessageExpiration",
    "DefaultMessageTimeToLive",
    "ForwardDeadLetteredMessagesTo",
    "ForwardTo",
    "LockDuration",
    "MaxDeliveryCount",
    "RequiresSession",
)
_DUPLICATE_KEYS: Final = ("DuplicateDetectionHistoryTimeWindow", "RequiresDuplicateDetection")
CORRELATION_KEYS: Final = {
    "ContentType": "content_type",
    "CorrelationId": "correlation_id",
    "Label": "subject",
    "MessageId": "message_id",
    "ReplyTo": "reply_to",
    "ReplyToSessionId": "reply_to_group_id",
    "SessionId": "group_id",
    "To": "to",
}
_COMMENT_OR_TEXT: Final = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)


def load(path: Path, *, limits: Limits = OFFICIAL) -> BrokerConfig:
    """Return what the file asks for.

    Raises:
        ConfigError: when it cannot be read or breaks the schema; the text names the place and what to do.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({type(error).__name__}); give the path of a JSON file.") from error
    try:
        return parse(text, limits=limits)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def parse(text: str, *, limits: Limits = OFFICIAL) -> BrokerConfig:
    """Return what the text of a file asks for; comments (`//` and `/* */`) may stand anywhere.

    Raises:
        ConfigError: when it breaks the schema; the text names the place and what to do.
    """
    try:
        content = json.loads(_COMMENT_OR_TEXT.sub(lambda found: found[1] or " ", text))
    except json.JSONDecodeError as error:
        raise ConfigError(f"line {error.lineno}, column {error.colno}: no JSON ({error.msg}).") from error
    if not isinstance(content, dict):
        raise ConfigError("must be a JSON object with the key UserConfig.")
    root = Place("$", content)
    root.only("UserConfig")
    user = root.child("UserConfig", required=True)
    user.only("Namespaces", "Logging")
    logging = user.child("Logging", required=True)
    logging.only("Type")
    if logging.text("Type", required=True).replace(" ", "") not in _LOGGING:
        raise logging.fault("Type", "must be File, Console or 'File,Console'.")
    return _namespace(user.children("Namespaces", least=1, most=1)[0], limits)


def _namespace(place: Place, limits: Limits) -> BrokerConfig:
    place.only("Name", "Queues", "Topics")
    if place.text("Name", required=True) != NAMESPACE:
        raise place.fault("Name", f"must be '{NAMESPACE}': the emulator has no other namespace.")
    queue_places = place.children("Queues", most=MAX_ENTITIES)
    topic_places = place.children("Topics", most=MAX_ENTITIES)
    if len(queue_places) + len(topic_places) > MAX_ENTITIES:
        raise place.fault("", f"queues and topics together must be at most {MAX_ENTITIES}.")
    queues = [_queue(item, limits) for item in queue_places]
    topics = [_topic(item, limits) for item in topic_places]
    unique(queue_places + topic_places, [*(queue.name for queue in queues), *(topic.name for topic in topics)])
    config = BrokerConfig(tuple(queues), tuple(topics))
    _check_forwarding(config)
    return config


def _queue(place: Place, limits: Limits) -> QueueConfig:
    place.only("Name", "Properties")
    properties = place.child("Properties")
    properties.only(*_SHARED_KEYS, *_DUPLICATE_KEYS)
    window = _duplicate_window(properties, limits)
    return QueueConfig(place.entity_name(), duplicate_window=window, **_shared(properties, limits, limits.lock))


def _topic(place: Place, limits: Limits) -> TopicConfig:
    place.only("Name", "Properties", "Subscriptions")
    properties = place.child("Properties")
    properties.only("DefaultMessageTimeToLive", *_DUPLICATE_KEYS)
    children = place.children("Subscriptions", least=1, most=MAX_SUBSCRIPTIONS)
    subscriptions = [_subscription(child, limits) for child in children]
    unique(children, [subscription.name for subscription in subscriptions])
    name, ttl, window = place.entity_name(), _ttl(properties, limits), _duplicate_window(properties, limits)
    return TopicConfig(name, ttl, window, tuple(subscriptions))


def _subscription(place: Place, limits: Limits) -> QueueConfig:
    place.only("Name", "Properties", "Rules")
    properties = place.child("Properties")
    properties.only(*_SHARED_KEYS)
    children = place.children("Rules", most=MAX_RULES)
    rules = [_rule(child) for child in children]
    unique(children, [rule.name for rule in rules])
    shared = _shared(properties, limits, limits.subscription_lock)
    return QueueConfig(place.sub_name(), rules=tuple(rules), **shared)


def _shared(place: Place, limits: Limits, shortest_lock: timedelta) -> dict[str, Any]:
    lock = place.duration("LockDuration", timedelta(minutes=1), least=shortest_lock, most=_MAX_LOCK)
    return {
        "lock": lock,
        "time_to_live": _ttl(place, limits),
        "max_delivery_count": place.number("MaxDeliveryCount", 3, least=1, most=10),
        "dead_letter_on_expiry": place.flag("DeadLetteringOnMessageExpiration"),
        "requires_session": place.flag("RequiresSession"),
        "forward_to": place.text("ForwardTo"),
        "forward_dead_letters_to": place.text("ForwardDeadLetteredMessagesTo"),
    }


def _ttl(place: Place, limits: Limits) -> timedelta:
    return place.duration("DefaultMessageTimeToLive", _MAX_TTL, least=limits.time_to_live, most=_MAX_TTL)


def _duplicate_window(place: Place, limits: Limits) -> timedelta | None:
    key = "DuplicateDetectionHistoryTimeWindow"
    window = place.duration(key, _WINDOW, least=limits.duplicate_window, most=_MAX_WINDOW)
    return window if place.flag("RequiresDuplicateDetection") else None


def _rule(place: Place) -> RuleConfig:
    place.only("Name", "Properties")
    name = place.sub_name()
    properties = place.child("Properties", required=True)
    properties.only("FilterType", "CorrelationFilter", "SqlFilter", "Action")
    action = properties.child("Action")
    action.only("SqlExpression")
    statement = action.text("SqlExpression")
    if statement:
        _compiles(action, compile_action, statement)
    match properties.text("FilterType", required=True):
        case "Correlation":
            system, application = _correlation(properties.child("CorrelationFilter", required=True))
            return RuleConfig(name, FilterKind.CORRELATION, system, application, action=statement)
        case "Sql":
            sql = properties.child("SqlFilter", required=True)
            sql.only("SqlExpression")
            expression = sql.text("SqlExpression", required=True)
            _compiles(sql, compile_filter, expression)
            return RuleConfig(name, FilterKind.SQL, expression=expression, action=statement)
        case _:
            raise properties.fault("FilterType", "must be Correlation or Sql.")


def _compiles(place: Place, compiler: Any, text: str) -> None:
    try:
        compiler(text)
    except SqlError as error:
        raise place.fault("SqlExpression", str(error)) from error


def _correlation(place: Place) -> tuple[dict[str, str], dict[str, Scalar]]:
    place.only(*CORRELATION_KEYS, "Properties")
    system = {name: place.text(key, required=True) for key, name in CORRELATION_KEYS.items() if key in place.value}
    application = place.child("Properties")
    for key, value in application.value.items():
        if not isinstance(value, str | int | float | bool):
            raise application.fault(key, "must be a text, a number, true or false.")
    if not system and not application.value:
        raise place.fault("", f"must have at least one of {', '.join(CORRELATION_KEYS)} or Properties.")
    return system, dict(application.value)


def _check_forwarding(config: BrokerConfig) -> None:
    """Refuse targets that do not exist, and chains that are longer than a message may travel."""
    known = {queue.name.lower() for queue in config.queues} | {topic.name.lower() for topic in config.topics}
    sources = [(queue.name, queue) for queue in config.queues]
    sources += [(f"{topic.name}/{sub.name}", sub) for topic in config.topics for sub in topic.subscriptions]
    for name, source in sources:
        for key, target in (
            ("ForwardTo", source.forward_to),
            ("ForwardDeadLetteredMessagesTo", source.forward_dead_letters_to),
        ):
            if target and target.lower() not in known:
                raise ConfigError(f"{name}: {key} names '{target}', which is no queue or topic of this file; add it.")
        if _hops(config, source.forward_to) > MAX_HOPS:
            raise ConfigError(f"{name}: ForwardTo makes a chain of more than {MAX_HOPS} hops, or a circle; shorten it.")


def _hops(config: BrokerConfig, target: str, so_far: int = 1) -> int:
    if not target:
        return 0
    if so_far > MAX_HOPS:
        return so_far
    nexts = [queue.forward_to for queue in config.queues if queue.name.lower() == target.lower()]
    for topic in config.topics:
        if topic.name.lower() == target.lower():
            nexts += [subscription.forward_to for subscription in topic.subscriptions]
    return max((_hops(config, item, so_far + 1) for item in nexts if item), default=so_far)
