"""The store and the clock of the broker."""

import asyncio
from pathlib import Path

import pytest

from local.broker.clock import Clock
from local.broker.encoding import section
from local.broker.message import APPLICATION, DATA, Message, State, read_message
from local.broker.store import Note, SqliteStore, StoreBusy, StoreFailed
from local.broker.values import Ubyte, Uint


def sample(sequence: int) -> Message:
    """Return a message with every field that is kept."""
    message = read_message(section(APPLICATION, {"n": 1}) + section(DATA, b"x"))
    message.sequence, message.enqueued_sequence, message.failed_deliveries = sequence, 7, 2
    message.durable, message.priority, message.ttl_ms = True, Ubyte(4), Uint(1000)
    message.state, message.scheduled_for, message.enqueued_at, message.expires_at = State.SCHEDULED, 3.5, 1.25, 9.5
    message.dead_letter_source = "q"
    return message


async def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    """Messages and notes come back equal, in order; what was deleted does not."""
    store = SqliteStore(tmp_path / "db", asyncio.get_running_loop())
    for sequence in (2, 1, 3):
        store.save("q", sample(sequence))
    store.delete("q", 3)
    store.note(Note.SEEN, "q", Uint(5), 1.5)
    store.note(Note.SEEN, "q", "gone", 1.5)
    store.note(Note.SEEN, "q", "gone", None)
    store.close()
    store = SqliteStore(tmp_path / "db", asyncio.get_running_loop())
    assert list(store.messages()) == [("q", sample(1)), ("q", sample(2))]
    assert list(store.notes(Note.SEEN)) == [("q", Uint(5), 1.5)]
    assert list(store.notes(Note.COUNTER)) == []
    store.close()


async def test_changes_of_a_turn_are_committed_without_being_asked(tmp_path: Path) -> None:
    """A change that nobody waits for is durable after the turn in which it was made."""
    store = SqliteStore(tmp_path / "db", asyncio.get_running_loop())
    store.save("q", sample(1))
    assert list(store.messages()) == []
    await asyncio.sleep(0)
    assert len(list(store.messages())) == 1
    store.close()


async def test_failed_commit_keeps_its_changes(tmp_path: Path) -> None:
    """A commit that the database refuses changes nothing and goes with the next one."""
    store = SqliteStore(tmp_path / "db", asyncio.get_running_loop())
    store._database.execute("ALTER TABLE notes RENAME TO hidden")
    store.save("q", sample(1))
    store.note(Note.COUNTER, "q", None, 2)
    with pytest.raises(StoreFailed):
        store.commit()
    assert list(store.messages()) == []
    store._database.execute("ALTER TABLE hidden RENAME TO notes")
    store.commit()
    assert len(list(store.messages())) == len(list(store.notes(Note.COUNTER))) == 1
    store.close()


async def test_file_has_one_owner(tmp_path: Path) -> None:
    """A second broker on the same file is refused, and one on something else than a database too."""
    store = SqliteStore(tmp_path / "db", asyncio.get_running_loop())
    with pytest.raises(StoreBusy):
        SqliteStore(tmp_path / "db", asyncio.get_running_loop())
    store.close()
    (tmp_path / "text").write_bytes(b"no database" * 100)
    for path in (tmp_path / "text", tmp_path / "missing" / "db"):
        with pytest.raises(StoreFailed):
            SqliteStore(path, asyncio.get_running_loop())


@pytest.mark.parametrize(
    ("text", "changed"), [("5", True), ("-2.5\n", True), ("", False), ("soon", False), ("nan", False), ("inf", False)]
)
def test_clock_takes_numbers_only(tmp_path: Path, text: str, changed: bool) -> None:
    """A finite number moves the clock; anything else leaves it; a missing file means no offset."""
    path = tmp_path / "offset"
    clock = Clock(path)
    path.write_text(text)
    assert clock.refresh() is changed
    assert not clock.refresh()
    path.unlink()
    assert clock.refresh() is changed
