"""The rules of a subscription: which messages it takes, and as which copies.

All rules without an action together give one copy; each rule with an action that matches gives one of its own, which
carries the rule's name. Source: Service Bus documentation, Topic filters and actions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from local.broker.config import FilterKind, RuleConfig
from local.broker.message import Message, with_changes
from local.broker.sql_action import Change, compile_action
from local.broker.sql_filter import compile_filter
from local.broker.sql_values import equal

DEFAULT_RULE: Final = RuleConfig("$Default")
_RULE_NAME: Final = "RuleName"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, ready to be asked."""

    config: RuleConfig
    matches: Callable[[Message], bool]
    action: Change | None


def compile_rule(config: RuleConfig) -> Rule:
    """Return the rule. Raises SqlError."""
    action = compile_action(config.action) if config.action else None
    match config.kind:
        case FilterKind.TRUE:
            return Rule(config, lambda _message: True, action)
        case FilterKind.FALSE:
            return Rule(config, lambda _message: False, action)
        case FilterKind.SQL:
            return Rule(config, compile_filter(config.expression), action)
        case FilterKind.CORRELATION:
            return Rule(config, _correlation(config), action)


def _correlation(config: RuleConfig) -> Callable[[Message], bool]:
    def matches(message: Message) -> bool:
        application = message.application or {}
        return all(equal(message.system(name), value) for name, value in config.system.items()) and all(
            name in application and equal(application[name], value) for name, value in config.application.items()
        )

    return matches


def copies(rules: list[Rule], message: Message) -> list[Message]:
    """Return the copies of a message that a subscription with these rules takes."""
    matching = [rule for rule in rules if rule.matches(message)]
    plain = [message] if any(rule.action is None for rule in matching) else []
    changed = [(rule.config.name, rule.action(message)) for rule in matching if rule.action is not None]
    return plain + [with_changes(copy, {_RULE_NAME: name}) for name, copy in changed]
