"""Operations on the templates of notices: versions, previews, which one is in use."""

from dataclasses import replace
from typing import Annotated

from fastapi import Path, Request, Response

from functions.http.answering import Context, body
from functions.http.operation import BASE, JSON, Operation, Policy
from shared.domain.identifiers import ResourceId
from shared.schemas.templates import (
    TemplateAnswer,
    TemplateInUse,
    TemplateList,
    TemplatePageQuery,
    TemplatePreview,
    TemplatePreviewRequest,
    TemplateRequest,
)
from shared.usecases import templating

ROOT = BASE + "/resource/{resourceId}/notification-template"
ONE = ROOT + "/{version}"
TAG = "Notification templates"

ResourcePath = Annotated[ResourceId, Path(alias="resourceId", max_length=255)]
VersionPath = Annotated[int, Path(alias="version")]


async def create_template(call: Context, resource: ResourcePath, request: TemplateRequest) -> Response:
    """A new version of the resource's own texts for notices. It is not in use before it is activated."""
    made = await templating.create(call.app, call.caller, request.to_domain(resource, call.app.clock()))
    return body(TemplateAnswer.of(made, in_use=False))


async def list_templates(call: Context, resource: ResourcePath, request: Request) -> Response:
    """Every version there is, newest first, and which one is in use."""
    asked = TemplatePageQuery.of(request.query_params)
    found = await templating.versions(call.app, call.caller, resource, before=asked.before, limit=asked.limit)
    return body(TemplateList.of(found))


async def get_template(call: Context, resource: ResourcePath, version: VersionPath) -> Response:
    """One version."""
    found, in_use = await templating.version(call.app, call.caller, resource, version)
    return body(TemplateAnswer.of(found, in_use=in_use))


async def preview_template(call: Context, resource: ResourcePath, request: TemplatePreviewRequest) -> Response:
    """A stored version, or a new template, as it would be sent with these names and texts. Nothing is stored."""
    tried = request.tried(resource, call.app.clock())
    shown = await templating.preview(call.app, call.caller, resource, tried, request.to_domain())
    return body(TemplatePreview.of(shown))


async def activate_template(call: Context, resource: ResourcePath, version: VersionPath) -> Response:
    """This version takes the place of the generic text in whatever is sent from now on, within a minute."""
    changed = await templating.activate(call.app, call.caller, resource, version)
    return body(TemplateInUse(version_in_use=changed.active))


async def roll_back_template(call: Context, resource: ResourcePath) -> Response:
    """What was in use before is again: an earlier version, or the generic text."""
    changed = await templating.roll_back(call.app, call.caller, resource)
    return body(TemplateInUse(version_in_use=changed.active))


_OPERATION = Operation(
    endpoint=list_templates, method="GET", path=ROOT, policy=Policy.SENDER, tag=TAG, answer=TemplateList
)
_CHANGE = replace(_OPERATION, method="POST", answer=TemplateInUse)
OPERATIONS = (
    replace(_CHANGE, endpoint=create_template, consumes=JSON, answer=TemplateAnswer),
    replace(_OPERATION, query=TemplatePageQuery),
    replace(_CHANGE, endpoint=preview_template, path=ROOT + "/preview", consumes=JSON, answer=TemplatePreview),
    replace(_CHANGE, endpoint=roll_back_template, path=ROOT + "/roll-back"),
    replace(_OPERATION, endpoint=get_template, path=ONE, answer=TemplateAnswer),
    replace(_CHANGE, endpoint=activate_template, path=ONE + "/activate"),
)
"""Every operation with what it states."""
