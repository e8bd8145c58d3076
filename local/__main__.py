"""The local stack from the command line: `python -m local up` and `python -m local clean`."""

import argparse
import os
import shutil
import sys
from pathlib import Path

from local import files, preflight
from local.addresses import DEFAULT_PORT_BASE, ROOT, Addresses, default_port_base, default_state, parse_port_base
from local.processes import Lock, Record

REFUSED = 2
_STATES = ROOT / ".local"


def _port_base(text: str) -> int:
    try:
        return parse_port_base(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _setting(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not name or not sign:
        raise argparse.ArgumentTypeError("an app setting is given as NAME=VALUE")
    return name, value


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local",
        description="Runs Correspondence with everything it needs on this machine: no Docker, no Azure account.",
        epilog="Everything listens on 127.0.0.1 only. Ports follow PORT_BASE: +0 the app, +1 the stand-ins (mail, SMS, "
        "tokens, Dialogporten, webhooks, clock, seeds; a start page at /), +2 blob, +3 queue, +4 table, +5 broker.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="up|clean")
    up = commands.add_parser(
        "up",
        help="start everything and stay in the foreground",
        description="Starts everything and stays in the foreground; Ctrl-C stops it. What an earlier run left when it "
        "was killed is ended first, and its state is taken over. Exits with 2 when something is missing or a port is "
        "in use.",
    )
    up.add_argument(
        "--port-base", type=_port_base, help=f"first port of the block (PORT_BASE, else {DEFAULT_PORT_BASE})"
    )
    up.add_argument("--state", type=Path, help="folder for everything that survives (.local/PORT_BASE)")
    up.add_argument("--app", type=Path, default=ROOT, help="folder of the Functions app (this project)")
    up.add_argument("--no-functions", action="store_true", help="leave the app out, for tests of the rest")
    up.add_argument(
        "--host",
        choices=("local", "func"),
        default=os.environ.get("HOST") if os.environ.get("HOST") in {"local", "func"} else "local",
        help="what runs the app: our own host, or Azure Functions Core Tools (HOST, else local)",
    )
    up.add_argument(
        "--setting", type=_setting, action="append", default=[], metavar="NAME=VALUE", help="replace an app setting"
    )
    up.add_argument(
        "--storage-in-memory", action="store_true", help="keep storage in memory only, for measurements with many rows"
    )
    up.add_argument("--stop-with-parent", action="store_true", help="stop when the process that started this one ends")
    commands.add_parser(
        "clean",
        help="remove the state of all stacks",
        description="Removes .local/ with everything in it. Refuses while a stack runs.",
    )
    return parser


def _refuse(*sentences: str) -> int:
    for sentence in sentences:
        sys.stderr.write(f"{sentence}\n")
    return REFUSED


def up(options: argparse.Namespace) -> int:
    """Run a stack in the foreground; return the exit code."""
    try:
        addresses = Addresses(default_port_base() if options.port_base is None else options.port_base)
    except ValueError as error:
        return _refuse(str(error))
    state = files.private_folder((options.state or default_state(addresses.port_base)).resolve())
    lock = Lock(state)
    if not lock.take():
        return _refuse(
            f"A stack already runs over {state}; stop it, or start another one on other ports with PORT_BASE, "
            f"for example PORT_BASE={addresses.port_base + 100}."
        )
    left = Record.of(state).end_leftovers()
    if left:
        sys.stdout.write(f"[stack] Ended what a killed run had left: {', '.join(left)}.\n")
    app = None if options.no_functions else options.app.resolve()
    found = preflight.faults(addresses, app=app, engine=options.host)
    if found:
        return _refuse(*found)
    # Only now is it sure that everything these two need is installed.
    from local.parts import Plan
    from local.supervisor import Supervisor

    plan = Plan(addresses, state, app, options.host, dict(options.setting), options.storage_in_memory)
    # MAKELEVEL: make has started us, and when make is killed, nobody is left who could stop us.
    Supervisor(plan, stop_with_parent=options.stop_with_parent or "MAKELEVEL" in os.environ).run()
    lock.release()
    return 0


def clean() -> int:
    """Remove the state of all stacks; return the exit code."""
    states = sorted(path for path in _STATES.glob("*") if path.is_dir()) if _STATES.is_dir() else []
    locks = [(state, Lock(state)) for state in states]
    running = [state.name for state, lock in locks if not lock.take()]
    if running:
        return _refuse(*(f"The stack with PORT_BASE={name} is running; stop it first." for name in running))
    for state in states:
        Record.of(state).end_leftovers()
    shutil.rmtree(_STATES, ignore_errors=True)
    return 0


def main(argv: list[str] | None = None) -> int:
    """Do what the command line asks for; return the exit code."""
    options = _arguments().parse_args(argv)
    return up(options) if options.command == "up" else clean()


if __name__ == "__main__":
    sys.exit(main())
