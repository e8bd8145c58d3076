"""What a call makes of a dialog, and what the domain of Dialogporten refuses (422) though the shape is right."""

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ValidationError

from local import seeds
from local.clock import as_exact_text
from local.services import dialog_store, problems
from local.services.dialog_fields import Judging
from local.services.dialog_models import CreateDialog, SystemLabels, UpdateDialog
from local.services.dialog_store import Document
from local.store import Store

_WITH_IDS = {"attachments", "guiActions", "apiActions", "transmissions", "activities", "urls", "endpoints"}
_RENAMED = {"New": "NotApplicable", "Sent": "Awaiting"}
_PLACES = ("Default", "Bin", "Archive")
_CONTENT = ("content", "attachments", "status", "extendedStatus", "isApiOnly")


@dataclass(frozen=True, slots=True)
class Change:
    """When a change is made, and whether recipients shall notice."""

    now: datetime
    silent: bool = False

    @property
    def at(self) -> str:
        """The time of the change as text."""
        return as_exact_text(self.now)


def parse[Body: BaseModel](model: type[Body], data: object, judging: Judging) -> Body:
    """Return a JSON value as a body; null counts as missing.

    Raises:
        Problem: 400 with all that is wrong.
    """
    try:
        return model.model_validate_json(json.dumps(_without_nulls(data)), context=judging)
    except ValidationError as error:
        raise problems.of_validation(error) from error


def _without_nulls(value: object) -> object:
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def stored(body: BaseModel, change: Change) -> Document:
    """Return a body as it is stored: with ids and times where it brought none."""
    document = body.model_dump(mode="json", by_alias=True)
    name_entries(document, change)
    return document


def name_entries(document: Document, change: Change) -> None:
    """Give ids and times to all entries that brought none."""
    for name, value in document.items():
        for entry in value if isinstance(value, list) and name in _WITH_IDS else []:
            entry["id"] = entry.get("id") or dialog_store.new_id(change.now)
            name_entries(entry, change)
        if isinstance(value, dict):
            name_entries(value, change)
        if name in {"transmissions", "activities"}:
            for entry in value:
                entry["createdAt"] = entry["createdAt"] or change.at


def _refuse_past(change: Change, **moments: datetime | None) -> None:
    late = {
        name: ["must be in the future"]
        for name, moment in moments.items()
        if moment and moment <= change.now and not change.silent
    }
    if late:
        raise problems.Problem(422, late)


def owner_code(resource_urn: str, consumer: str) -> str:
    """Return the short name of the organisation that owns a resource; of the caller when nobody knows the resource."""
    resource = seeds.resource(resource_urn.removeprefix(seeds.RESOURCE_URN))
    party = seeds.party(resource.owner if resource else consumer)
    return (party.org_code if party else None) or consumer


def created(store: Store, body: CreateDialog, consumer: str, change: Change) -> Document:
    """Keep a new dialog and return it."""
    _refuse_past(change, DueAt=body.due_at, ExpiresAt=body.expires_at, VisibleFrom=body.visible_from)
    dialog = stored(body, change)
    created_at = dialog["createdAt"] or change.at
    dialog |= {
        "id": dialog["id"] or dialog_store.new_id(change.now),
        "org": owner_code(body.service_resource, consumer),
        "status": _RENAMED.get(body.status, body.status),
        "createdAt": created_at,
        "updatedAt": dialog["updatedAt"] or created_at,
        "contentUpdatedAt": dialog["updatedAt"] or created_at,
        "deletedAt": None,
        "revision": str(uuid.uuid4()),
        "endUserRevision": str(uuid.uuid4()),
        "serviceOwnerRevision": str(uuid.uuid4()),
        "systemLabels": [dialog.pop("systemLabel")],
        "seen": [],
    }
    added = {name: dialog[name] for name in ("transmissions", "activities")}
    dialog |= {"transmissions": [], "activities": []}
    dialog_store.insert(store, dialog)
    append(store, dialog, **added)
    dialog_store.save(store, dialog)
    return dialog


def append(
    store: Store, dialog: Document, transmissions: Iterable[Document] = (), activities: Iterable[Document] = ()
) -> None:
    """Add transmissions and activities, which can never be changed again.

    Raises:
        Problem: 409 for a taken idempotent key, 422 for a taken id or a reference to an unknown transmission.
    """
    for entry in transmissions:
        keys = {other["idempotentKey"] for other in dialog["transmissions"] if other["idempotentKey"]}
        if entry["idempotentKey"] in keys:
            message = f"'{entry['idempotentKey']}' already exists in this dialog"
            raise problems.of_entity(409, "IdempotentKey", message)
        dialog_store.take(store, "DialogTransmission", entry["id"], dialog["id"])
        dialog["transmissions"].append(entry)
    known = {entry["id"] for entry in dialog["transmissions"]}
    for entry in transmissions:
        _refuse_unknown(entry["relatedTransmissionId"], known)
    for entry in activities:
        _refuse_unknown(entry["transmissionId"], known)
        dialog_store.take(store, "DialogActivity", entry["id"], dialog["id"])
        dialog["activities"].append(entry)


def _refuse_unknown(transmission_id: str | None, known: set[str]) -> None:
    if transmission_id and transmission_id not in known:
        raise problems.of_entity(422, "DialogTransmission", f"Transmission {transmission_id} is not in this dialog.")


def touch(dialog: Document, change: Change, *, content: bool) -> None:
    """Give a dialog its next revision; unless silent, move its times and bring it back from bin and archive."""
    dialog["revision"] = str(uuid.uuid4())
    if change.silent:
        return
    dialog["updatedAt"] = change.at
    dialog["seen"] = []
    if content:
        dialog["contentUpdatedAt"] = change.at
    if "Default" not in dialog["systemLabels"]:
        others = [label for label in dialog["systemLabels"] if label not in _PLACES]
        dialog |= {"systemLabels": ["Default", *others], "endUserRevision": str(uuid.uuid4())}


def updated(store: Store, dialog: Document, body: UpdateDialog, change: Change) -> None:
    """Replace what PUT replaces, add what it adds, and keep the dialog."""
    fresh = stored(body, change)
    fresh["status"] = _RENAMED.get(body.status, body.status)
    moved = {name: value for name, value in (("DueAt", body.due_at), ("ExpiresAt", body.expires_at)) if value}
    before = {"DueAt": dialog["dueAt"], "ExpiresAt": dialog["expiresAt"]}
    _refuse_past(change, **{name: value for name, value in moved.items() if not _same(before[name], value)})
    transmissions, activities = fresh.pop("transmissions"), fresh.pop("activities")
    content = bool(transmissions) or any(fresh[name] != dialog[name] for name in _CONTENT)
    dialog |= fresh
    append(store, dialog, transmissions, activities)
    touch(dialog, change, content=content)
    dialog_store.save(store, dialog)


def _same(text: str | None, moment: datetime) -> bool:
    return text is not None and datetime.fromisoformat(text) == moment


def relabelled(dialog: Document, body: SystemLabels) -> None:
    """Change the labels of a dialog: of Default, Bin and Archive it has exactly one, the last that was added.

    Raises:
        Problem: 400 when a label cannot be set by hand.
    """
    added, removed = [*body.system_labels, *body.add_labels], set(body.remove_labels)
    if "Sent" in {*added, *removed}:
        raise problems.of_entity(400, "AddLabels", "Sent can be neither added nor removed")
    labels = [label for label in dialog["systemLabels"] if label not in removed]
    for label in added:
        labels = [other for other in labels if other != label and not (label in _PLACES and other in _PLACES)]
        labels.append(label)
    if not set(labels) & set(_PLACES):
        labels.insert(0, "Default")
    dialog |= {"systemLabels": labels, "endUserRevision": str(uuid.uuid4())}


def seen(dialog: Document, end_user: str, change: Change) -> None:
    """Note that an end user has seen the dialog since it was last updated, once."""
    if any(entry["seenBy"]["actorId"] == end_user for entry in dialog["seen"]):
        return
    actor: dict[str, Any] = {"actorType": "PartyRepresentative", "actorName": None, "actorId": end_user}
    dialog["seen"].append({"id": dialog_store.new_id(change.now), "seenAt": change.at, "seenBy": actor})
