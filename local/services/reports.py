"""What Event Grid does for Communication Services: it tells the app what became of each e-mail and SMS."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web

from local.clock import as_exact_text
from local.services.context import Context, context

EMAIL = "Microsoft.Communication.EmailDeliveryReportReceived"
SMS = "Microsoft.Communication.SMSDeliveryReportReceived"
PATH = "/correspondence/api/v1/webhooks/notificationreports"
SECRET_HEADER = "X-Webhook-Secret"
_WAITS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
_UNDER_WAY: web.AppKey[set[asyncio.Task[None]]] = web.AppKey("reports", set)


async def running(app: web.Application) -> AsyncIterator[None]:
    """Reports go out as long as the server runs."""
    app[_UNDER_WAY] = set()
    yield
    for task in app[_UNDER_WAY]:
        task.cancel()


def tell(request: web.Request, kind: str, data: dict[str, object], *, after_seconds: float = 0) -> None:
    """Report it in a while, again and again for a minute while the app does not take it."""
    here = context(request)
    event: dict[str, object] = {
        "id": str(uuid.uuid4()),
        "topic": "/subscriptions/0/resourceGroups/local/providers/Microsoft.Communication/CommunicationServices/local",
        "subject": f"message/{data['messageId']}",
        "eventType": kind,
        "eventTime": as_exact_text(here.clock.now()),
        "dataVersion": "1.0",
        "metadataVersion": "1",
        "data": data,
    }
    under_way = request.app[_UNDER_WAY]
    task = asyncio.create_task(_post(here, event, after_seconds))
    under_way.add(task)
    task.add_done_callback(under_way.discard)


async def _post(here: Context, event: dict[str, object], after_seconds: float) -> None:
    headers = {SECRET_HEADER: here.secrets.notification_reports_secret}
    timeout = aiohttp.ClientTimeout(total=20)
    await asyncio.sleep(after_seconds)
    async with aiohttp.ClientSession(here.addresses.functions_url, headers=headers, timeout=timeout) as session:
        for wait in _WAITS:
            await asyncio.sleep(wait)
            try:
                async with session.post(PATH, json=[event]) as answer:
                    if answer.status < 500 and answer.status not in {404, 408, 429}:  # 404: the app is starting
                        return
            except (aiohttp.ClientError, TimeoutError):
                continue
