"""E-mail through Azure Communication Services."""

import asyncio
import base64
from datetime import timedelta

from azure.communication.email.aio import EmailClient
from azure.core.credentials import AzureKeyCredential
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest

from shared.adapters.answers import azure_refusal
from shared.domain.errors import Unavailable
from shared.ports.neighbours import EmailMessage, EmailOutcome

SEND_TIMEOUT = timedelta(seconds=20)
API_VERSION = "2025-09-01"
_NEIGHBOUR = "email"
_ENDINGS = {
    "Succeeded": EmailOutcome.SUCCEEDED,
    "Failed": EmailOutcome.FAILED,
    "Canceled": EmailOutcome.FAILED,
}
"""What each last status of an operation means; the others are on the way."""


class CommunicationEmail:
    """The port `EmailSender`. The client is made at the first send."""

    def __init__(self, endpoint: str, access_key: str, sender: str, credential: AsyncTokenCredential | None) -> None:
        """Sign with `access_key` (base64), or with `credential` when there is none.

        The endpoint is used as it is, so that http stays http on a local stack: connection strings always mean https.
        """
        self._endpoint = endpoint
        self._access_key = access_key
        self._sender = sender
        self._credential = credential
        self._client: EmailClient | None = None

    async def send(self, message: EmailMessage) -> None:
        """Return when it was accepted; the operation id makes a repeated call harmless. Delivery is not waited for.

        Raises Unavailable for 401, 408, 429, 5xx and when no answer comes, Rejected for any other refusal.
        """
        try:
            async with asyncio.timeout(SEND_TIMEOUT.total_seconds()):
                await self._opened().begin_send(
                    _body(self._sender, message), operation_id=message.operation_id, polling=False
                )
        except AzureError as error:
            raise azure_refusal(_NEIGHBOUR, error) from None  # The cause may quote the address.
        except TimeoutError as error:
            raise Unavailable(_NEIGHBOUR) from error

    async def outcome(self, operation_id: str) -> EmailOutcome:
        """How far the e-mail of this operation id has come. Raises Unavailable, and Rejected when it is unknown."""
        asked = HttpRequest("GET", f"/emails/operations/{operation_id}", params={"api-version": API_VERSION})
        try:
            async with asyncio.timeout(SEND_TIMEOUT.total_seconds()):
                answer = await self._opened().send_request(asked)
                answer.raise_for_status()
                status = answer.json()["status"]
        except AzureError as error:
            raise azure_refusal(_NEIGHBOUR, error) from None
        except (TimeoutError, ValueError, LookupError, TypeError) as error:
            raise Unavailable(_NEIGHBOUR) from error
        return _ENDINGS.get(status, EmailOutcome.RUNNING)

    async def close(self) -> None:
        """Close the client, if there is one."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _opened(self) -> EmailClient:
        if self._client is None:
            credential = AzureKeyCredential(self._access_key) if self._access_key else self._credential
            if credential is None:
                raise ValueError("an access key or a credential is needed")
            # No retries inside: the SDK would sleep for as long as Retry-After says; the agenda does that better.
            self._client = EmailClient(self._endpoint, credential, api_version=API_VERSION, retry_total=0)
        return self._client


def _body(sender: str, message: EmailMessage) -> dict[str, object]:
    content = {"subject": message.subject, "plainText": message.plain_text}
    if message.html is not None:
        content["html"] = message.html
    body: dict[str, object] = {
        "senderAddress": sender,
        "content": content,
        "recipients": {"to": [{"address": message.to}]},
        "userEngagementTrackingDisabled": True,
    }
    files = [
        {"name": file.name, "contentType": file.media_type, "contentInBase64": base64.b64encode(file.content).decode()}
        for file in message.attachments
    ]
    return body | ({"attachments": files} if files else {})
