"""Storage: Microsoft's emulator Azurite, the real one from npm, on a folder that stays."""

from pathlib import Path

from local.addresses import HOST, ROOT, Addresses

PACKAGE = ROOT / "node_modules" / "azurite" / "package.json"
_JOURNAL = ROOT / "local" / "azurite_journal.cjs"
_MAIN = ROOT / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"


def command(addresses: Addresses, state: Path) -> list[str]:
    """Return the command line that serves blobs, queues and tables from `state`.

    The journal that is loaded with it keeps what Azurite by itself would lose when it is killed: up to five seconds.
    """
    ports = {"blob": addresses.blob, "queue": addresses.queue, "table": addresses.table}
    listening = [word for name, port in ports.items() for word in (f"--{name}Host", HOST, f"--{name}Port", str(port))]
    quiet = ["--skipApiVersionCheck", "--silent", "--disableTelemetry"]
    return ["node", "--require", str(_JOURNAL), str(_MAIN), "--location", str(state / "azurite"), *listening, *quiet]
