"""`python -m bench`: measure import, creates, webhooks, searches, sweeps and memory, and print the numbers."""

import argparse
import sys

from bench import creates, imports, memory, search, sweep, webhooks
from bench.report import Result

PARTS = ("imports", "creates", "webhooks", "search", "sweep", "memory")
MISSED = 1
FEWEST_LETTERS = 200


def _sizes(text: str) -> list[int]:
    try:
        sizes = [int(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError("sizes are whole numbers of MiB, separated by commas") from None
    if len(sizes) < 2 or min(sizes) < 1:
        raise argparse.ArgumentTypeError("at least two sizes, each 1 MiB or more")
    return sorted(sizes)


def _letters(text: str) -> tuple[int, int]:
    small, _, big = text.partition(",")
    if not (small.isdecimal() and big.isdecimal() and FEWEST_LETTERS <= int(small) < int(big)):
        raise argparse.ArgumentTypeError(f"two whole numbers, the smaller one first and at least {FEWEST_LETTERS}")
    return int(small), int(big)


def _parts(text: str) -> list[str]:
    wanted = text.split(",")
    if set(wanted) - set(PARTS):
        raise argparse.ArgumentTypeError(f"one or more of {', '.join(PARTS)}")
    return wanted


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measures on stacks of its own, which it removes: import and index of the app, creates per second "
        "against the floor of the same storage and bus calls, deliveries to many subscribers against theirs, searches "
        "in a small and a big box and sweeps of the agenda beside their bare queries, memory of the app "
        "while big files go through.",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="small sizes and few repetitions: 8 and 64 MiB, 40 creates, boxes of 1000 and 5000 letters",
    )
    parser.add_argument("--only", type=_parts, default=list(PARTS), help=f"what to measure ({','.join(PARTS)})")
    parser.add_argument("--imports", type=int, help="number of new processes (5)")
    parser.add_argument("--creates", type=int, help="number of messages (200)")
    parser.add_argument("--at-once", type=int, default=8, help="messages side by side (8)")
    parser.add_argument("--subscribers", type=int, help="subscribers that hear of one event (1000)")
    parser.add_argument("--letters", type=_letters, help="letters in two boxes (1000,100000)")
    parser.add_argument("--searches", type=int, help="number of searches of each kind in each box (60)")
    parser.add_argument("--reminders", type=int, help="reminders on the agenda (100000)")
    parser.add_argument("--sizes", type=_sizes, help="sizes of files in MiB (64,512)")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a target is missed")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Measure; return the exit code."""
    options = _options(arguments)
    quick = options.quick
    results: list[Result] = []
    if "imports" in options.only:
        results += imports.measure(options.imports or (3 if quick else 5))
    if "creates" in options.only:
        results += creates.measure(options.creates or (40 if quick else 200), options.at_once)
    if "webhooks" in options.only:
        results += webhooks.measure(options.subscribers or (100 if quick else 1000))
    if "search" in options.only:
        sizes = options.letters or ((1000, 5000) if quick else (1000, 100_000))
        results += search.measure(sizes, options.searches or (20 if quick else 60))
    if "sweep" in options.only:
        results += sweep.measure(options.reminders or (5000 if quick else 100_000), 5 if quick else 30)
    if "memory" in options.only:
        results += memory.measure(options.sizes or ([8, 64] if quick else [64, 512]))
    missed = [result for result in results if result.missed]
    return MISSED if missed and options.strict else 0


if __name__ == "__main__":
    sys.exit(main())
