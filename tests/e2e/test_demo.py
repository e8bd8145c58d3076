"""The demonstration: its exit code says whether every step held, and nothing of it stays behind."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.addresses import ROOT
from local.demo import __main__ as demo
from local.demo.client import NotHeld, expect
from local.demo.timeline import StoryStopped, Timeline
from local.stack import Stack, StackFailed


def _run(arguments: list[str], temporary: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "local.demo", *arguments]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=200, check=False)


def test_a_step_that_does_not_hold_says_which_and_why() -> None:
    """The number and text of the step, what was expected, what was seen; no colour into a file."""
    out = io.StringIO()
    timeline = Timeline(out=out)
    with timeline.step("the first"):
        expect("a thing", 1, 1)
    with pytest.raises(StoryStopped), timeline.step("the second"):
        expect("the number of mails", 1, 2)
    told = out.getvalue()
    assert "✓ the first" in told
    assert "✗ step 2: the second" in told
    assert "did not hold: the number of mails" in told
    assert "expected  1" in told
    assert "seen      2" in told
    assert "\033" not in told


def test_any_error_stops_the_story() -> None:
    """Not only what was foreseen."""
    timeline = Timeline(out=io.StringIO())
    with pytest.raises(StoryStopped), timeline.step("a step"):
        raise OSError("no route")


@pytest.fixture
def unstarted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack that starts and stops at once, without processes."""
    monkeypatch.setattr(Stack, "start", lambda self: None)
    monkeypatch.setattr(Stack, "stop", lambda self: None)


@pytest.mark.usefixtures("unstarted")
def test_a_story_that_stops_exits_with_1(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And its state is removed."""

    def stop(story: object) -> None:
        raise StoryStopped from NotHeld("a thing", 1, 2)

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(demo, "tell", stop)
    assert demo.main([]) == 1
    assert list(tmp_path.iterdir()) == []
    assert "was verified" not in capsys.readouterr().out


def test_a_stack_that_does_not_start_exits_with_2(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """So that it can be told from a story that did not hold."""

    def fail(self: Stack) -> None:
        raise StackFailed("no ports")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(Stack, "start", fail)
    monkeypatch.setattr(Stack, "stop", lambda self: None)
    assert demo.main([]) == 2


@pytest.mark.long
def test_the_whole_story_holds_and_leaves_nothing(tmp_path: Path) -> None:
    """Exit code 0, every step verified, no state left."""
    done = _run([], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "steps was verified" in done.stdout
    assert list(tmp_path.glob("correspondence-*")) == []


@pytest.mark.long
def test_state_is_kept_when_asked_for(tmp_path: Path) -> None:
    """With the log of the stack in it."""
    done = _run(["--keep"], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    (folder,) = tmp_path.glob("correspondence-demo-*")
    assert (folder / "stack.log").is_file()
