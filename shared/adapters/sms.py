"""SMS through Azure Communication Services."""

import asyncio
import json
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from azure.communication.sms.aio import SmsClient
from azure.core.credentials import AzureKeyCredential
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy

from shared.adapters.answers import azure_refusal, refusal
from shared.domain.errors import Unavailable

SEND_TIMEOUT = timedelta(seconds=20)
_NEIGHBOUR = "sms"


@dataclass(frozen=True, slots=True)
class _Repeatability:
    """What makes a repeated send known as the same one."""

    operation_id: str
    first_sent: datetime


_repeatability: ContextVar[_Repeatability] = ContextVar("sms_repeatability")


class _RepeatabilityPolicy(SansIOHTTPPolicy[Any, Any]):
    """Writes our operation id into the body. The SDK makes a fresh one at every call, which would defeat a repeat.

    It runs as a policy per call, before the retry and the signing policies, so that what is signed is what is sent.
    """

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Replace id and first-sent time of every recipient."""
        ours = _repeatability.get()
        body = json.loads(request.http_request.body)
        for recipient in body["smsRecipients"]:
            recipient["repeatabilityRequestId"] = ours.operation_id
            recipient["repeatabilityFirstSent"] = format_datetime(ours.first_sent.astimezone(UTC), usegmt=True)
        request.http_request.set_json_body(body)


class CommunicationSms:
    """The port `SmsSender`. The client is made at the first send."""

    def __init__(self, endpoint: str, access_key: str, sender: str, credential: AsyncTokenCredential | None) -> None:
        """Sign with `access_key` (base64), or with `credential` when there is none; http endpoints stay http."""
        self._endpoint = endpoint
        self._access_key = access_key
        self._sender = sender
        self._credential = credential
        self._client: SmsClient | None = None

    async def send(self, operation_id: str, to: str, text: str, *, first_sent: datetime, tag: str = "") -> None:
        """Return when it was accepted for this recipient; the same id and `first_sent` again send nothing.

        With a `tag` a report of its delivery is asked for.

        Raises Unavailable for 401, 408, 429, 5xx and when no answer comes, Rejected for any other refusal.
        """
        token = _repeatability.set(_Repeatability(operation_id, first_sent))
        try:
            async with asyncio.timeout(SEND_TIMEOUT.total_seconds()):
                results = await self._opened().send(
                    from_=self._sender, to=[to], message=text, enable_delivery_report=bool(tag), tag=tag or None
                )
        except AzureError as error:
            raise azure_refusal(_NEIGHBOUR, error) from None  # The cause may quote the number.
        except TimeoutError as error:
            raise Unavailable(_NEIGHBOUR) from error
        finally:
            _repeatability.reset(token)
        for result in results:
            if result.successful is not True:
                raise refusal(_NEIGHBOUR, result.http_status_code or 500, {})

    async def close(self) -> None:
        """Close the client, if there is one."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _opened(self) -> SmsClient:
        if self._client is None:
            credential = AzureKeyCredential(self._access_key) if self._access_key else self._credential
            if credential is None:
                raise ValueError("an access key or a credential is needed")
            # No retries inside: the SDK would sleep for as long as Retry-After says; the agenda does that better.
            self._client = SmsClient(
                self._endpoint, credential, retry_total=0, per_call_policies=[_RepeatabilityPolicy()]
            )
        return self._client
