"""Names are shown as people write them."""

import pytest

from shared.domain.names import title_cased


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("KARI PRØVE", "Kari Prøve"),
        ("kari prøve", "Kari Prøve"),
        ("ÅSE-MARIE O'NEIL", "Åse-Marie O'neil"),
        ("FIRMA 3B, AVDELING ØST", "Firma 3B, Avdeling Øst"),
        ("Prøvebedriften AS", "Prøvebedriften AS"),
        ("Leif von Test", "Leif von Test"),
        ("", ""),
    ],
)
def test_a_name_in_capitals_is_title_cased(name: str, shown: str) -> None:
    """One in mixed case is somebody's own spelling."""
    assert title_cased(name) == shown
