"""A dialog as Dialogporten's service-owner GET gives it."""

from typing import Any

from local import seeds
from local.services.dialog_store import Document

_OPENING = {"DialogOpened", "CorrespondenceOpened"}
_FROM_PARTY = {"Submission", "Correction"}
_UPDATABLE = (
    *("progress", "extendedStatus", "externalReference", "dueAt", "expiresAt", "process", "precedingProcess"),
    *("isApiOnly", "status", "searchTags", "content", "attachments", "guiActions", "apiActions"),
)
_PLAIN = (
    *("id", "idempotentKey", "revision", "org", "serviceResource", "party", "progress", "process", "precedingProcess"),
    *(
        "extendedStatus",
        "externalReference",
        "deletedAt",
        "visibleFrom",
        "dueAt",
        "expiresAt",
        "createdAt",
        "updatedAt",
    ),
    *("contentUpdatedAt", "status", "isApiOnly", "searchTags", "attachments", "activities"),
)


def updatable(dialog: Document) -> Document:
    """Return the dialog in the shape that PUT takes and PATCH works on; activities and transmissions start empty."""
    return {**{name: dialog[name] for name in _UPDATABLE}, "transmissions": [], "activities": []}


def _authorised(entries: list[Document]) -> list[Document]:
    return [{**entry, "isAuthorized": True} for entry in entries]


def _transmission(entry: Document, opened: set[str]) -> Document:
    return {**entry, "isAuthorized": True, "isOpened": entry["id"] in opened}


def _seen(entry: Document) -> Document:
    return {**entry, "isCurrentEndUser": False, "isViaServiceOwner": True}


def service_owner_view(dialog: Document) -> dict[str, Any]:
    """Return everything of a dialog, with null for what it has not."""
    activities = dialog["activities"]
    opened = {item["transmissionId"] for item in activities if item["type"] == "TransmissionOpened"}
    transmissions = [_transmission(entry, opened) for entry in dialog["transmissions"]]
    from_party = sum(entry["type"] in _FROM_PARTY for entry in transmissions)
    content = {name: value for name, value in (dialog["content"] or {}).items() if value is not None}
    labels = dialog["systemLabels"]
    seen = [_seen(entry) for entry in dialog["seen"]]
    resource = seeds.resource(dialog["serviceResource"].removeprefix(seeds.RESOURCE_URN))
    is_opened = any(item["type"] in _OPENING for item in activities)
    return {
        **{name: dialog[name] for name in _PLAIN},
        "serviceResourceType": resource.type if resource else "GenericAccessResource",
        "content": content or None,
        "guiActions": _authorised(dialog["guiActions"]),
        "apiActions": _authorised(dialog["apiActions"]),
        "transmissions": transmissions,
        "systemLabel": next(label for label in labels if label in {"Default", "Bin", "Archive"}),
        "endUserContext": {"revision": dialog["endUserRevision"], "systemLabels": labels},
        "serviceOwnerContext": {**dialog["serviceOwnerContext"], "revision": dialog["serviceOwnerRevision"]},
        "fromServiceOwnerTransmissionsCount": len(transmissions) - from_party,
        "fromPartyTransmissionsCount": from_party,
        "hasUnopenedContent": not is_opened or not all(entry["isOpened"] for entry in transmissions),
        "isContentSeen": bool(seen),
        "seenSinceLastUpdate": seen,
        "seenSinceLastContentUpdate": seen,
    }
