"""Tokens that are given away."""

from shared.adapters.sealing import Tokens


def test_only_what_was_sealed_for_this_comes_back() -> None:
    """Any other text, purpose, key or change gives None."""
    seals = Tokens(bytes(32))
    token = seals.seal("2026-12-01 id", belongs_to="a search")
    assert seals.open(token, belongs_to="a search") == "2026-12-01 id"
    assert seals.open(token, belongs_to="another search") is None
    assert Tokens(b"1" * 32).open(token, belongs_to="a search") is None
    changed = [token[:n] + ("A" if sign != "A" else "B") + token[n + 1 :] for n, sign in enumerate(token[:-1])]
    for other in [*changed, token[:-4], token + "AAAA", "", "!", "\u00e9", "a"]:
        assert seals.open(other, belongs_to="a search") is None
