"""The FastAPI app: every operation as a route inside its rim."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from fastapi import FastAPI, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from functions.http import actions, attachments, correspondences, operations, subscriptions
from functions.http.edge import answer_errors_of, guard
from functions.http.operation import BYTES, FORM, Operation, Policy
from functions.http.problems import PROBLEM

OPERATIONS: tuple[Operation, ...] = (
    *correspondences.OPERATIONS,
    *actions.OPERATIONS,
    *attachments.OPERATIONS,
    *subscriptions.OPERATIONS,
    *operations.OPERATIONS,
)
"""All of them. A literal path stands before one with a parameter that it would match."""

_BEARER = "bearer"
_BINARY = {"type": "string", "format": "binary"}
_BODIES: Mapping[str | None, dict[str, Any]] = {
    BYTES: _BINARY,
    FORM: {
        "type": "object",
        "description": "Members of the JSON body by their paths, such as Correspondence.Content.MessageTitle",
        "properties": {"attachments": {"type": "array", "items": _BINARY}},
        "additionalProperties": {"type": "string"},
    },
}
"""Bodies that are read as streams, and so stand in no signature."""

_PROBLEM = {
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "examples": ["CORR-01001"]},
        "errorCode": {"type": "integer", "examples": [1001]},
        "traceId": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
    },
}


def build() -> FastAPI:
    """The app, with its routes in the order of `OPERATIONS`. The framework serves no pages of its own."""
    api = _with_routes(documented=False)
    api.openapi = _described  # type: ignore[method-assign]
    return api


@cache
def _described() -> dict[str, Any]:
    """The description in OpenAPI, made when it is first asked for: a cold start does not wait for it."""
    description = _with_routes(documented=True).openapi()
    description["components"]["securitySchemes"] = {
        _BEARER: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    return description


def _with_routes(*, documented: bool) -> FastAPI:
    api = FastAPI(
        title="Correspondence",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    answer_errors_of(api)
    for operation in OPERATIONS:
        _add(api, operation, documented=documented)
    return api


def _add(api: FastAPI, operation: Operation, *, documented: bool) -> None:
    api.add_api_route(
        operation.path,
        operation.endpoint,
        methods=[operation.method],
        operation_id=operation.id,
        name=operation.id,
        tags=[operation.tag],
        response_class=Response,
        responses=_documented(operation) if documented else None,
        include_in_schema=documented and not operation.hidden,
        openapi_extra=_extra(operation) if documented else None,
    )
    route = api.router.routes[-1]
    assert isinstance(route, APIRoute)  # noqa: S101 - what add_api_route has just added
    route.app = guard(operation, route.app)


def _documented(operation: Operation) -> dict[int | str, dict[str, Any]]:
    """What is answered: the body when all went well, and that every refusal is a problem."""
    content: dict[str, Any] = {"content": {kind: {} for kind in operation.types or (BYTES,)}}
    good = {"model": operation.answer} if operation.answer is not None else content
    bad = {"description": "Refused, with the number of the reason", "content": {PROBLEM: {"schema": _PROBLEM}}}
    return {200: good, "4XX": bad}


def _extra(operation: Operation) -> dict[str, Any]:
    """What OpenAPI should say that the endpoint's signature does not."""
    extra: dict[str, Any] = {"x-policy": operation.policy.value}
    if operation.policy is not Policy.PUBLIC:
        extra["security"] = [{_BEARER: []}]
    if operation.query is not None:
        extra["parameters"] = _parameters(operation.query)
    if operation.consumes in _BODIES:
        extra["requestBody"] = {
            "required": True,
            "content": {operation.consumes: {"schema": _BODIES[operation.consumes]}},
        }
    return extra


def _parameters(query: type[BaseModel]) -> list[dict[str, Any]]:
    schema = query.model_json_schema(by_alias=True, ref_template="{model}")
    return [
        {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": _plain(described)}
        for name, described in schema["properties"].items()
    ]


def _plain(described: dict[str, Any]) -> dict[str, Any]:
    """The schema without references, which would point outside the document."""
    kinds = [kind for kind in described.get("anyOf", [described]) if kind.get("type") != "null"]
    return {"type": "string", **{k: v for k, v in kinds[0].items() if k not in {"$ref", "title", "default"}}}
