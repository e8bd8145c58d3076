"""Names of ZIP files and of what is in them."""

import io
import random
import zipfile

import pytest

from shared.domain.zip_names import MAX_NAME_BYTES, entry_names, zip_bytes, zip_name


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Vedtak om Støtte 2026", "vedtak-om-sttte-2026.zip"),
        ("  -- a  -  b --", "a-b.zip"),
        ("ÆØÅ", "correspondence-attachments.zip"),
        ("", "correspondence-attachments.zip"),
        ("../../etc/passwd", "etcpasswd.zip"),
        ("x" * 300, "x" * 100 + ".zip"),
        ("a" * 99 + " b", "a" * 99 + ".zip"),
        ('";\r\nSet-Cookie: a=b', "set-cookie-ab.zip"),
    ],
)
def test_a_zip_is_called_after_the_title(title: str, name: str) -> None:
    """Small letters, digits and single dashes, at most a hundred, never nothing."""
    assert zip_name(title) == name


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["a.pdf", "b.pdf"], ["a.pdf", "b.pdf"]),
        (["a.pdf", "A.PDF", "a.pdf"], ["a.pdf", "A(1).PDF", "a(2).pdf"]),
        (["a.pdf", "a.pdf", "a(1).pdf"], ["a.pdf", "a(1).pdf", "a(1)(1).pdf"]),
        (["a(1).pdf", "a.pdf", "a.pdf"], ["a(1).pdf", "a.pdf", "a(2).pdf"]),
        (["a\u0301.txt", "\u00e1.txt"], ["a\u0301.txt", "\u00e1(1).txt"]),
        ([".pdf", ".pdf"], [".pdf", "(1).pdf"]),
        (["straße.txt", "STRASSE.txt"], ["straße.txt", "STRASSE(1).txt"]),
    ],
)
def test_no_name_is_there_twice(files: list[str], names: list[str]) -> None:
    """Whatever its case or the way its letters are made up."""
    assert entry_names(files) == tuple(names)


@pytest.mark.parametrize("letter", ["x", "ø", "漢", "😀"])
def test_a_long_name_is_cut_between_letters(letter: str) -> None:
    """At most 255 bytes, the extension kept, also with a number before it."""
    names = entry_names([letter * 250 + ".pdf"] * 12)
    assert all(name.endswith(".pdf") and len(name.encode()) <= MAX_NAME_BYTES for name in names)
    assert len(set(names)) == 12
    assert all(len(name.encode()) > MAX_NAME_BYTES - 4 for name in names)


def test_the_length_is_that_of_the_archive() -> None:
    """To the byte, for any names and sizes."""
    chance = random.Random(7)
    letters = "aZ1 .(øß漢😀"
    for _ in range(50):
        files = ["".join(chance.choices(letters, k=chance.randint(1, 300))) + ".pdf" for _ in range(10)]
        entries = [(name, chance.randint(1, 2000)) for name in entry_names(files)]
        kept = io.BytesIO()
        with zipfile.ZipFile(_Unseekable(kept), "w") as archive:  # type: ignore[arg-type]
            for name, size in entries:
                with archive.open(zipfile.ZipInfo(name), "w") as entry:
                    entry.write(bytes(size))
        assert zip_bytes(entries) == len(kept.getvalue())


class _Unseekable:
    def __init__(self, kept: io.BytesIO) -> None:
        self.write, self.flush = kept.write, kept.flush
