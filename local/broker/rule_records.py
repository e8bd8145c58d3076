"""Rules as they travel and as they are kept: what clients add, remove and list at run time.

Source: Service Bus documentation, AMQP request-response-based operations, Rule operations.
"""

from typing import Any, Final

from local.broker.config import FilterKind, RuleConfig
from local.broker.protocol import ALREADY_EXISTS, ARGUMENT_ERROR, NOT_FOUND, AmqpError
from local.broker.rules import Rule, compile_rule
from local.broker.sql_filter import SqlError
from local.broker.values import Described, Ulong, Value

_RULE: Final = 0x0000013700000004
_EMPTY_ACTION: Final = 0x0000013700000005
_SQL: Final = 0x0000013700000006  # Of a filter and of an action alike.
_TRUE: Final = 0x0000013700000007
_FALSE: Final = 0x0000013700000008
_CORRELATION: Final = 0x0000013700000009
# The fields of a correlation filter in their order on the wire, and their names in requests.
_CORRELATION_FIELDS: Final = (
    ("correlation_id", "correlation-id"),
    ("message_id", "message-id"),
    ("to", "to"),
    ("reply_to", "reply-to"),
    ("subject", "label"),
    ("group_id", "session-id"),
    ("reply_to_group_id", "reply-to-session-id"),
    ("content_type", "content-type"),
)


def added(rules: list[Rule], name: str, description: dict[str, Any]) -> list[Rule]:
    """Return the rules with one more.

    Raises:
        AmqpError: when the name is taken or the description is no rule.
    """
    if any(rule.config.name.lower() == name.lower() for rule in rules):
        raise AmqpError(ALREADY_EXISTS, f"A rule with the name '{name}' exists already.")
    try:
        return [*rules, compile_rule(_config(name, description))]
    except (SqlError, TypeError, AttributeError) as error:
        raise AmqpError(ARGUMENT_ERROR, f"The rule '{name}' cannot be understood: {error}") from error


def removed(rules: list[Rule], name: str) -> list[Rule]:
    """Return the rules without one.

    Raises:
        AmqpError: when there is none of that name.
    """
    left = [rule for rule in rules if rule.config.name.lower() != name.lower()]
    if len(left) == len(rules):
        raise AmqpError(NOT_FOUND, f"There is no rule with the name '{name}'.")
    return left


def restored(rules: list[Rule], name: str, record: Value) -> list[Rule]:
    """Return the rules with a kept change applied: False removed the rule, a description added it."""
    others = [rule for rule in rules if rule.config.name.lower() != name.lower()]
    return others if record is False else [*others, compile_rule(_config(name, record))]


def _config(name: str, description: dict[str, Any]) -> RuleConfig:
    action = str((description.get("sql-rule-action") or {}).get("expression") or "")
    sql, correlation = description.get("sql-filter"), description.get("correlation-filter")
    if sql:
        return RuleConfig(name, FilterKind.SQL, expression=str(sql["expression"]), action=action)
    if correlation:
        system = {ours: correlation[theirs] for ours, theirs in _CORRELATION_FIELDS if correlation.get(theirs)}
        application = correlation.get("properties") or {}
        return RuleConfig(name, FilterKind.CORRELATION, system, application, action=action)
    return RuleConfig(name, action=action)


def described(rule: Rule) -> Described:
    """Return the rule as it is listed."""
    config = rule.config
    match config.kind:
        case FilterKind.SQL:
            chosen = Described(Ulong(_SQL), [config.expression])
        case FilterKind.CORRELATION:
            fields: list[Value] = [config.system.get(ours) for ours, _ in _CORRELATION_FIELDS]
            chosen = Described(Ulong(_CORRELATION), [*fields, dict(config.application)])
        case FilterKind.TRUE:
            chosen = Described(Ulong(_TRUE), [])
        case FilterKind.FALSE:
            chosen = Described(Ulong(_FALSE), [])
    action = Described(Ulong(_SQL), [config.action]) if config.action else Described(Ulong(_EMPTY_ACTION), [])
    return Described(Ulong(_RULE), [chosen, action, config.name])
