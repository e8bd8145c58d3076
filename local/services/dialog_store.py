"""Dialogs at rest: one JSON document each, and the ids that are taken."""

import json
import secrets
import sqlite3
import uuid
from datetime import datetime
from typing import Any

from local.services.problems import of_entity
from local.store import Store

type Document = dict[str, Any]


def new_id(now: datetime) -> str:
    """Return a UUID of version 7 for this moment."""
    stamp = int(now.timestamp() * 1000)
    value = stamp << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=value))


def find(store: Store, dialog_id: str) -> Document | None:
    """Return a dialog, soft-deleted ones too, or None."""
    row = store.row("SELECT document FROM dialogs WHERE id = ?", dialog_id.lower())
    return json.loads(row["document"]) if row else None


def of_party(store: Store, party: str | None) -> list[Document]:
    """Return the dialogs of a party, or of all, in the order of their making."""
    rows = store.rows("SELECT document FROM dialogs WHERE ? IN ('', party) ORDER BY sequence", (party or "").lower())
    return [json.loads(row["document"]) for row in rows]


def insert(store: Store, dialog: Document) -> None:
    """Keep a new dialog.

    Raises:
        Problem: 409 when the idempotent key is taken, with the id of its dialog in the text; 422 when the id is.
    """
    if dialog["idempotentKey"]:
        row = store.row(
            "SELECT id FROM dialogs WHERE org = ? AND idempotent_key = ?", dialog["org"], dialog["idempotentKey"]
        )
        if row:
            message = f"'{dialog['idempotentKey']}' already exists with DialogId '{row['id']}'"
            raise of_entity(409, "IdempotentKey", message)
    take(store, "Dialog", dialog["id"], dialog["id"])
    store.run(
        "INSERT INTO dialogs (id, sequence, org, party, idempotent_key, document) "
        "SELECT ?, COALESCE(MAX(sequence), 0) + 1, ?, ?, ?, ? FROM dialogs",
        *(dialog["id"], dialog["org"], dialog["party"], dialog["idempotentKey"], json.dumps(dialog)),
    )


def save(store: Store, dialog: Document) -> None:
    """Keep a changed dialog."""
    store.run("UPDATE dialogs SET document = ? WHERE id = ?", json.dumps(dialog), dialog["id"])


def take(store: Store, entity: str, entity_id: str, dialog_id: str) -> None:
    """Take an id for a dialog, a transmission or an activity.

    Raises:
        Problem: 422 when it is taken already.
    """
    try:
        store.run("INSERT INTO taken_ids (id, entity, dialog) VALUES (?, ?, ?)", entity_id, entity, dialog_id)
    except sqlite3.IntegrityError as error:
        message = f"Entity '{entity}' with the following key(s) already exists: ({entity_id})."
        raise of_entity(422, entity, message) from error


def erase(store: Store, dialog_id: str) -> None:
    """Forget a dialog and free its ids."""
    store.run("DELETE FROM dialogs WHERE id = ?", dialog_id)
    store.run("DELETE FROM taken_ids WHERE dialog = ?", dialog_id)
