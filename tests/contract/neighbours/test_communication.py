"""E-mail and SMS against the stand-in that checks every signature, and the fakes under the same suite."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from aiohttp import web

from local.services.context import Context
from shared.adapters.email import CommunicationEmail
from shared.adapters.sms import CommunicationSms
from shared.domain.errors import Rejected, Unavailable
from shared.domain.forwarding import MAX_ATTACHED_BYTES
from shared.ports import EmailAttachment, EmailMessage, EmailOutcome, EmailSender, SmsSender
from tests.builders import NOW
from tests.contract.neighbours.answering import answering
from tests.fakes.neighbours import FakeEmail, FakeSms
from tests.servers import free_ports

SENDER = "DoNotReply@correspondence.example"


def mail(**changes: Any) -> EmailMessage:
    """A mail to somebody of its own."""
    valid = {
        "operation_id": str(uuid.uuid4()),
        "to": f"{uuid.uuid4()}@person.example",
        "subject": "Ny post",
        "plain_text": "Du har fått post.",
    }
    return EmailMessage(**{**valid, **changes})


def mobile() -> str:
    return f"+4791{uuid.uuid4().int % 10**6:06d}"


@pytest.fixture
async def email(here: Context) -> AsyncIterator[CommunicationEmail]:
    """The real adapter."""
    made = CommunicationEmail(here.base_url, here.secrets.communication_access_key, SENDER, None)
    yield made
    await made.close()


@pytest.fixture
async def sms(here: Context) -> AsyncIterator[CommunicationSms]:
    """The real adapter."""
    made = CommunicationSms(here.base_url, here.secrets.communication_access_key, "Example", None)
    yield made
    await made.close()


@pytest.fixture(params=["real", "fake"])
def any_email(request: pytest.FixtureRequest) -> EmailSender:
    """The real adapter and the fake."""
    real: EmailSender = request.getfixturevalue("email")
    return real if request.param == "real" else FakeEmail()


@pytest.fixture(params=["real", "fake"])
def any_sms(request: pytest.FixtureRequest) -> SmsSender:
    """The real adapter and the fake."""
    real: SmsSender = request.getfixturevalue("sms")
    return real if request.param == "real" else FakeSms()


async def fault(http: httpx.AsyncClient, part: str, **plan: Any) -> None:
    (await http.post("/faults", json={"part": part, **plan})).raise_for_status()


async def test_a_repeated_mail_is_fine(any_email: EmailSender) -> None:
    """The same operation id may be sent twice."""
    message = mail()
    await any_email.send(message)
    await any_email.send(message)


async def test_a_repeated_sms_is_fine(any_sms: SmsSender) -> None:
    """The same operation id may be sent twice."""
    operation, to = str(uuid.uuid4()), mobile()
    await any_sms.send(operation, to, "Du har post.", first_sent=NOW)
    await any_sms.send(operation, to, "Du har post.", first_sent=NOW)


async def test_a_mail_arrives_once(email: CommunicationEmail, http: httpx.AsyncClient) -> None:
    """Sent twice under one operation id, it is in the box once, with both bodies, from our sender."""
    message = mail(html="<p>Du har fått post.</p>")
    await email.send(message)
    await email.send(message)
    [arrived] = (await http.get("/mail", params={"to": message.to})).json()
    assert arrived["operationId"] == message.operation_id
    assert (arrived["subject"], arrived["plainText"], arrived["html"], arrived["from"]) == (
        message.subject,
        message.plain_text,
        message.html,
        SENDER,
    )


async def test_a_mail_carries_its_files(email: CommunicationEmail, http: httpx.AsyncClient) -> None:
    """By name and size, up to seven million bytes of them together: in base64 the service takes no more."""
    large = EmailAttachment(name="stort.pdf", media_type="application/pdf", content=bytes(MAX_ATTACHED_BYTES - 4))
    small = EmailAttachment(name="lite æ.txt", media_type="text/plain", content=b"text")
    message = mail(plain_text="æ" * 30_000, attachments=(large, small))
    await email.send(message)
    [arrived] = (await http.get("/mail", params={"to": message.to})).json()
    assert arrived["attachments"] == [{"name": file.name, "size": len(file.content)} for file in message.attachments]


async def test_a_mail_says_how_it_ended(any_email: EmailSender) -> None:
    """An accepted one has succeeded; an operation that nobody knows is refused."""
    message = mail()
    await any_email.send(message)
    assert await any_email.outcome(message.operation_id) is EmailOutcome.SUCCEEDED
    with pytest.raises(Rejected):
        await any_email.outcome(str(uuid.uuid4()))


@pytest.mark.parametrize(
    ("box", "ending"),
    [("bounce", EmailOutcome.FAILED), ("fail", EmailOutcome.FAILED), ("slow", EmailOutcome.RUNNING)],
)
async def test_a_mail_that_has_not_arrived_says_so(email: CommunicationEmail, box: str, ending: EmailOutcome) -> None:
    """Dropped ones have failed; one on its way is running."""
    message = mail(to=f"{box}-{uuid.uuid4()}@person.example")
    await email.send(message)
    assert await email.outcome(message.operation_id) is ending


async def test_nobody_knows_how_a_mail_ended_when_the_service_is_down() -> None:
    """No answer, and an answer that makes no sense, are Unavailable."""
    (port,) = free_ports(1)
    silent = CommunicationEmail(f"http://127.0.0.1:{port}", "a2V5", SENDER, None)
    with pytest.raises(Unavailable):
        await silent.outcome(str(uuid.uuid4()))
    await silent.close()


async def test_an_sms_arrives_once(sms: CommunicationSms, http: httpx.AsyncClient) -> None:
    """Sent twice under one operation id it arrives once; another operation id arrives again."""
    operation, to = str(uuid.uuid4()), mobile()
    for _ in range(2):
        await sms.send(operation, to, "Du har post.", first_sent=NOW)
    assert [one["message"] for one in (await http.get("/sms", params={"to": to})).json()] == ["Du har post."]
    await sms.send(str(uuid.uuid4()), to, "En gang til.", first_sent=NOW)
    assert len((await http.get("/sms", params={"to": to})).json()) == 2


async def test_concurrent_sms_keep_their_own_ids(sms: CommunicationSms, http: httpx.AsyncClient) -> None:
    """Eight at once, each sent twice under its own operation id, are eight."""
    numbers = {str(uuid.uuid4()): mobile() for _ in range(8)}
    sends = [sms.send(operation, to, "x", first_sent=NOW) for operation, to in numbers.items() for _ in range(2)]
    await asyncio.gather(*sends)
    for to in numbers.values():
        assert len((await http.get("/sms", params={"to": to})).json()) == 1


async def test_the_body_says_when_an_sms_was_first_sent() -> None:
    """Our id and the first time, as an HTTP date, are in the body that is signed, whatever the time is now."""
    bodies: list[Any] = []

    async def take(request: web.Request) -> web.Response:
        bodies.append(await request.json())
        result = {"to": "+4740000001", "messageId": "m", "httpStatusCode": 202, "successful": True}
        return web.json_response({"value": [result]}, status=202)

    async with answering(take) as url:
        sms = CommunicationSms(url, "c2VjcmV0", "Example", None)
        await sms.send("00000000-0000-0000-0000-000000000001", "+4740000001", "x", first_sent=NOW)
        await sms.close()
    [recipient] = bodies[0]["smsRecipients"]
    assert recipient["repeatabilityRequestId"] == "00000000-0000-0000-0000-000000000001"
    assert recipient["repeatabilityFirstSent"] == "Tue, 01 Dec 2026 12:00:00 GMT"


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_what_may_succeed_later_is_unavailable(
    status: int, email: CommunicationEmail, sms: CommunicationSms, http: httpx.AsyncClient
) -> None:
    """Busy and broken services are Unavailable with the wait they name; the next send goes through."""
    sends: dict[str, Callable[[], Awaitable[None]]] = {"email": lambda: email.send(mail()), "sms": lambda: _sms(sms)}
    for part, send in sends.items():
        await fault(http, part, status=status, retryAfter=37)
        with pytest.raises(Unavailable) as caught:
            await send()
        assert caught.value.retry_after == timedelta(seconds=37)
        await send()


async def test_what_never_succeeds_is_rejected(
    email: CommunicationEmail, sms: CommunicationSms, http: httpx.AsyncClient
) -> None:
    """A refused request is Rejected, and the error names neither address nor number nor text."""
    await fault(http, "email", status=400)
    message = mail()
    with pytest.raises(Rejected) as caught:
        await email.send(message)
    assert message.to not in f"{caught.value!r}{caught.value.__cause__!r}"
    with pytest.raises(Rejected) as refused:
        await sms.send(str(uuid.uuid4()), "40000001", "x", first_sent=NOW)
    assert "40000001" not in f"{refused.value!r}{refused.value.__cause__!r}"


async def test_a_number_that_cannot_receive_is_rejected(sms: CommunicationSms) -> None:
    """A 202 whose result for the recipient is no success is no success."""
    with pytest.raises(Rejected):
        await sms.send(str(uuid.uuid4()), "+4740000003", "x", first_sent=NOW)


async def test_a_recipient_that_is_throttled_is_unavailable() -> None:
    """A 202 with 429 for the recipient may succeed later."""

    async def throttle(_: web.Request) -> web.Response:
        result = {"to": "+4740000001", "httpStatusCode": 429, "successful": False, "errorMessage": "later"}
        return web.json_response({"value": [result]}, status=202)

    async with answering(throttle) as url:
        sms = CommunicationSms(url, "c2VjcmV0", "Example", None)
        with pytest.raises(Unavailable):
            await _sms(sms)
        await sms.close()


async def test_a_wrong_key_is_our_fault(here: Context) -> None:
    """A refused signature is Unavailable: no message is given up for a key that was rotated."""
    email = CommunicationEmail(here.base_url, "d3Jvbmc=", SENDER, None)
    with pytest.raises(Unavailable):
        await email.send(mail())
    await email.close()


async def test_a_lost_answer_and_a_dead_service_are_unavailable(
    email: CommunicationEmail, http: httpx.AsyncClient
) -> None:
    """No answer is Unavailable; the repeat after a lost one sends nothing more."""
    message = mail()
    await fault(http, "email", lost=True)
    with pytest.raises(Unavailable):
        await email.send(message)
    await email.send(message)
    assert len((await http.get("/mail", params={"to": message.to})).json()) == 1
    dead = CommunicationEmail(f"http://127.0.0.1:{free_ports(1)[0]}", "c2VjcmV0", SENDER, None)
    with pytest.raises(Unavailable):
        await dead.send(message)
    await dead.close()


async def _sms(sms: CommunicationSms) -> None:
    await sms.send(str(uuid.uuid4()), mobile(), "Du har post.", first_sent=NOW)
