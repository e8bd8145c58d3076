"""A broker that is killed and started again goes on where it was."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.broker.__main__ import main
from tests.contract.broker.clients import Clients, is_empty, message, refusals, take, texts
from tests.contract.broker.raw import RawClient

ROOT = Path(__file__).parents[3]
EXIT_SECONDS = 10

CONFIG = {
    "UserConfig": {
        "Namespaces": [
            {
                "Name": "sbemulatorns",
                "Queues": [
                    {"Name": "kept"},
                    {"Name": "sessions", "Properties": {"RequiresSession": True}},
                    {"Name": "unique", "Properties": {"RequiresDuplicateDetection": True}},
                ],
                "Topics": [{"Name": "facts", "Subscriptions": [{"Name": "all"}]}],
            }
        ],
        "Logging": {"Type": "Console"},
    }
}

type Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration file."""
    path = tmp_path / "servicebus.json"
    path.write_text("// comments are taken\n" + json.dumps(CONFIG))
    return path


@contextmanager
def running(config: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a broker as a process of its own; give the process and the connection string."""
    command = [sys.executable, "-m", "local.broker", str(config), "--port", "0", *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        word, _, connection_string = process.stdout.readline().split()
        assert word == "READY"
        yield process, connection_string
    finally:
        process.kill()
        process.communicate(timeout=EXIT_SECONDS)


def port_of(connection_string: str) -> int:
    """Return the port of `Endpoint=sb://host:port;…`."""
    return int(connection_string.split(";", maxsplit=1)[0].rpartition(":")[2])


def test_everything_survives_a_kill(config: Path, tmp_path: Path) -> None:
    """After kill -9 all messages, states, seen ids, rules and counters are there; what was completed stays gone."""
    db = str(tmp_path / "broker.db")
    with running(config, "--db", db) as (process, address):
        numbers = _fill(Clients(address), port_of(address))
        process.send_signal(signal.SIGKILL)
        process.wait(EXIT_SECONDS)
    with running(config, "--db", db) as (process, address):
        _verify(Clients(address), numbers)
        process.terminate()
        assert process.wait(EXIT_SECONDS) == 0


def _fill(clients: Clients, port: int) -> dict[str, int]:
    """Bring messages into every state; return the sequence numbers by body."""
    bodies = ["locked", "deferred", "dead", "done", "abandoned", "plain"]
    kept = clients.receiver("kept")
    clients.open([clients.sender(name) for name in ("kept", "sessions", "unique")])
    clients.open([kept, clients.topic_sender("facts"), clients.receiver("sessions", session_id="S")])
    clients.sender("kept").send_messages([message(body, application_properties={"body": body}) for body in bodies])
    found = {str(item): item for item in take(kept, 5, settle=False)}
    kept.defer_message(found["deferred"])
    kept.dead_letter_message(found["dead"], reason="R", error_description="D")
    kept.complete_message(found["done"])
    kept.abandon_message(found["abandoned"])
    at = datetime.now(UTC) + timedelta(seconds=2)
    clients.sender("kept").schedule_messages(message("scheduled"), at)
    clients.topic_sender("facts").schedule_messages(message("topical"), at)
    clients.sender("sessions").send_messages(message("in session", session_id="S"))
    clients.receiver("sessions", session_id="S").session.set_state("half")
    clients.sender("unique").send_messages(message("first", message_id="same"))
    with RawClient(port) as raw:
        node = raw.management("facts/Subscriptions/all")
        rule = {"sql-filter": {"expression": "sys.Label IS NULL"}, "sql-rule-action": {"expression": "SET seen = 1"}}
        assert node("add-rule", {"rule-name": "added", "rule-description": rule})[0] == 200
        assert node("remove-rule", {"rule-name": "$Default"})[0] == 200
    return {body: int(item.sequence_number or 0) for body, item in found.items()}


def _verify(clients: Clients, numbers: dict[str, int]) -> None:
    kept = clients.receiver("kept")
    clients.open([clients.sender("unique"), clients.sender("kept"), kept, clients.dead_letters("kept")])
    clients.open([clients.receiver("unique"), clients.subscriber("facts", "all")])
    clients.open([clients.receiver("sessions", session_id="S")])
    clients.sender("unique").send_messages([message("second", message_id="same"), message("other", message_id="else")])
    assert texts(take(clients.receiver("unique"), 2)) == ["first", "other"]
    found = {str(item): item for item in take(kept, 4)}
    assert {body: item.delivery_count for body, item in found.items()} == {
        "locked": 0, "abandoned": 1, "plain": 0, "scheduled": 0,
    }  # fmt: skip
    assert found["plain"].application_properties == {b"body": b"plain"}
    deferred = kept.receive_deferred_messages(numbers["deferred"])[0]
    assert str(deferred) == "deferred"
    kept.complete_message(deferred)
    letter = take(clients.dead_letters("kept"))[0]
    assert (str(letter), letter.dead_letter_reason, letter.dead_letter_error_description) == ("dead", "R", "D")
    topical = take(clients.subscriber("facts", "all"))[0]
    assert (str(topical), topical.application_properties[b"seen"]) == ("topical", 1)
    session = clients.receiver("sessions", session_id="S")
    assert session.session.get_state() == b"half"
    assert texts(take(session)) == ["in session"]
    clients.sender("kept").send_messages(message("new"))
    assert take(kept)[0].sequence_number > max(int(item.sequence_number or 0) for item in found.values())
    assert is_empty(kept)
    clients.close()


def test_without_a_file_nothing_is_kept(config: Path) -> None:
    """A broker without --db starts empty, takes SIGINT as the sign to stop, and ends with 0."""
    with running(config) as (process, address):
        clients = Clients(address)
        clients.sender("kept").send_messages(message("x"))
        clients.close()
        process.send_signal(signal.SIGINT)
        assert process.wait(EXIT_SECONDS) == 0
        assert process.stderr is not None and "Traceback" not in process.stderr.read()


def test_what_cannot_start_says_so_in_one_sentence(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A port or file in use, a broken file and a broken configuration end with 2 and what to do about it."""
    db = tmp_path / "broker.db"
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database" * 100)
    with running(config, "--db", str(db)) as (_, address):
        port = str(port_of(address))
        for arguments, hint in (
            ([str(config), "--port", port], "--port"),
            ([str(config), "--port", "0", "--db", str(db)], "--db"),
            ([str(config), "--port", "0", "--db", str(broken)], "--db"),
            ([str(tmp_path / "none.json")], "none.json"),
        ):
            assert main(arguments) == 2
            told = capsys.readouterr().err
            assert hint in told and told.count("\n") == 1 and "Traceback" not in told


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    """--help explains the options and how to know that the broker is ready."""
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    told = capsys.readouterr().out
    for word in ("--port", "--host", "--db", "--clock-offset-file", "READY", "SIGTERM"):
        assert word in told


def test_clients_find_the_broker_again(config: Path, tmp_path: Path) -> None:
    """A sender that was open when the broker was killed sends again once it is back on the same port."""
    db = str(tmp_path / "broker.db")
    with running(config, "--db", db) as (_, address):
        clients = Clients(address)
        clients.sender("kept").send_messages(message("before"))
    with running(config, "--db", db, "--port", str(port_of(address))):
        clients.sender("kept").send_messages(message("after"))
        assert texts(take(clients.receiver("kept"), 2)) == ["before", "after"]
        clients.close()
    assert refusals(lambda: Clients(address, retry_total=0).sender("kept").send_messages(message("x")))
