"""The description of the API says what is so: it is kept, complete, and every example in it comes true."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from functions.http.api import OPERATIONS, build
from functions.http.openapi import answers
from functions.http.openapi.entries import ENTRIES
from functions.http.openapi.security import ALTERNATIVES, SCHEMES
from functions.http.operation import BASE, FORM, JSON, Operation, Policy, admits
from shared.domain.errors import Refusal
from shared.domain.policy import Issuer, Subject
from shared.schemas.base import Additive
from tests.architecture.sources import ROOT
from tests.functions.record import CONTRACT, answers_to_examples
from tests.functions.rim import Rim

SHOWN = [operation for operation in OPERATIONS if not operation.hidden]
ISSUERS = {
    "altinnToken": Issuer.ALTINN,
    "maskinportenToken": Issuer.MASKINPORTEN,
    "idportenToken": Issuer.IDPORTEN,
    "dialogToken": Issuer.DIALOGPORTEN,
}
FOUND_BY_THE_FORM = {
    Refusal.CONTENT_MISSING,
    Refusal.TITLE_EMPTY,
    Refusal.TITLE_TOO_LONG,
    Refusal.SUMMARY_TOO_LONG,
    Refusal.KEY_NOT_A_GUID,
}
"""Faults that the form of a request shows already: they are answered as validation problems, without their number."""


def id_of(operation: Operation) -> str:
    return operation.id


@pytest.fixture(scope="module")
def document() -> Mapping[str, Any]:
    """The description."""
    return build().openapi()


def checked(document: Mapping[str, Any], schema: Mapping[str, Any], value: object) -> list[str]:
    """What is wrong with the value; members that no model has are wrong, too."""
    components = deepcopy(document["components"])
    for name, model in components["schemas"].items():
        if "properties" in model and not name.endswith("Problem"):
            model["additionalProperties"] = False
    return [error.message for error in Draft202012Validator({**schema, "components": components}).iter_errors(value)]


def described(document: Mapping[str, Any], operation: Operation) -> Mapping[str, Any]:
    found: Mapping[str, Any] = document["paths"][operation.path][operation.method.lower()]
    return found


def test_the_description_is_the_kept_contract(document: Mapping[str, Any]) -> None:
    """Nothing of it changes by accident."""
    assert document == json.loads(CONTRACT.read_text(encoding="utf-8")), "run `make openapi` and read the differences"


def test_the_description_is_openapi(document: Mapping[str, Any]) -> None:
    """Any tool for version 3.1 can read it."""
    validate(document)  # type: ignore[arg-type]


@pytest.mark.parametrize("operation", SHOWN, ids=id_of)
def test_every_operation_has_an_example(operation: Operation) -> None:
    """And its refusals are listed."""
    home = "functions/http/openapi"
    assert operation.id in ENTRIES, f"add an Entry for {operation.id} with an example and its refusals in {home}"
    assert ENTRIES[operation.id].examples, f"add an example of {operation.id} in {home}"
    open_to_all_it_admits = operation.policy in {Policy.PUBLIC, Policy.MAINTENANCE}
    assert open_to_all_it_admits or ENTRIES[operation.id].refusals, f"add the refusals of {operation.id}"


def test_nothing_is_said_of_operations_that_are_not_there() -> None:
    """Entries and recorded answers are those of operations that are shown."""
    assert set(ENTRIES) == {operation.id for operation in SHOWN}
    assert set(answers.recorded()) == set(ENTRIES), "run `make openapi`"


@pytest.mark.parametrize("operation", SHOWN, ids=id_of)
async def test_every_example_comes_true(operation: Operation, document: Mapping[str, Any]) -> None:
    """Each has the recorded answer, a good one that its schema describes."""
    found = await answers_to_examples(operation.id)
    assert found == answers.recorded()[operation.id], "run `make openapi` and read the differences"
    for answer in found:
        assert answer["status"] < 400
        response = described(document, operation)["responses"][str(answer["status"])]
        if answer["type"] == JSON:
            assert checked(document, response["content"][JSON]["schema"], answer["body"]) == []


@pytest.mark.parametrize("operation", [one for one in SHOWN if one.consumes in {JSON, FORM}], ids=id_of)
def test_every_example_of_a_body_is_as_its_schema_says(operation: Operation, document: Mapping[str, Any]) -> None:
    """No example shows a member that is not read."""
    ((_, media),) = described(document, operation)["requestBody"]["content"].items()
    for example in media["examples"].values():
        assert checked(document, media["schema"], example["value"]) == []


@pytest.mark.parametrize("operation", SHOWN, ids=id_of)
def test_every_example_of_a_problem_is_as_its_schema_says(operation: Operation, document: Mapping[str, Any]) -> None:
    """One for each number."""
    for status, response in described(document, operation)["responses"].items():
        for media in response.get("content", {}).values():
            for name, example in media.get("examples", {}).items():
                shown = document["components"]["examples"][name] if "$ref" in example else example
                assert checked(document, media["schema"], shown["value"]) == [] or media["schema"].get("format"), status


def test_everything_is_described(document: Mapping[str, Any]) -> None:
    """Every operation, parameter, answer, model and member has words of its own."""
    assert [where for where, told in told_in(document) if not told] == [], "say it in functions/http/openapi/words.py"


def told_in(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for path, item in document["paths"].items():
        for method in item.values():
            yield path, method["summary"] and method["description"]
            for parameter in method["parameters"]:
                yield f"{path} {parameter['name']}", parameter["description"]
            for status, answer in method["responses"].items():
                yield f"{path} {status}", answer["description"]
    for name, model in document["components"]["schemas"].items():
        yield name, model.get("description", "")
        for member, schema in model.get("properties", {}).items():
            yield f"{name}.{member}", schema.get("description", "")
    for tag in document["tags"]:
        yield tag["name"], tag.get("description", "")


def test_every_refusal_of_the_catalogue_is_some_operation_s() -> None:
    """A number that nothing answers with would be a promise that nobody keeps."""
    carried = {refusal for entry in ENTRIES.values() for refusal in entry.refusals} | {Refusal.REQUEST_TOO_LARGE}
    assert set(Refusal) - carried <= FOUND_BY_THE_FORM
    assert not carried & FOUND_BY_THE_FORM


def test_what_upstream_does_not_have_is_marked(document: Mapping[str, Any]) -> None:
    """Operations, parameters, members and numbers of ours, and none of upstream's."""
    additions = {id_ for id_, entry in ENTRIES.items() if entry.addition}
    operations = [one for item in document["paths"].values() for one in item.values()]
    assert {one["operationId"] for one in operations if one.get("x-addition")} == additions
    numbers = {name for name, example in document["components"]["examples"].items() if example.get("x-addition")}
    assert numbers == {name for name in document["components"]["examples"] if name >= "CORR-07"}
    for model in models_below(Additive):
        members = document["components"]["schemas"].get(model.__name__, {}).get("properties", {})
        marked = {name for name, member in members.items() if member.get("x-addition")}
        assert not members or model.additions <= marked, model.__name__


def models_below(model: type[Additive]) -> Iterator[type[Additive]]:
    for below in model.__subclasses__():
        yield below
        yield from models_below(below)


def test_nothing_is_described_before_somebody_asks() -> None:
    """The import of the app, which every cold start waits for, makes no description and no page."""
    program = "import sys, function_app; print([name for name in sys.modules if 'openapi' in name.split('.')])"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env={}, capture_output=True, text=True, timeout=120, check=True
    )
    assert [name for name in ast.literal_eval(done.stdout) if name.startswith("functions")] == []


@pytest.mark.parametrize("policy", Policy)
def test_the_tokens_of_a_policy_are_those_that_it_admits(policy: Policy) -> None:
    """Each alternative is enough, and none of its scopes can be left out."""
    for alternative in ALTERNATIVES[policy]:
        ((name, scopes),) = alternative.items()
        assert admits(policy, holder(name, scopes))
        for left_out in scopes:
            assert not admits(policy, holder(name, [scope for scope in scopes if scope != left_out]))
    unknown = [holder(name, []) for name in SCHEMES if {name: []} not in ALTERNATIVES[policy]]
    assert policy is Policy.PUBLIC or not any(admits(policy, one) for one in unknown)


def holder(scheme: str, scopes: list[str]) -> Subject:
    issuer = ISSUERS[scheme]
    if issuer is Issuer.DIALOGPORTEN:
        return Subject(issuer=issuer, dialog_actions=frozenset(scopes))
    return Subject(issuer=issuer, scopes=frozenset(scopes))


async def test_the_description_is_served_at_both_addresses(rim: Rim, document: Mapping[str, Any]) -> None:
    """Ours, and the one that upstream's clients know; to everybody, as JSON."""
    for path in ("/openapi.json", "/swagger/v1/swagger.json"):
        answer = await rim.get(path, "")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
        assert answer.json() == document


async def test_the_page_shows_everything_and_loads_nothing_from_elsewhere(
    rim: Rim, document: Mapping[str, Any]
) -> None:
    """Every operation, model and number; one style sheet of ours; neither scripts nor styles in it."""
    for path in ("/docs", "/swagger/index.html"):
        page = await rim.get(path, "")
        assert "default-src 'none'" in page.headers["content-security-policy"]
        for operation in SHOWN:
            assert f'<article id="{operation.id}">' in page.text
        for name in (*document["components"]["schemas"], *document["components"]["examples"]):
            assert name in page.text
        for forbidden in ("<script", "style=", "<style", "<img", "src=", "javascript:", "@import"):
            assert forbidden not in page.text
        assert page.text.count("<link ") == 1
    style = await rim.get("/docs/style.css", "")
    assert style.headers["content-type"].startswith("text/css")
    assert "url(" not in style.text
    assert f'href="{BASE}/docs/style.css"' in page.text
