"""What each operation can answer: the recorded good answers, and a problem for every refusal."""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus
from importlib import resources
from typing import Any

from fastapi import Response

from functions.http.edge import EXCHANGE_FIRST, STATUS
from functions.http.openapi import schemas
from functions.http.openapi.entry import Entry
from functions.http.operation import BYTES, JSON, TEXT, Operation, Policy
from functions.http.problems import PROBLEM, invalid, problem, refused
from shared.domain.errors import DomainError, FieldError, Refusal

Described = dict[str, Any]

RECORDED = "recorded.json"
FIRST_OF_OURS = 7000  # Source: wire contract 5.9, whose numbers end before.
ANY_TYPE = "*/*"
EXAMPLE_TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"

HEADERS: Mapping[str, str] = {
    "accept-ranges": "`bytes`: a part of the file can be asked for",
    "content-digest": "The SHA-256 digest of what is sent (RFC 9530)",
    "content-disposition": "The name of the file, and whether a browser shows it",
    "content-range": "Which bytes these are",
    "etag": "The version of the file",
    "idempotent-replayed": "`true` when the answer is that of an earlier request with the same key",
    "location": "Where what was made can be found",
    "range": "The bytes that are wanted, as `bytes=0-1023`; all of them when it is not given",
    "repr-digest": "The SHA-256 digest of the whole file (RFC 9530)",
    "retry-after": "In how many seconds it is worth trying again",
    "www-authenticate": "`Bearer`",
}
"""Headers that mean something, of requests and answers, in lower case. Others are not described."""

_UNSAID: Mapping[int, str] = {
    400: "The request is wrong",
    401: "No valid token, without a body; or a token that has no access here",
    403: "The token lacks the scope, without a body; or it must be exchanged first",
    406: "Accept allows no type that the operation gives",
    413: "The body is larger than this server takes",
    415: "Content-Type is not what the operation takes",
    416: "No byte of the range is in the file",
    500: "Something unforeseen happened",
    502: "A neighbour refused",
    503: "The service is busy",
}
"""What a status means, beyond the numbers that may come with it."""


@cache
def recorded() -> Mapping[str, list[Described]]:
    """The answers to the examples, by the operation's id, in the order of its examples; see tests/functions/record."""
    text = resources.files("functions.http.openapi").joinpath(RECORDED).read_text(encoding="utf-8")
    answers: Mapping[str, list[Described]] = json.loads(text)
    return answers


def of(operation: Operation, entry: Entry) -> dict[str, Described]:
    """Every status that the operation can answer with."""
    numbered: dict[int, list[Refusal]] = {}
    for refusal in (*entry.refusals, *([Refusal.REQUEST_TOO_LARGE] if operation.consumes else ())):
        numbered.setdefault(STATUS[refusal.kind], []).append(refusal)
    answers = {status: _good(operation, entry, status) for status in _good_statuses(operation)}
    for status in sorted(numbered.keys() | _unnumbered(operation)):
        answers[status] = _bad(status, numbered.get(status, ()), is_validated=_takes_anything(operation))
    if operation.produces is not None:
        answers[406] = {"description": _UNSAID[406], "content": {TEXT: {"schema": {"type": "string"}}}}
    if any("accept-ranges" in one["headers"] for one in recorded().get(operation.id, ())):
        answers[416] = {"description": _UNSAID[416]}
    for status in entry.also:
        answers[status] = _json(operation, entry.also[status])
    return {str(status): answers[status] for status in sorted(answers)}


def examples(refusals: Iterable[Refusal]) -> dict[str, Described]:
    """A problem for each refusal, by its code, as it is answered."""
    return {
        _code(refusal): {
            "summary": refusal.text,
            "value": _body(refused(DomainError(refusal), status, trace=EXAMPLE_TRACE)),
            **schemas.addition(refusal.number >= FIRST_OF_OURS),
        }
        for refusal in refusals
        for status in [STATUS[refusal.kind]]
    }


def problem_schemas() -> dict[str, Described]:
    """The two kinds of problem bodies. Source: wire contract 2.7."""
    text, number = {"type": "string"}, {"type": "integer"}
    members: Described = {
        "type": text | {"format": "uri", "description": "Where the status is defined"},
        "title": text | {"description": "The name of the status"},
        "status": number | {"description": "The HTTP status"},
        "traceId": text | {"description": "Names the request in our logs, as a W3C trace parent"},
    }
    refusal = {
        "detail": text | {"description": "The reason, in English"},
        "code": text | {"pattern": "^CORR-\\d{5}$", "description": "The number of the reason with its prefix"},
        "errorCode": number | {"description": "The number of the reason, which never changes"},
    }
    fault = {
        "type": "object",
        "properties": {
            "code": text,
            "title": text | {"description": "What to mend"},
            "paths": {"type": "array", "items": text, "description": "Where, with / between members"},
        },
        "required": ["code", "title", "paths"],
    }
    validation = {
        "code": {"const": "STD-00000", "description": "The same for every fault of the form"},
        "validationErrors": {"type": "array", "items": fault, "description": "Every fault"},
        "errors": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": text},
            "description": "The same, by the path of the member",
        },
    }
    return {
        "Problem": _object("A refusal, or a failure", members | refusal, [*members]),
        "ValidationProblem": _object("The form of a request is wrong", members | validation, [*members, *validation]),
    }


def _object(description: str, members: Described, required: list[str]) -> Described:
    return {"type": "object", "description": description, "properties": members, "required": required}


def _good_statuses(operation: Operation) -> set[int]:
    return {one["status"] for one in recorded().get(operation.id, ())}


def _good(operation: Operation, entry: Entry, status: int) -> Described:
    ones = zip(entry.examples, recorded().get(operation.id, ()), strict=False)
    shown = [(example, answer) for example, answer in ones if answer["status"] == status]
    headers = sorted({name for _, answer in shown for name in answer["headers"]} & HEADERS.keys())
    described: Described = {"description": shown[0][0].summary}
    if headers:
        described["headers"] = {name: {"description": HEADERS[name], "schema": {"type": "string"}} for name in headers}
    for example, answer in shown:
        if answer["type"]:
            kind, schema = _kind(operation, answer["type"])
            media = described.setdefault("content", {}).setdefault(kind, {"schema": schema, "examples": {}})
            media["examples"][slug(example.summary)] = _shown(example.summary, answer["body"])
    return described


def _kind(operation: Operation, type_: str) -> tuple[str, Described]:
    """The media type and the schema of a good answer; files have whatever type they have."""
    if type_ == JSON:
        return JSON, schemas.given_by(operation)
    if type_ in operation.types:
        return type_, {"type": "string"}
    return (BYTES if type_ == BYTES else ANY_TYPE), schemas.BINARY


def _json(operation: Operation, description: str) -> Described:
    return {"description": description, "content": {JSON: {"schema": schemas.given_by(operation)}}}


def _unnumbered(operation: Operation) -> set[int]:
    """What the rim and the neighbours can answer, whatever the operation does."""
    if operation.policy is Policy.PUBLIC:
        return set()
    takes = {400} if _takes_anything(operation) else set()
    return {401, 403, 500, 502, 503} | takes | ({413, 415} if operation.consumes else set())


def _takes_anything(operation: Operation) -> bool:
    return "{" in operation.path or operation.consumes is not None or operation.query is not None


def _bad(status: int, refusals: Iterable[Refusal], *, is_validated: bool) -> Described:
    bare = [refusal for refusal in refusals if refusal is Refusal.TEMPLATE_OUT_OF_RANGE]
    coded = sorted({refusal for refusal in refusals if refusal not in bare}, key=lambda refusal: refusal.number)
    shown = {_code(refusal): {"$ref": f"#/components/examples/{_code(refusal)}"} for refusal in coded}
    schema: Described = {
        "allOf": [{"$ref": schemas.REFERENCE + "Problem"}],
        "properties": {"status": {"const": status}},
    }
    if coded:
        schema["properties"]["errorCode"] = {"enum": [refusal.number for refusal in coded]}
    if status == 400 and is_validated:
        validation = {"$ref": schemas.REFERENCE + "ValidationProblem"}
        numbered = schema | {"required": ["code", "errorCode"]}
        schema = {"anyOf": [validation, numbered]} if coded else validation
        shown["validation"] = _shown("The form is wrong", _body(_INVALID))
    elif unsaid := _OTHERWISE.get(status):
        shown["unnumbered"] = _shown(_UNSAID[status], _body(unsaid))
    content: Described = {PROBLEM: {"schema": schema, "examples": shown}}
    for refusal in bare:
        content[JSON] = {"schema": {"type": "string"}, "examples": {_code(refusal): _shown("Bare", refusal.text)}}
    meaning = _UNSAID.get(status, HTTPStatus(status).phrase)
    described: Described = {"description": meaning, "content": content}
    if headers := {401: ["www-authenticate"], 409: ["retry-after"], 503: ["retry-after"]}.get(status):
        described["headers"] = {name: {"description": HEADERS[name], "schema": {"type": "string"}} for name in headers}
    return described


def _shown(summary: str, value: object) -> Described:
    return {"summary": summary, "value": value}


def slug(summary: str) -> str:
    """A name for an example, made of its summary."""
    return "-".join("".join(c if c.isalnum() else " " for c in summary.lower()).split())


def _code(refusal: Refusal) -> str:
    return f"CORR-{refusal.number:05}"


def _body(response: Response) -> object:
    return json.loads(bytes(response.body))


_INVALID = invalid([FieldError("recipients", "is required")], trace=EXAMPLE_TRACE)
_OTHERWISE: Mapping[int, Response] = {
    403: problem(403, EXCHANGE_FIRST, trace=EXAMPLE_TRACE),
    415: problem(415, trace=EXAMPLE_TRACE),
    500: problem(500, "", trace=EXAMPLE_TRACE),
    502: problem(502, "Another system refused what this request needs", trace=EXAMPLE_TRACE),
    503: problem(503, "The service is busy; try again in 5 s", trace=EXAMPLE_TRACE),
}
