"""Where messages live between runs: nowhere, or one SQLite file.

All changes of one turn of the event loop are one transaction, which is committed before the answers of that turn are
written to any socket. So whatever a client was told is there after a kill; a power cut may lose the last moments.
"""

import logging
import sqlite3
from asyncio import AbstractEventLoop
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from local.broker.decoding import decode
from local.broker.encoding import encode
from local.broker.message import Message, State
from local.broker.values import Value

log = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages(
    entity TEXT, sequence INTEGER, facts BLOB, bare BLOB, PRIMARY KEY(entity, sequence)
);
CREATE TABLE IF NOT EXISTS notes(kind TEXT, entity TEXT, key BLOB, value BLOB, PRIMARY KEY(kind, entity, key))
    WITHOUT ROWID;
"""


class StoreFailed(Exception):
    """The database did not take the changes; they are kept and go with the next commit."""


class StoreBusy(Exception):
    """Another broker holds the database."""


class Note(StrEnum):
    """What is kept beside messages, per entity."""

    COUNTER = "counter"  # key: None; value: the next sequence number
    SEEN = "seen"  # key: message id; value: when, for duplicate detection
    SESSION = "session"  # key: session id; value: [state, when]
    RULE = "rule"  # key: rule name; value: its definition, or False when removed


class Store(Protocol):
    """Keeps what entities tell it."""

    def save(self, entity: str, message: Message) -> None:
        """Keep the message as it is at the end of this turn."""

    def delete(self, entity: str, sequence: int) -> None:
        """Forget a message."""

    def note(self, kind: Note, entity: str, key: Value, value: Value) -> None:
        """Keep `value` under `key`; None forgets it."""

    def messages(self) -> Iterator[tuple[str, Message]]:
        """Yield all messages with their entity, in order of their sequence numbers."""

    def notes(self, kind: Note) -> Iterator[tuple[str, Value, Value]]:
        """Yield entity, key and value of all notes of one kind."""

    def commit(self) -> None:
        """Make all changes durable. Raises StoreFailed."""

    def close(self) -> None:
        """Commit and let go of the file."""


class MemoryStore:
    """Keeps nothing: everything is gone when the broker stops."""

    def save(self, entity: str, message: Message) -> None:
        """Keep nothing."""

    def delete(self, entity: str, sequence: int) -> None:
        """Keep nothing."""

    def note(self, kind: Note, entity: str, key: Value, value: Value) -> None:
        """Keep nothing."""

    def messages(self) -> Iterator[tuple[str, Message]]:
        """Yield nothing."""
        return iter(())

    def notes(self, kind: Note) -> Iterator[tuple[str, Value, Value]]:
        """Yield nothing."""
        return iter(())

    def commit(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class SqliteStore:
    """Keeps everything in one SQLite file, which it holds for itself alone."""

    def __init__(self, path: Path, loop: AbstractEventLoop) -> None:
        """Open or create the file.

        Raises:
            StoreBusy: when another broker has it.
            StoreFailed: when it cannot be opened or is no database.
        """
        self._loop = loop
        self._messages: dict[tuple[str, int], Message | None] = {}
        self._notes: dict[tuple[Note, str, bytes], Value] = {}
        self._commit_is_due = False
        try:
            self._database = sqlite3.connect(path, isolation_level=None, timeout=0.5)
            self._database.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=OFF")
            self._database.executescript(f"BEGIN EXCLUSIVE; {_SCHEMA} COMMIT;")
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise StoreBusy(str(path)) from error
            raise StoreFailed(f"{path}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise StoreFailed(f"{path}: {error}") from error

    def save(self, entity: str, message: Message) -> None:
        """Keep the message as it is at the end of this turn."""
        self._messages[entity, message.sequence] = message
        self._commit_soon()

    def delete(self, entity: str, sequence: int) -> None:
        """Forget a message."""
        self._messages[entity, sequence] = None
        self._commit_soon()

    def note(self, kind: Note, entity: str, key: Value, value: Value) -> None:
        """Keep `value` under `key`; None forgets it."""
        self._notes[kind, entity, encode(key)] = value
        self._commit_soon()

    def messages(self) -> Iterator[tuple[str, Message]]:
        """Yield all messages with their entity, in order of their sequence numbers."""
        rows = self._database.execute("SELECT entity, sequence, facts, bare FROM messages ORDER BY entity, sequence")
        for entity, sequence, facts, bare in rows:
            yield entity, _thawed(sequence, facts, bare)

    def notes(self, kind: Note) -> Iterator[tuple[str, Value, Value]]:
        """Yield entity, key and value of all notes of one kind."""
        rows = self._database.execute("SELECT entity, key, value FROM notes WHERE kind=? ORDER BY entity, key", (kind,))
        for entity, key, value in rows:
            yield entity, decode(key)[0], decode(value)[0]

    def _commit_soon(self) -> None:
        """Commit at the end of this turn, also when nothing is answered: a lock that ran out, say."""
        if not self._commit_is_due:
            self._commit_is_due = True
            self._loop.call_soon(self._commit_quietly)

    def _commit_quietly(self) -> None:
        try:
            self.commit()
        except StoreFailed:
            self._loop.call_later(1.0, self._commit_quietly)

    def commit(self) -> None:
        """Make all changes durable in one transaction.

        Raises:
            StoreFailed: when the database refuses, a full disk for instance.
        """
        self._commit_is_due = False
        if not self._messages and not self._notes:
            return
        try:
            self._database.execute("BEGIN")
            self._write_messages()
            self._write_notes()
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            log.warning("broker.store_failed", extra={"reason": str(error)})
            raise StoreFailed(str(error)) from error
        self._messages.clear()
        self._notes.clear()

    def _write_messages(self) -> None:
        gone = [key for key, message in self._messages.items() if message is None]
        if gone:
            self._database.executemany("DELETE FROM messages WHERE entity=? AND sequence=?", gone)
        kept = [(*key, _frozen(message), message.bare) for key, message in self._messages.items() if message]
        if kept:
            self._database.executemany("INSERT OR REPLACE INTO messages VALUES(?,?,?,?)", kept)

    def _write_notes(self) -> None:
        gone = [key for key, value in self._notes.items() if value is None]
        if gone:
            self._database.executemany("DELETE FROM notes WHERE kind=? AND entity=? AND key=?", gone)
        kept = [(*key, encode(value)) for key, value in self._notes.items() if value is not None]
        if kept:
            self._database.executemany("INSERT OR REPLACE INTO notes VALUES(?,?,?,?)", kept)

    def close(self) -> None:
        """Commit and let go of the file."""
        self.commit()
        self._database.close()


def _frozen(message: Message) -> bytes:
    """Return all but the bare bytes; a lock is not kept, so that a restart redelivers what was locked."""
    return encode(
        [
            message.properties,
            message.application,
            message.annotations,
            message.durable,
            message.priority,
            message.ttl_ms,
            message.scheduled_for,
            int(message.state),
            message.enqueued_sequence,
            message.failed_deliveries,
            message.enqueued_at,
            message.expires_at,
            message.dead_letter_source,
        ]
    )


def _thawed(sequence: int, facts: bytes, bare: bytes) -> Message:
    values = decode(facts)[0]
    return Message(
        bare,
        properties=values[0],
        application=values[1],
        annotations=values[2],
        durable=values[3],
        priority=values[4],
        ttl_ms=values[5],
        scheduled_for=values[6],
        state=State(values[7]),
        sequence=sequence,
        enqueued_sequence=values[8],
        failed_deliveries=values[9],
        enqueued_at=values[10],
        expires_at=values[11],
        dead_letter_source=values[12],
    )
