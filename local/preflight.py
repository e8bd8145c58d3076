"""What must be there before a stack can start. Imports nothing that may be missing itself."""

import importlib.util
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from local import azurite
from local.addresses import HOST, Addresses

NODE_MAJOR = 20
_PACKAGES = {
    "aiohttp": "aiohttp",
    "azure_functions_runtime": "azure-functions-runtime",
    "azure.functions": "azure-functions",
    "azure.storage.blob": "azure-storage-blob",
    "jsonpatch": "jsonpatch",
    "jwt": "PyJWT",
    "pydantic": "pydantic",
}


def faults(addresses: Addresses, *, app: Path | None, engine: str) -> list[str]:
    """Return everything that stands in the way, each as one sentence that says what to do.

    `app` is the folder of the Functions app, None when the stack shall run without one.
    """
    return [*_missing(app, engine), *busy_ports(addresses)]


def _missing(app: Path | None, engine: str) -> Iterator[str]:
    if sys.version_info < (3, 13):  # noqa: UP036  somebody may start this with another Python
        yield "Python 3.13 is needed; make a virtual environment with it and install requirements-dev.txt there."
    yield from _missing_packages()
    yield from _missing_node()
    if app and not (app / "function_app.py").exists():
        yield f"There is no function_app.py in {app}; name its folder with --app, or leave it out with --no-functions."
    if app and engine == "func" and not shutil.which("func"):
        yield "Azure Functions Core Tools (func) are not on the PATH; install them, or leave HOST unset."


def _missing_packages() -> Iterator[str]:
    missing = [package for module, package in _PACKAGES.items() if not _importable(module)]
    if missing:
        yield f"Python packages are missing ({', '.join(missing)}); run: pip install -r requirements-dev.txt"


def _importable(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _missing_node() -> Iterator[str]:
    node = shutil.which("node")
    if node is None:
        yield f"Node.js is not on the PATH; install Node.js {NODE_MAJOR} or newer, which Azurite needs."
        return
    asked = subprocess.run([node, "--version"], capture_output=True, text=True, check=False, timeout=20)
    major = asked.stdout.strip().lstrip("v").partition(".")[0]
    if not major.isdecimal() or int(major) < NODE_MAJOR:
        yield f"Node.js {NODE_MAJOR} or newer is needed, not {asked.stdout.strip() or 'an unknown version'}; update it."
    if not azurite.PACKAGE.exists():
        yield "Azurite is not installed; run: npm ci"


def busy_ports(addresses: Addresses) -> Iterable[str]:
    """Return one sentence for every port of the block that something else listens on."""
    for name, port in addresses.named().items():
        if not is_free(port):
            yield (
                f"Port {port} ({name}) is in use; stop what listens there, or choose other ports with PORT_BASE, "
                f"for example PORT_BASE={addresses.port_base + 100}."
            )


def is_free(port: int) -> bool:
    """Tell whether one could listen on this port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Tell whether something takes connections on this port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
