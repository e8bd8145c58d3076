"""Names that must agree across files do."""

import json
from pathlib import Path
from typing import Any

from functions.http.api import OPERATIONS
from functions.http.edge import STATUS
from functions.http.operation import Policy
from shared.config import Settings
from shared.domain.errors import ErrorKind, Refusal
from tests.architecture.sources import ROOT

PLATFORM_SETTINGS = {"FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage"}


def entities_in_code(functions: list[dict[str, Any]]) -> set[tuple[str, ...]]:
    bindings = [binding for each in functions for binding in each["bindings"]]
    return {
        (binding["queueName"],) if "queueName" in binding else (binding["topicName"], binding["subscriptionName"])
        for binding in bindings
        if binding["type"] == "serviceBusTrigger"
    }


def entities_in_config(path: Path) -> set[tuple[str, ...]]:
    (namespace,) = json.loads(path.read_text(encoding="utf-8"))["UserConfig"]["Namespaces"]
    queues = {(queue["Name"],) for queue in namespace["Queues"]}
    return queues | {(topic["Name"], sub["Name"]) for topic in namespace["Topics"] for sub in topic["Subscriptions"]}


def test_functions_are_the_documented_ones(functions: list[dict[str, Any]]) -> None:
    """Operations and triggers, each name once; a Function that fails to index is missed here."""
    documented = (Path(__file__).parent / "functions.txt").read_text(encoding="utf-8").split()
    assert sorted(each["name"] for each in functions) == documented


def test_every_operation_is_a_function_of_its_name(functions: list[dict[str, Any]]) -> None:
    """One each, HTTP-triggered and open to our own authorisation only."""
    triggers = {each["name"]: b for each in functions for b in each["bindings"] if b["type"] == "httpTrigger"}
    assert {operation.id for operation in OPERATIONS} <= triggers.keys()
    assert {str(trigger["authLevel"]).lower().removeprefix("authlevel.") for trigger in triggers.values()} == {
        "anonymous"
    }


def test_every_operation_states_its_policy() -> None:
    """Open ones say so, and are few enough to be named here; none of them shows anything of a message."""
    assert all(isinstance(operation.policy, Policy) for operation in OPERATIONS)
    public = {operation.id for operation in OPERATIONS if operation.policy is Policy.PUBLIC}
    pages = {"openapi", "openapi_of_upstream", "api_page", "api_page_of_upstream", "api_page_style"}
    assert public == {"health", "healthz", "preflight", "no_such_operation"} | pages


def test_the_broker_has_what_the_code_listens_to(functions: list[dict[str, Any]]) -> None:
    """Topics, subscriptions and queues, no more and no less."""
    assert entities_in_code(functions) == entities_in_config(ROOT / "local" / "servicebus.json")


def test_the_example_names_every_setting() -> None:
    """And nothing else but what the platform itself reads."""
    example = json.loads((ROOT / "local.settings.json.example").read_text(encoding="utf-8"))
    named = set(example["Values"]) - PLATFORM_SETTINGS
    assert {name.lower() for name in named} == set(Settings.model_fields)


def test_every_kind_of_refusal_has_an_http_status() -> None:
    """None is forgotten, and each is an error."""
    assert set(STATUS) == set(ErrorKind)
    assert all(400 <= status <= 599 for status in STATUS.values())


def test_refusals_have_numbers_of_their_own() -> None:
    """Clients go by them."""
    numbers = [refusal.number for refusal in Refusal]
    assert len(numbers) == len(set(numbers))
