"""What becomes of an e-mail and of an SMS is reported as Event Grid does it, and understood."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from local.addresses import HOST
from local.services.context import Context
from local.services.reports import PATH, SECRET_HEADER
from shared.adapters.email import CommunicationEmail
from shared.adapters.sms import CommunicationSms
from shared.domain.identifiers import CorrespondenceId
from shared.domain.notification import Failure
from shared.domain.notification_outcomes import DeliveryReport, tag_of
from shared.ports import EmailMessage
from shared.schemas.notification_reports import reports
from tests.builders import NOW, new_id

SENDER = "DoNotReply@correspondence.example"


@pytest.fixture
async def heard(here: Context) -> AsyncIterator[asyncio.Queue[DeliveryReport]]:
    """What the app is told, where it would listen; the first try of each report fails."""
    told: asyncio.Queue[DeliveryReport] = asyncio.Queue()
    seen: set[str] = set()

    async def listen(request: web.Request) -> web.Response:
        body = await request.read()
        assert request.headers[SECRET_HEADER] == here.secrets.notification_reports_secret
        [event] = json.loads(body)
        if event["id"] not in seen:
            seen.add(event["id"])
            return web.Response(status=503)
        for report in reports(body):
            assert isinstance(report, DeliveryReport)
            told.put_nowait(report)
        return web.json_response({})

    app = web.Application()
    app.add_routes([web.post(PATH, listen)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, here.addresses.functions).start()
    yield told
    await runner.cleanup()


@pytest.mark.parametrize(
    ("to", "delivered", "failure"),
    [("kari@person.example", True, None), ("bounces@business.example", False, Failure.BOUNCED)],
)
async def test_an_e_mail_is_reported(
    here: Context, heard: asyncio.Queue[DeliveryReport], to: str, delivered: bool, failure: Failure | None
) -> None:
    """Under the id of its operation, once however often it is sent."""
    email = CommunicationEmail(here.base_url, here.secrets.communication_access_key, SENDER, None)
    operation = str(uuid.uuid4())
    for _ in range(2):
        await email.send(EmailMessage(operation_id=operation, to=to, subject="Ny post", plain_text="Hei"))
    await email.close()
    async with asyncio.timeout(20):
        assert await heard.get() == DeliveryReport(notification=operation, delivered=delivered, failure=failure)
    assert heard.empty()


@pytest.mark.parametrize(("to", "delivered"), [("+4740000001", True), ("+4740000003", False)])
async def test_an_sms_is_reported(
    here: Context, heard: asyncio.Queue[DeliveryReport], to: str, delivered: bool
) -> None:
    """With the tag that says what it is about; a number that fails is accepted first."""
    sms = CommunicationSms(here.base_url, here.secrets.communication_access_key, "Example", None)
    about, notice = CorrespondenceId(new_id(to)), str(uuid.uuid4())
    await sms.send(notice, to, "Du har post.", first_sent=NOW, tag=tag_of(about, notice))
    await sms.close()
    async with asyncio.timeout(20):
        assert await heard.get() == DeliveryReport(notification=notice, delivered=delivered, about=about)
