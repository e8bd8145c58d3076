"""The parts of a stack: what runs, in which order, and on which ports."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local import azurite, settings
from local.addresses import HOST, ROOT, Addresses

ATTACHMENTS_CONTAINER = "attachments"

STEADY_MEMORY = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "262144"}
"""Gives blocks of files back to the system at once: without it the peak grows by some 35 MiB with the file's size.

Settings of the C library, read when a process starts; in Azure they are app settings of the same names.
"""


@dataclass(frozen=True, slots=True)
class Part:
    """One process of the stack; it starts once the ports in `after` answer."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    ports: tuple[int, ...] = ()
    after: tuple[int, ...] = ()
    folder: Path = ROOT
    keeps_data: bool = False  # stopped last, so that the others can finish what they are writing


@dataclass(frozen=True, slots=True)
class Plan:
    """What a stack is asked to be."""

    addresses: Addresses
    state: Path
    app: Path | None = ROOT  # None: without the app
    engine: str = "local"
    extra_settings: Mapping[str, str] = field(default_factory=dict)
    storage_in_memory: bool = False


def _python(*words: str) -> list[str]:
    return [sys.executable, "-m", *words]


def _neighbours(plan: Plan, environment: Mapping[str, str]) -> tuple[Part, ...]:
    addresses, state = plan.addresses, plan.state
    offset = str(settings.clock_offset_file(state))
    block = ("--port-base", str(addresses.port_base), "--state", str(state))
    broker = (str(ROOT / "local" / "servicebus.json"), "--port", str(addresses.broker))
    storage_ports = (addresses.blob, addresses.queue, addresses.table)
    stored = None if plan.storage_in_memory else state
    return (
        Part("azurite", azurite.command(addresses, stored), environment, storage_ports, keeps_data=True),
        Part(
            "broker",
            _python(
                "local.broker",
                *broker,
                "--db",
                str(state / "broker.db"),
                "--clock-offset-file",
                offset,
                "--keep-days",
                "45",
            ),
            environment,
            (addresses.broker,),
            keeps_data=True,
        ),
        Part(
            "services",
            _python("local.services", *block, "--seed"),
            environment,
            (addresses.services,),
            after=storage_ports,
            keeps_data=True,
        ),
    )


def _functions(plan: Plan, folder: Path, environment: Mapping[str, str]) -> tuple[Part, ...]:
    addresses, state = plan.addresses, plan.state
    app = {**settings.app_environment(addresses.port_base, state), **plan.extra_settings}
    where = ("--app", str(folder), "--port", str(addresses.functions), "--state", str(state))
    own = _python("local.host", *where, "--clock-offset-file", str(settings.clock_offset_file(state)))
    tools = ["func", "start", "--port", str(addresses.functions)]
    command, started_in = (tools, folder) if plan.engine == "func" else (own, ROOT)
    neighbours = tuple(port for name, port in addresses.named().items() if name != "functions")
    events = (
        *("--storage", settings.storage_connection(addresses), "--container", ATTACHMENTS_CONTAINER),
        *("--target", f"http://{HOST}:{addresses.functions}", "--function", app["SCAN_FUNCTION"]),
        *("--state", str(state / "eventgrid.db")),
    )
    return (
        Part(
            "functions",
            command,
            {**STEADY_MEMORY, **environment, **app},
            (addresses.functions,),
            after=neighbours,
            folder=started_in,
        ),
        Part("eventgrid", _python("local.host.eventgrid", *events), environment, after=(addresses.functions,)),
    )


def parts(plan: Plan) -> tuple[Part, ...]:
    """Return all parts of the stack in the order of their start."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    neighbours = _neighbours(plan, environment)
    return (*neighbours, *_functions(plan, plan.app, environment)) if plan.app else neighbours
