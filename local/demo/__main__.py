"""`python -m local.demo`: start a stack, tell the story, remove everything again."""

import argparse
import contextlib
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from local.demo import receiving, sending
from local.demo.client import Services
from local.demo.story import Story
from local.demo.timeline import StoryStopped, Timeline
from local.stack import Stack, StackFailed

STOPPED, NOT_STARTED = 1, 2
_CHAPTERS = (
    ("An agency gets ready", (sending.prepare,)),
    ("It sends", (sending.upload, sending.send, sending.send_malware)),
    ("Everybody is told", (sending.told,)),
    ("The recipient answers", (receiving.receive,)),
    ("A week later", (receiving.wait_a_week,)),
    ("How fast", (sending.measure_creates,)),
)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local.demo",
        description="Tells the whole story of a message on a stack of its own, and verifies every step: an agency "
        "sends a message with an attachment to a person and to a business; scan, publish, e-mail and SMS, dialog, "
        "signed webhook, open, download, confirm; seven days pass, and who has not opened it is reminded.",
        epilog="Exit code: 0 when every step held, 1 when one did not, 2 when the stack did not start.",
    )
    parser.add_argument("--keep", action="store_true", help="keep the state folder, and say where it is")
    parser.add_argument("--verbose", action="store_true", help="on failure show the traceback and the stack's log")
    return parser.parse_args(arguments)


@contextlib.contextmanager
def _state(*, keep: bool) -> Iterator[Path]:
    """A folder for everything, gone in the end unless it is to be kept."""
    folder = Path(tempfile.mkdtemp(prefix="correspondence-demo-"))
    try:
        yield folder
    finally:
        if keep:
            print(f"\nState and log: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def tell(story: Story) -> None:
    """Tell all chapters.

    Raises:
        StoryStopped: at the first step that does not hold.
    """
    for title, parts in _CHAPTERS:
        story.timeline.chapter(title)
        for part in parts:
            part(story)


def _sum_up(story: Story) -> None:
    timeline = story.timeline
    timeline.chapter("Numbers")
    for name, value in story.measured_ms.items():
        print(f"{value:>14.0f} ms  {name}")
    print(f"\nEvery one of {timeline.steps} steps was verified, in {timeline.elapsed_seconds():.1f} s.")


def _run(timeline: Timeline, state: Path, *, verbose: bool) -> int:
    stack = Stack(state=state)
    try:
        with timeline.step("A stack of its own starts, on free ports"):
            stack.start()
            timeline.note(f"app {stack.functions_url}, stand-ins {stack.services_url}")
        story = Story(timeline, Services.of(stack))
        tell(story)
        _sum_up(story)
    except StoryStopped as stopped:
        if verbose and stack.log.exists():
            print(stack.log.read_text(encoding="utf-8", errors="replace"), file=sys.stderr)
        return NOT_STARTED if isinstance(stopped.__cause__, StackFailed) else STOPPED
    finally:
        stack.stop()
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Tell the story; return the exit code."""
    options = _options(arguments)
    with _state(keep=options.keep) as state:
        return _run(Timeline(verbose=options.verbose), state, verbose=options.verbose)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # So that everything is removed then, too.
    sys.exit(main())
