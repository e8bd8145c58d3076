"""The description of the API in OpenAPI 3.1, made of the operations, their models and their recorded answers."""

import inspect
from collections.abc import Iterable
from functools import cache
from typing import Any, get_args

from fastapi.params import Path
from pydantic import TypeAdapter

from functions.http.openapi import answers, schemas, words
from functions.http.openapi.entries import ENTRIES
from functions.http.openapi.entry import Entry, Example
from functions.http.openapi.security import ALTERNATIVES, SCHEMES
from functions.http.operation import BYTES, FORM, JSON, Operation
from shared.domain.errors import Refusal

Described = dict[str, Any]

_ABOUT = """\
Secure messages from agencies to citizens and businesses, wire-compatible with Altinn Correspondence.

Member names are read in any case, unknown members are ignored, numbers and truth values may be given as text, and
values of enumerations by name in any case or by number. Answers write every member, null when there is nothing to say,
and times in UTC with their offset.

A refusal is a problem body (RFC 9457) whose `errorCode` never changes its meaning. What upstream's API does not have is
marked `x-addition`.
"""
_TAGS = {
    "Correspondence": "Messages, for senders and recipients",
    "Attachment": "Files, for their senders",
    "Subscriptions": "Being told of events, in the shapes of Altinn Events",
    "Notification templates": "A service owner's own texts for notices",
    "Operations": "Whether the service runs",
}


@cache
def description(operations: tuple[Operation, ...]) -> Described:
    """Every operation that is not hidden. The same object each time: it is not to be changed."""
    shown = [operation for operation in operations if not operation.hidden]
    models = schemas.of_all(shown)
    refusals = {refusal for one in shown for refusal in _entry(one).refusals} | {Refusal.REQUEST_TOO_LARGE}
    paths: dict[str, Described] = {}
    for operation in shown:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation, models)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Correspondence", "version": "1", "description": _ABOUT},
        "servers": [{"url": "/"}],
        "tags": [_tag(tag) for tag in dict.fromkeys(operation.tag for operation in shown)],
        "paths": paths,
        "components": {
            "schemas": models | answers.problem_schemas(),
            "examples": answers.examples(sorted(refusals, key=lambda refusal: refusal.number)),
            "securitySchemes": {name: dict(scheme) for name, scheme in SCHEMES.items()},
        },
    }


def _tag(name: str) -> Described:
    return {"name": name, "description": _TAGS[name]} if name in _TAGS else {"name": name}


def _entry(operation: Operation) -> Entry:
    return ENTRIES.get(operation.id) or Entry(examples=())


def _described(operation: Operation, models: dict[str, schemas.Schema]) -> Described:
    entry, told = _entry(operation), words.documentation(operation.endpoint.__doc__)
    described: Described = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": told.partition(". ")[0].rstrip("."),
        "description": f"{told}\n\nPolicy: {operation.policy}.",
        "x-policy": operation.policy.value,
        "security": [dict(alternative) for alternative in ALTERNATIVES[operation.policy]],
        "parameters": [*_path_parameters(operation, entry), *_query_parameters(operation, entry), *_headers(entry)],
        "responses": answers.of(operation, entry),
    }
    if entry.addition:
        described |= schemas.addition(True)
        described["description"] += "\n\nAn addition: upstream's API does not have it."
    if operation.consumes is not None:
        described["requestBody"] = _request_body(operation, entry, models)
    return described


def _request_body(operation: Operation, entry: Entry, models: dict[str, schemas.Schema]) -> Described:
    model = schemas.taken_by(operation)
    schema: schemas.Schema = {BYTES: schemas.BINARY, FORM: schemas.as_form("InitializeCorrespondences", models)}.get(
        operation.consumes or "", schemas.reference(model) if model is not None else {}
    )
    shown = {answers.slug(one.summary): {"summary": one.summary, "value": one.value} for one in entry.examples}
    return {"required": True, "content": {operation.consumes or JSON: {"schema": schema, "examples": shown}}}


def _path_parameters(operation: Operation, entry: Entry) -> Iterable[Described]:
    for parameter in inspect.signature(operation.endpoint).parameters.values():
        kind, *metadata = get_args(parameter.annotation) or (None,)
        for path in (one for one in metadata if isinstance(one, Path)):
            name = path.alias or parameter.name
            schema = TypeAdapter(kind).json_schema()
            shown = _shown((one, one.path[name]) for one in entry.examples if name in one.path)
            yield _parameter(name, "path", words.PARAMETERS.get(name, ""), schema, shown) | {"required": True}


def _query_parameters(operation: Operation, entry: Entry) -> Iterable[Described]:
    if operation.query is None:
        return
    model = operation.query
    schema = schemas.of_models([model])
    for name, member in schema[model.__name__]["properties"].items():
        told = member.get("description", "")
        plain = {key: value for key, value in schemas.plain(member, schema).items() if key != "description"}
        shown = _shown((one, one.query[name]) for one in entry.examples if name in one.query)
        needed = name in schema[model.__name__].get("required", ())
        added = schemas.addition(words.is_added(name))
        yield _parameter(name, "query", told, plain, shown) | {"required": needed} | added


def _headers(entry: Entry) -> Iterable[Described]:
    """Those that examples have. Accept is none of them: OpenAPI says it with the types of the answers."""
    for name in dict.fromkeys(name for one in entry.examples for name in one.headers if name != "Accept"):
        shown = _shown((one, one.headers[name]) for one in entry.examples if name in one.headers)
        yield _parameter(name, "header", answers.HEADERS[name.lower()], {"type": "string"}, shown)


def _shown(values: Iterable[tuple[Example, str]]) -> Described:
    return {answers.slug(one.summary): {"summary": one.summary, "value": value} for one, value in values}


def _parameter(name: str, place: str, told: str, schema: Described, shown: Described) -> Described:
    described: Described = {"name": name, "in": place, "description": told, "schema": schema}
    return described | {"examples": shown} if shown else described
