"""Storage: Microsoft's emulator Azurite, the real one from npm, on a folder that stays."""

from pathlib import Path

from local.addresses import HOST, ROOT, Addresses

PACKAGE = ROOT / "node_modules" / "azurite" / "package.json"
_JOURNAL = ROOT / "local" / "azurite_journal.cjs"
_MAIN = ROOT / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"


def command(addresses: Addresses, state: Path | None) -> list[str]:
    """Return the command line that serves blobs, queues and tables from `state`, or from memory only.

    The journal that is loaded with it keeps what Azurite by itself would lose when it is killed: up to five seconds.
    From memory it takes any number of rows without a pause; on disk it writes all of them every five seconds.
    """
    ports = {"blob": addresses.blob, "queue": addresses.queue, "table": addresses.table}
    listening = [word for name, port in ports.items() for word in (f"--{name}Host", HOST, f"--{name}Port", str(port))]
    quiet = ["--skipApiVersionCheck", "--silent", "--disableTelemetry"]
    kept = ["--inMemoryPersistence"] if state is None else ["--location", str(state / "azurite")]
    return ["node", "--require", str(_JOURNAL), str(_MAIN), *kept, *listening, *quiet]
