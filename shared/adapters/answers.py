"""What an HTTP answer of a neighbour means for us: later, never, or how long to wait."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from azure.core.exceptions import AzureError, HttpResponseError

from shared.domain.errors import Rejected, Unavailable

_LONGEST_WAIT = timedelta(days=1)  # What a neighbour asks for beyond this is taken for a mistake.


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """The wait that a `Retry-After` header asks for, as seconds or as an HTTP date; None without a usable one.

    Never negative and never above a day. A date is judged by real time, as its sender meant it.
    """
    text = next((value for name, value in headers.items() if name.lower() == "retry-after"), "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), _LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return min(max(at - datetime.now(UTC), timedelta(0)), _LONGEST_WAIT)


def may_succeed_later(status: int) -> bool:
    """True when the same request may be taken another time.

    401 counts too: it is our credential that was refused, not what we asked for.
    """
    return status in {401, 408, 429} or status >= 500


def refusal(neighbour: str, status: int, headers: Mapping[str, str]) -> Unavailable | Rejected:
    """The error for an answer that is no success. Its text holds the status only."""
    if may_succeed_later(status):
        return Unavailable(neighbour, retry_after=retry_after(headers))
    return Rejected(neighbour, f"status {status}")


def azure_refusal(neighbour: str, error: AzureError) -> Unavailable | Rejected:
    """The error for what an Azure SDK raised: an answer is judged by its status, anything else is no answer."""
    if isinstance(error, HttpResponseError) and error.response is not None and error.status_code:
        headers: Mapping[str, str] = getattr(error.response, "headers", {})
        return refusal(neighbour, error.status_code, headers)
    return Unavailable(neighbour)
