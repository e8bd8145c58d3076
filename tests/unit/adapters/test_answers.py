"""What an answer means: later, never, and how long to wait."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from azure.core.exceptions import HttpResponseError, ServiceRequestError

from shared.adapters.answers import azure_refusal, refusal, retry_after
from shared.domain.errors import Rejected, Unavailable


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("0", timedelta(0)),
        ("37", timedelta(seconds=37)),
        (" 5 ", timedelta(seconds=5)),
        ("9" * 30, timedelta(days=1)),
        ("Thu, 01 Jan 1970 00:00:00 GMT", timedelta(0)),
        ("-5", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after(text: str, wait: timedelta | None) -> None:
    """Seconds and dates; never negative, never above a day; what is neither is none."""
    assert retry_after({"retry-AFTER": text}) == wait
    assert retry_after({}) is None


def test_a_date_is_the_time_until_then() -> None:
    """To the second, more or less."""
    wait = retry_after({"Retry-After": format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)})
    assert wait is not None
    assert timedelta(minutes=9) < wait <= timedelta(minutes=10)


@pytest.mark.parametrize("status", [401, 408, 429, 500, 502, 503, 504])
def test_later(status: int) -> None:
    """Busy, broken, and our own credential refused."""
    error = refusal("x", status, {"Retry-After": "3"})
    assert isinstance(error, Unavailable)
    assert error.retry_after == timedelta(seconds=3)


@pytest.mark.parametrize("status", [301, 400, 403, 404, 409, 413, 422])
def test_never(status: int) -> None:
    """Anything else, with nothing but the status."""
    error = refusal("x", status, {})
    assert isinstance(error, Rejected)
    assert error.reason == f"status {status}"


def test_no_answer_is_later() -> None:
    """An SDK that got no answer, or an answer without a status."""
    assert isinstance(azure_refusal("x", ServiceRequestError("secret@person.example")), Unavailable)
    assert isinstance(azure_refusal("x", HttpResponseError("odd")), Unavailable)
