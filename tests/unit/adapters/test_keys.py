"""Keys of partitions and rows."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters.keys import after_prefix, escape, reversed_time, shard_of, short_hash, spread
from shared.adapters.months import month_of, months_back, next_month
from tests.builders import NOW


@pytest.mark.parametrize("text", ["a/b", "a\\b", "a#b", "a?b", "a%b", "a'b", "a+b", " ", "æ", "\x00", "~2f", "🎉", "|"])
def test_no_sign_with_a_meaning_stands_in_a_key(text: str) -> None:
    """What is left is plain, and different texts stay different."""
    assert re.fullmatch(r"[A-Za-z0-9\-_.:@~]+", escape(text))
    assert escape(text) != escape(text + "x") != escape("x" + text)


def test_plain_texts_stay_as_they_are() -> None:
    """URNs, ids and addresses can be read in the tables."""
    for text in ("urn:altinn:person:idporten-email:a.b@c-d.no", "0190-AZ_az", "310001007"):
        assert escape(text) == text


def test_escapes_are_never_mistaken_for_what_they_stand_for() -> None:
    """A text that looks like an escape is escaped itself."""
    assert escape("~2f") != escape("/")


def test_later_times_sort_first() -> None:
    """Exactly to the microsecond; extreme ones are taken for the nearest that can be kept."""
    just = timedelta(microseconds=1)
    times = [datetime(1970, 1, 1, 1, tzinfo=UTC), NOW - just, NOW, NOW + just, datetime(5000, 1, 1, tzinfo=UTC)]
    keys = [reversed_time(at) for at in times]
    assert sorted(keys, reverse=True) == keys
    assert len(set(keys)) == len(keys)
    assert reversed_time(NOW, earlier=1) == reversed_time(NOW - just)
    for extreme in (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)):
        assert len(reversed_time(extreme)) == 17


def test_ids_that_grow_with_time_are_spread() -> None:
    """Four hex digits of a hash come first; the id can still be read."""
    partitions = {spread(f"0190-{n:04d}")[:4] for n in range(100)}
    assert len(partitions) > 90
    assert spread("x").endswith("-x")
    assert {shard_of(str(n), 4) for n in range(100)} == {0, 1, 2, 3}
    assert shard_of("x", 4) == shard_of("x", 4)
    assert len(short_hash("\ud800")) == 32


def test_a_prefix_ends_before_what_follows_it() -> None:
    """Every key with the prefix is below, the next prefix is not."""
    assert "h:" <= "h:9999999999" < after_prefix("h:") <= "i"


def test_months_follow_each_other() -> None:
    """Over the turn of a year, in both directions."""
    assert month_of(datetime(2026, 3, 1, tzinfo=UTC)) == "202603"
    assert (next_month("202611"), next_month("202612")) == ("202612", "202701")
    assert months_back("202702", "202611") == ["202702", "202701", "202612", "202611"]
    assert months_back("202611", "202612") == []
