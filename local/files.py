"""Files that must be whole at any moment, since every part of the stack may be killed at any moment."""

import os
import tempfile
from pathlib import Path

PRIVATE = 0o600
PRIVATE_FOLDER = 0o700


def private_folder(path: Path) -> Path:
    """Make `path` a folder that only its owner can read, and return it."""
    path.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    return path


def _written_beside(path: Path, text: str, mode: int) -> Path:
    private_folder(path.parent)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), mode)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


def replace(path: Path, text: str, *, mode: int = PRIVATE) -> None:
    """Make `text` the content of `path`; a reader sees the old content or the new one, never a part."""
    _written_beside(path, text, mode).replace(path)


def create_once(path: Path, text: str) -> str:
    """Return the content of `path`, which is `text` when nobody was first.

    Of several processes that call this at the same time one wins, and all get the winner's text.
    """
    beside = _written_beside(path, text, PRIVATE)
    try:
        path.hardlink_to(beside)
    except FileExistsError:
        return path.read_text(encoding="utf-8")
    finally:
        beside.unlink()
    return text
