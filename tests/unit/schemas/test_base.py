"""How names, numbers, flags and times are read and written."""

from datetime import UTC, datetime

import pytest

from shared.domain.errors import InvalidRequest
from shared.schemas.base import Answer, Flag, Guid, Number, Time, Wire
from shared.schemas.enums import ChannelIn


class Sample(Wire):
    """One member of each kind."""

    when_it_was: Time | None = None
    is_so: Flag = False
    how_many: Number | None = None
    which: Guid | None = None
    channel: ChannelIn | None = None


class Written(Answer):
    """One time and one null."""

    at: Time
    nothing: None = None


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-12-01T12:00:00Z", datetime(2026, 12, 1, 12, tzinfo=UTC)),
        ("2026-12-01T13:00:00.1234567+01:00", datetime(2026, 12, 1, 12, 0, 0, 123456, tzinfo=UTC)),
        ("2026-12-01T12:00:00", datetime(2026, 12, 1, 12, tzinfo=UTC)),
        ("2026-12-01", datetime(2026, 12, 1, tzinfo=UTC)),
        ("12/01/2026 13:00:00 +01:00", datetime(2026, 12, 1, 12, tzinfo=UTC)),
        ("12/01/2026 10:00:00 -02:00", datetime(2026, 12, 1, 12, tzinfo=UTC)),
        ("12/01/2026 12:00:00", datetime(2026, 12, 1, 12, tzinfo=UTC)),
    ],
)
def test_times_are_read_to_utc(text: str, instant: datetime) -> None:
    """ISO 8601, and the default form of .NET that forms hold; without an offset it is UTC."""
    found = Sample.read({"whenItWas": text}).when_it_was
    assert (found, found and found.utcoffset()) == (instant, instant.utcoffset())


@pytest.mark.parametrize(
    "faulty",
    [
        {"whenItWas": "tomorrow"},
        {"whenItWas": 1764590400},
        {"whenItWas": "2026-13-01"},
        {"whenItWas": "0001-01-01T00:00:00+14:00"},
        {"isSo": "yes"},
        {"isSo": 1},
        {"isSo": None},
        {"howMany": True},
        {"howMany": 1.5},
        {"howMany": "x"},
        {"which": "42"},
        {"channel": "Pigeon"},
        {"channel": 5},
        {"channel": True},
        {"channel": "-1"},
    ],
)
def test_what_cannot_be_read_is_a_fault_with_its_path(faulty: dict[str, object]) -> None:
    """One fault, under the member's wire name, without the framework's own words."""
    with pytest.raises(InvalidRequest) as caught:
        Sample.read(faulty)
    assert [fault.path for fault in caught.value.faults] == list(faulty)
    assert "Value error" not in caught.value.faults[0].message


def test_names_may_be_in_any_case_and_unknown_ones_are_ignored() -> None:
    """Numbers and flags may be text; enums may be a name in any case, a number, or a number as text."""
    sample = Sample.read({"ISSO": "True", "howmany": "14", "Channel": "sMS", "allowSystemDeleteAfter": "x"})
    assert (sample.is_so, sample.how_many, sample.channel) == (True, 14, "Sms")
    assert Sample.read({"channel": 3}).channel == Sample.read({"channel": "3"}).channel == "SmsPreferred"


def test_a_body_that_is_no_object_is_a_fault_of_the_whole() -> None:
    """It stands under `$`."""
    with pytest.raises(InvalidRequest) as caught:
        Sample.read([])
    assert caught.value.faults[0].path == "$"


def test_answers_write_nulls_and_the_offset() -> None:
    """Never `Z`, never left out."""
    written = Written(at=datetime(2026, 12, 1, 12, tzinfo=UTC)).model_dump_json()
    assert written == '{"at":"2026-12-01T12:00:00+00:00","nothing":null}'
