"""What the stand-ins remember, in one SQLite file: whatever they have answered is still there after kill -9."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local import files

type Value = str | int | float | None

_SCHEMA = """
CREATE TABLE IF NOT EXISTS mail (
    sequence INTEGER PRIMARY KEY, operation_id TEXT UNIQUE NOT NULL, status TEXT NOT NULL, ready_at REAL NOT NULL,
    document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sms (
    sequence INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, request_id TEXT UNIQUE, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS dialogs (
    id TEXT PRIMARY KEY, sequence INTEGER NOT NULL, org TEXT NOT NULL, party TEXT NOT NULL, idempotent_key TEXT,
    document TEXT NOT NULL, UNIQUE (org, idempotent_key));
CREATE INDEX IF NOT EXISTS dialogs_of_party ON dialogs (party, sequence);
CREATE TABLE IF NOT EXISTS taken_ids (id TEXT PRIMARY KEY, entity TEXT NOT NULL, dialog TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS hooks (
    sequence INTEGER PRIMARY KEY, name TEXT NOT NULL, document TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS hooks_of_name ON hooks (name, sequence);
CREATE TABLE IF NOT EXISTS logins (code TEXT PRIMARY KEY, expires INTEGER NOT NULL, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS plans (target TEXT PRIMARY KEY, times INTEGER NOT NULL, document TEXT NOT NULL);
"""


class Store:
    """One connection to the file, for one thread."""

    def __init__(self, path: Path) -> None:
        """Open the file, and make it when it is missing."""
        files.private_folder(path.parent)
        path.touch(mode=files.PRIVATE)
        self._connection = sqlite3.connect(path, autocommit=True, timeout=10)
        self._connection.row_factory = sqlite3.Row
        self._connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;")
        self._connection.executescript(_SCHEMA)

    def rows(self, sql: str, *values: Value) -> list[sqlite3.Row]:
        """Return all rows that the query finds."""
        return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Value) -> sqlite3.Row | None:
        """Return the first row that the query finds, or None."""
        found: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
        return found

    def run(self, sql: str, *values: Value) -> int:
        """Run one statement and return how many rows it touched."""
        return self._connection.execute(sql, values).rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make everything that runs inside hold together, or not at all when it raises."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
