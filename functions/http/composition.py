"""The way from the rim to the composition root, taken on the first request and never at import."""

from dataclasses import dataclass

from fastapi import Request

from functions.edge import the_app as the_app  # noqa: PLC0414 (exported: the edge finds it here)
from functions.http.operation import Policy
from shared.domain.policy import Subject
from shared.ports import App

CALLER = "correspondence.caller"
"""The key of the scope under which the edge leaves the Subject."""


@dataclass(frozen=True, slots=True)
class Call:
    """What every use case is given: the app, and who calls."""

    app: App
    caller: Subject


async def subject_of(authorization: str | None) -> Subject | None:
    """Who the header names, or None when its token is missing or not valid."""
    from shared import bootstrap
    from shared.adapters.tokens import InvalidToken

    try:
        return await bootstrap.authenticate(authorization)
    except InvalidToken:
        return None


def subject_by_secret(policy: Policy, secret: str) -> Subject | None:
    """Who knows the secret of operations of this policy, or None."""
    from shared import bootstrap

    reports = policy is Policy.NOTIFICATION_REPORTS
    return bootstrap.tells_of_notifications(secret) if reports else bootstrap.tells_results_of_scans(secret)


def settings_fault() -> str | None:
    """Why the app cannot be composed, naming the settings at fault; None when it can."""
    from shared.config import SettingsError

    try:
        the_app()
    except SettingsError as error:
        return str(error)
    return None


async def call_of(request: Request) -> Call:
    """What the endpoint works with: a dependency of FastAPI."""
    return Call(the_app(), request.scope[CALLER])
