"""The rules of the topic's subscriptions name facts that exist, and leave out none that their consumer lives on."""

import json
import re
from pathlib import Path

from shared.domain.facts import AggregateKind, FactType

CONFIG = Path(__file__).parents[2] / "local" / "servicebus.json"
LIFECYCLE = {
    FactType.INITIALIZED,
    FactType.PURGED,
    FactType.ATTACHMENT_PUBLISHED,
    FactType.ATTACHMENT_UPLOAD_FAILED,
    FactType.ATTACHMENT_DELETED,
    FactType.ATTACHMENT_EXPIRED,
}
"""What can make a correspondence publishable, impossible to publish, or its attachments unused."""


def rules() -> dict[str, str]:
    """The SQL rule of each subscription that has one."""
    [namespace] = json.loads(CONFIG.read_text(encoding="utf-8"))["UserConfig"]["Namespaces"]
    [topic] = namespace["Topics"]
    return {
        subscription["Name"]: rule["Properties"]["SqlFilter"]["SqlExpression"]
        for subscription in topic["Subscriptions"]
        for rule in subscription.get("Rules", [])
    }


def test_rules_name_facts_that_exist() -> None:
    """A misspelt fact would never be delivered, and nobody would notice."""
    known = {*FactType, *AggregateKind}
    for subscription, rule in rules().items():
        named = set(re.findall(r"'([^']*)'", rule))
        assert named, subscription
        assert named <= known, subscription


def test_lifecycle_gets_all_it_lives_on() -> None:
    """Its rule lists exactly the facts after which something may have to be published, failed or released."""
    assert set(re.findall(r"'([^']*)'", rules()["lifecycle"])) == LIFECYCLE


def test_webhooks_get_everything() -> None:
    """Subscribers choose for themselves, so that subscription has no rule."""
    assert "webhooks" not in rules()
