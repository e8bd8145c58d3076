"""What the ZIP file of all attachments is called, what the files in it are called, and how long it is. Pure.

Source: wire contract 12.3.
"""

import re
import unicodedata
from collections.abc import Sequence

MAX_ZIP_BYTES = 2_000_000_000
"""The most that the files of one ZIP may be together; no record of it then needs the 64-bit form."""

MAX_NAME_BYTES = 255
_MAX_TITLE = 100
_UNTITLED = "correspondence-attachments"
_END_BYTES = 22
_ENTRY_BYTES = 76 + 16  # Both headers of a file without its name, and the descriptor behind its bytes.


def zip_name(title: str) -> str:
    """The title in small letters, digits and single dashes, at most 100 of them, or else a name that always fits."""
    dashed = re.sub(r"[^a-z0-9-]", "", title.lower().replace(" ", "-"))
    return f"{re.sub('-+', '-', dashed)[:_MAX_TITLE].strip('-') or _UNTITLED}.zip"


def entry_names(file_names: Sequence[str]) -> tuple[str, ...]:
    """A name for each file, none twice whatever its case, at most 255 bytes of UTF-8, its extension kept.

    The second `a.pdf` is `a(1).pdf`. Two spellings of one letter count as the same, as they do on many disks.
    """
    taken: set[str] = set()
    names: list[str] = []
    for file_name in file_names:
        stem, dot, last = file_name.rpartition(".")
        name, number = _fitting(stem, "", dot + last), 0
        while _folded(name) in taken:
            number += 1
            name = _fitting(stem, f"({number})", dot + last)
        taken.add(_folded(name))
        names.append(name)
    return tuple(names)


def zip_bytes(entries: Sequence[tuple[str, int]]) -> int:
    """The length of a ZIP of these files, each a name and its number of bytes (at least one), stored as they are."""
    return _END_BYTES + sum(size + _ENTRY_BYTES + 2 * len(name.encode()) for name, size in entries)


def _fitting(stem: str, mark: str, suffix: str) -> str:
    room = max(0, MAX_NAME_BYTES - len(f"{mark}{suffix}".encode()))
    return stem.encode()[:room].decode(errors="ignore") + mark + suffix


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
