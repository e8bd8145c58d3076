"""The stack as processes: started, killed, taken over and stopped."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from local import __main__ as command_line
from local.addresses import HOST, ROOT
from local.preflight import answers
from local.processes import Identity, Lock, Record, wait_gone
from local.stack import Stack, free_port_base

PARTS = {"azurite", "broker", "services"}


def wait_until(true: Callable[[], bool], seconds: float = 30) -> None:
    """Return once it is true, and fail when it does not become true in time."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.05)


def up(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "local", *words]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A stack without the app."""
    with Stack(functions=False) as running:
        yield running


def test_every_port_answers(stack: Stack) -> None:
    """Once it is started, all ports but the app's answer, and all parts run in this process group."""
    ports = stack.addresses.named()
    assert [name for name, port in ports.items() if answers(port)] == [name for name in ports if name != "functions"]
    assert set(stack.processes()) == PARTS
    assert {os.getpgid(process.pid) for process in stack.processes().values()} == {os.getpgid(0)}


def test_a_second_one_over_the_same_folder_is_refused(stack: Stack) -> None:
    """A folder that a running stack uses gets exit code 2 and a sentence that says what to do."""
    refused = up("up", "--no-functions", "--port-base", str(stack.port_base), "--state", str(stack.state))
    assert (refused.returncode, "PORT_BASE" in refused.stderr) == (2, True)


def test_what_was_sent_survives_a_kill(stack: Stack) -> None:
    """After kill -9 of everything nothing runs, and the next start knows clock, hooks and keys of before."""
    with httpx.Client(base_url=stack.services_url) as http:
        http.post("/clock", json={"advance": "P1D"})
        http.post("/hook/kept", content=b"x")
        keys = http.get("/.well-known/jwks.json").json()
        processes = list(stack.processes().values())
        stack.kill()
        assert not [process for process in processes if process.lives()]
        stack.start()
        assert http.get("/clock").json()["offsetSeconds"] == 86400
        assert len(http.get("/hooks/kept").json()) == 1
        assert http.get("/.well-known/jwks.json").json() == keys


def test_children_die_with_the_supervisor(stack: Stack) -> None:
    """When only the supervisor is killed, no part outlives it, and the next start is as good as the first."""
    processes = list(stack.processes().values())
    assert stack._process is not None
    stack._process.kill()
    stack._process.wait()
    assert wait_gone(processes, seconds=10)
    stack.start()


def test_a_crashed_part_comes_back(stack: Stack) -> None:
    """A part that is killed starts again, and the supervisor says so."""
    first = stack.processes()["services"]
    first.signal(signal.SIGKILL)
    wait_until(lambda: stack.processes().get("services", first) != first and answers(stack.addresses.services))
    assert "services has ended (signal SIGKILL)" in stack.log.read_text()


def test_stopping_is_orderly(tmp_path: Path) -> None:
    """SIGTERM ends everything with exit code 0 and leaves the folder, whose lock is free again."""
    stack = Stack(functions=False, state=tmp_path / "state")
    stack.start()
    processes = list(stack.processes().values())
    assert stack.stop() == 0
    assert not [process for process in processes if process.lives()]
    assert not any(answers(port) for port in stack.addresses.named().values())
    lock = Lock(stack.state)
    assert lock.take()
    lock.release()


def test_leftovers_are_ended_and_nothing_else(tmp_path: Path) -> None:
    """A noted process that still runs is ended; one that merely has a noted number is not touched."""
    processes = [subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) for _ in range(2)]
    try:
        ours, other = (Identity.of(process.pid) for process in processes)
        assert ours is not None
        assert other is not None
        record = Record.of(tmp_path)
        record.write(ours, {"broker": ours, "services": Identity(other.pid, "at another time")})
        assert record.end_leftovers() == ["broker"]
        assert (ours.lives(), other.lives()) == (False, True)
        assert not record.path.exists()
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    """A port that somebody else listens on gets exit code 2 and one sentence with the port and PORT_BASE."""
    base = free_port_base()
    with socket.socket() as busy:
        busy.bind((HOST, base + 3))
        busy.listen()
        refused = up("up", "--no-functions", "--state", str(tmp_path), PORT_BASE=str(base))
    assert refused.returncode == 2
    [sentence] = refused.stderr.splitlines()
    assert f"Port {base + 3} (queue)" in sentence
    assert "PORT_BASE" in sentence


def test_missing_node_is_named(tmp_path: Path) -> None:
    """Without Node.js on the path the exit code is 2 and the sentence says what to install."""
    refused = up("up", "--no-functions", "--state", str(tmp_path), PATH=str(tmp_path), PORT_BASE=str(free_port_base()))
    assert (refused.returncode, "Node.js" in refused.stderr) == (2, True)


def test_a_bad_port_base_is_refused() -> None:
    """A PORT_BASE that is no port gets exit code 2 and says what it must be."""
    refused = up("up", PORT_BASE="many")
    assert (refused.returncode, "must be a number" in refused.stderr) == (2, True)


def test_help_names_both_commands() -> None:
    """The help names what can be done."""
    shown = up("--help")
    assert shown.returncode == 0
    for word in ("up", "clean", "PORT_BASE"):
        assert word in shown.stdout


def test_an_interrupt_is_orderly_too(tmp_path: Path) -> None:
    """Ctrl-C, which reaches every process of the group, ends everything with exit code 0."""
    base = free_port_base()
    command = [
        sys.executable,
        "-m",
        "local",
        "up",
        "--no-functions",
        "--port-base",
        str(base),
        "--state",
        str(tmp_path),
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, process_group=0) as process:
        wait_until(lambda: len(Record.of(tmp_path).children()) == len(PARTS) and answers(base + 1))
        children = list(Record.of(tmp_path).children().values())
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(20) == 0
    assert not [child for child in children if child.lives()]


def test_the_end_of_the_parent_is_a_reason_to_stop(tmp_path: Path) -> None:
    """A stack that was asked to stop with what started it does so, though nobody tells it."""
    base = free_port_base()
    words = ["-m", "local", "up", "--no-functions", "--stop-with-parent"]
    words += ["--port-base", str(base), "--state", str(tmp_path)]
    starter = f"import subprocess, sys; subprocess.run([sys.executable, *{words!r}], stdout=subprocess.DEVNULL)"
    with subprocess.Popen([sys.executable, "-c", starter], cwd=ROOT) as parent:
        wait_until(lambda: len(Record.of(tmp_path).children()) == len(PARTS))
        children = list(Record.of(tmp_path).children().values())
        parent.kill()
    assert wait_gone(children, seconds=10)
    lock = Lock(tmp_path)
    wait_until(lock.take)
    lock.release()


def test_clean_refuses_while_a_stack_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The state of all stacks goes at once, and none of it while one of them runs."""
    states = tmp_path / ".local"
    monkeypatch.setattr(command_line, "_STATES", states)
    assert command_line.clean() == 0
    for name in ("7071", "8071"):
        (states / name).mkdir(parents=True)
        (states / name / "services.db").touch()
    lock = Lock(states / "8071")
    assert lock.take()
    assert command_line.clean() == 2
    assert "PORT_BASE=8071" in capsys.readouterr().err
    assert (states / "7071" / "services.db").exists()
    lock.release()
    assert command_line.clean() == 0
    assert not states.exists()
