"""The FastAPI app: every operation as a route inside its rim."""

from typing import Any

from fastapi import FastAPI, Response
from fastapi.routing import APIRoute

from functions.http import (
    actions,
    attachments,
    correspondences,
    deliveries,
    notification_history,
    notification_reports,
    operations,
    scan_results,
    stuck,
    subscriptions,
    templates,
)
from functions.http.bodiless import answering_head
from functions.http.edge import answer_errors_of, guard
from functions.http.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *correspondences.OPERATIONS,
    *actions.OPERATIONS,
    *notification_history.OPERATIONS,
    *templates.OPERATIONS,
    *attachments.OPERATIONS,
    *subscriptions.OPERATIONS,
    *deliveries.OPERATIONS,
    *scan_results.OPERATIONS,
    *notification_reports.OPERATIONS,
    *stuck.OPERATIONS,
    *operations.OPERATIONS,
)
"""All of them. A literal path stands before one with a parameter that it would match."""


def build() -> FastAPI:
    """The app, with its routes in the order of `OPERATIONS`. The framework serves no pages of its own."""
    api = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    answer_errors_of(api)
    for operation in OPERATIONS:
        _add(api, operation)
    api.openapi = _description  # type: ignore[method-assign]
    return api


def _description() -> dict[str, Any]:
    """The description in OpenAPI, made when it is first asked for: a cold start does not wait for it."""
    from functions.http.openapi.document import description

    return description(OPERATIONS)


def _add(api: FastAPI, operation: Operation) -> None:
    api.add_api_route(
        operation.path,
        operation.endpoint,
        methods=list(operation.methods),
        operation_id=operation.id,
        name=operation.id,
        response_class=Response,
        include_in_schema=False,
    )
    route = api.router.routes[-1]
    assert isinstance(route, APIRoute)  # noqa: S101 - what add_api_route has just added
    route.app = guard(operation, answering_head(route.app))
