"""Stand-in for Dialogporten's service-owner API."""

import json
from typing import Any

import jsonpatch
from aiohttp import web

from local.services import dialog_changes as changes
from local.services import dialog_store
from local.services.context import context
from local.services.dialog_calls import (
    CONDITION_CHECK,
    PREFIX,
    SERVICE_PROVIDER,
    Call,
    admit,
    dialog_of,
    json_body,
    living,
    match,
    no_content,
    query,
)
from local.services.dialog_models import Activity, ActivityType, CreateDialog, SystemLabels, Transmission, UpdateDialog
from local.services.dialog_store import Document
from local.services.dialog_view import service_owner_view, updatable
from local.services.problems import of_entity


def _made(call: Call, path: str, made: str, revision: str) -> web.Response:
    headers = {"Location": f"{call.here.base_url}{PREFIX}/{path}", "ETag": revision}
    return call.answered(web.json_response(made, status=201, headers=headers))


async def create(request: web.Request) -> web.Response:
    """Keep a new dialog and answer its id."""
    call = await admit(request)
    body = changes.parse(CreateDialog, await json_body(request), call.judging)
    with call.here.store.transaction():
        dialog = changes.created(call.here.store, body, call.consumer, call.change)
    return _made(call, dialog["id"], dialog["id"], dialog["revision"])


async def get(request: web.Request) -> web.Response:
    """Answer a dialog; with `endUserId` it counts as seen by that person."""
    call = await admit(request)
    with call.here.store.transaction():
        dialog = dialog_of(request, call)
        end_user = query(request).get("enduserid")
        if end_user and not dialog["deletedAt"]:
            changes.seen(dialog, end_user, call.change)
            dialog_store.save(call.here.store, dialog)
    response = web.json_response(service_owner_view(dialog), headers={"ETag": dialog["revision"]})
    return call.answered(response)


def _update(request: web.Request, call: Call, data: object) -> web.Response:
    """Replace the dialog's updatable fields by `data`, or by what the operations in it make of them."""
    with call.here.store.transaction():
        dialog = living(dialog_of(request, call))
        match(request, dialog["revision"])
        wanted = _patched(dialog, data) if request.method == "PATCH" else data
        changes.updated(call.here.store, dialog, changes.parse(UpdateDialog, wanted, call.judging), call.change)
    return call.answered(no_content(dialog["revision"]))


def _patched(dialog: Document, operations: object) -> Document:
    if not isinstance(operations, list) or not all(isinstance(item, dict) for item in operations):
        raise of_entity(400, "Body", "A JSON Patch is an array of operations.")
    if any(set(item) - {"op", "path", "value", "from"} for item in operations):
        raise of_entity(400, "Body", "An operation has op, path, value and from.")
    try:
        patched: Document = jsonpatch.apply_patch(updatable(dialog), operations)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, TypeError, KeyError) as error:
        raise of_entity(400, "Body", "The JSON Patch cannot be applied to this dialog.") from error
    return patched


async def update(request: web.Request) -> web.Response:
    """Change a dialog by PUT or by PATCH."""
    call = await admit(request)
    return _update(request, call, await json_body(request))


async def delete(request: web.Request) -> web.Response:
    """Soft-delete a dialog."""
    call = await admit(request)
    with call.here.store.transaction():
        dialog = living(dialog_of(request, call))
        match(request, dialog["revision"])
        changes.touch(dialog, call.change, content=False)
        dialog["deletedAt"] = call.change.at
        dialog_store.save(call.here.store, dialog)
    return call.answered(no_content(dialog["revision"]))


async def purge(request: web.Request) -> web.Response:
    """Forget a dialog for good, deleted or not."""
    call = await admit(request)
    with call.here.store.transaction():
        dialog = dialog_of(request, call)
        match(request, dialog["revision"])
        dialog_store.erase(call.here.store, dialog["id"])
    return call.answered(web.Response(status=204))


async def restore(request: web.Request) -> web.Response:
    """Bring a soft-deleted dialog back; a living one stays as it is."""
    call = await admit(request)
    with call.here.store.transaction():
        dialog = dialog_of(request, call)
        match(request, dialog["revision"])
        if dialog["deletedAt"]:
            changes.touch(dialog, call.change, content=False)
            dialog["deletedAt"] = None
            dialog_store.save(call.here.store, dialog)
    return call.answered(no_content(dialog["revision"]))


async def add_transmission(request: web.Request) -> web.Response:
    """Add a transmission and answer its id."""
    call = await admit(request)
    return _append(request, call, "transmissions", changes.parse(Transmission, await json_body(request), call.judging))


async def add_activity(request: web.Request) -> web.Response:
    """Add an activity and answer its id."""
    call = await admit(request)
    return _append(request, call, "activities", changes.parse(Activity, await json_body(request), call.judging))


def _append(request: web.Request, call: Call, kind: str, body: Activity | Transmission) -> web.Response:
    store = call.here.store
    with store.transaction():
        dialog = living(dialog_of(request, call))
        match(request, dialog["revision"])
        fresh: dict[str, Any] = {kind: [body.model_dump(mode="json", by_alias=True)]}
        changes.name_entries(fresh, call.change)
        changes.append(store, dialog, **fresh)
        changes.touch(dialog, call.change, content=kind == "transmissions")
        dialog_store.save(store, dialog)
    made = fresh[kind][0]["id"]
    return _made(call, f"{dialog['id']}/{kind}/{made}", made, dialog["revision"])


async def set_labels(request: web.Request) -> web.Response:
    """Change the labels that an end user sees, on behalf of that end user."""
    call = await admit(request)
    body = changes.parse(SystemLabels, await json_body(request), call.judging)
    if bool(query(request).get("enduserid")) == (body.performed_by is not None):
        raise of_entity(400, "EnduserId", "Exactly one of enduserId and performedBy must say who does it.")
    with call.here.store.transaction():
        dialog = living(dialog_of(request, call))
        match(request, dialog["endUserRevision"])
        changes.relabelled(dialog, body)
        dialog_store.save(call.here.store, dialog)
    return call.answered(no_content(dialog["endUserRevision"]))


async def should_send_notification(request: web.Request) -> web.Response:
    """Answer whether an activity exists, or exists not; a dialog that is gone never asks for a notification."""
    call = await admit(request, SERVICE_PROVIDER, CONDITION_CHECK)
    asked = query(request)
    condition, activity, transmission = (
        asked.get(name, "") for name in ("conditiontype", "activitytype", "transmissionid")
    )
    if condition not in {"Exists", "NotExists"} or activity not in set(ActivityType):
        raise of_entity(400, "ConditionType", "conditionType and activityType must be known ones.")
    if (activity == ActivityType.TRANSMISSION_OPENED) != bool(transmission):
        raise of_entity(400, "TransmissionId", "transmissionId goes with TransmissionOpened and nothing else.")
    dialog = dialog_store.find(call.here.store, request.match_info["id"])
    exists = dialog is not None and any(
        entry["type"] == activity and (not transmission or entry["transmissionId"] == transmission.lower())
        for entry in dialog["activities"]
    )
    living_dialog = dialog is not None and not dialog["deletedAt"]
    answer = {"sendNotification": living_dialog and exists == (condition == "Exists")}
    return call.answered(web.json_response(answer))


async def show(request: web.Request) -> web.Response:
    """Answer a dialog to tests and people, who need no token."""
    dialog = dialog_store.find(context(request).store, request.match_info["id"])
    if dialog is None:
        return web.json_response({"error": "There is no such dialog, or it was purged."}, status=404)
    return web.json_response(service_owner_view(dialog))


async def list_of_party(request: web.Request) -> web.Response:
    """Answer all dialogs of a party, or of everyone, to tests and people."""
    found = dialog_store.of_party(context(request).store, request.query.get("party"))
    return web.json_response(text=json.dumps([service_owner_view(dialog) for dialog in found]))


ROUTES = (
    web.post(PREFIX, create),
    web.get(f"{PREFIX}/{{id}}", get),
    web.put(f"{PREFIX}/{{id}}", update),
    web.patch(f"{PREFIX}/{{id}}", update),
    web.delete(f"{PREFIX}/{{id}}", delete),
    web.post(f"{PREFIX}/{{id}}/actions/purge", purge),
    web.post(f"{PREFIX}/{{id}}/actions/restore", restore),
    web.get(f"{PREFIX}/{{id}}/actions/should-send-notification", should_send_notification),
    web.post(f"{PREFIX}/{{id}}/transmissions", add_transmission),
    web.post(f"{PREFIX}/{{id}}/activities", add_activity),
    web.put(f"{PREFIX}/{{id}}/endusercontext/systemlabels", set_labels),
    web.get("/dialogs/{id}", show),
    web.get("/dialogs", list_of_party),
)
