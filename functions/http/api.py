"""The FastAPI app: every operation as a route inside its rim."""

from typing import Any

from fastapi import FastAPI, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from functions.http import attachments, correspondences, operations, subscriptions
from functions.http.edge import answer_errors_of, guard
from functions.http.operation import Operation, Policy

OPERATIONS: tuple[Operation, ...] = (
    *correspondences.OPERATIONS,
    *attachments.OPERATIONS,
    *subscriptions.OPERATIONS,
    *operations.OPERATIONS,
)
"""All of them. A literal path stands before one with a parameter that it would match."""


def build() -> FastAPI:
    """The app, with its routes in the order of `OPERATIONS`. The framework serves no pages of its own."""
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
        _add(api, operation)
    return api


def _add(api: FastAPI, operation: Operation) -> None:
    api.add_api_route(
        operation.path,
        operation.endpoint,
        methods=[operation.method],
        operation_id=operation.id,
        name=operation.id,
        tags=[operation.tag],
        response_class=Response,
        responses=_documented(operation),
        include_in_schema=not operation.hidden,
        openapi_extra=_extra(operation),
    )
    route = api.router.routes[-1]
    assert isinstance(route, APIRoute)  # noqa: S101 - what add_api_route has just added
    route.app = guard(operation, route.app)


def _documented(operation: Operation) -> dict[int | str, dict[str, Any]]:
    return {200: {"model": operation.answer}} if operation.answer is not None else {}


def _extra(operation: Operation) -> dict[str, Any]:
    """What OpenAPI should say that the endpoint's signature does not."""
    extra: dict[str, Any] = {"x-policy": operation.policy.value}
    if operation.policy is not Policy.PUBLIC:
        extra["security"] = [{"bearer": []}]
    if operation.query is not None:
        extra["parameters"] = _parameters(operation.query)
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
