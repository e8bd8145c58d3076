"""The mail and SMS stand-ins as the real SDK clients see them."""

import base64
import uuid
from typing import Any

import httpx
import pytest
from azure.communication.email.aio import EmailClient
from azure.communication.sms._generated.models import SendMessageRequest, SmsRecipient
from azure.communication.sms.aio import SmsClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError

from local.services.context import Context

SENDER = "DoNotReply@correspondence.example"


def message(to: str, **more: Any) -> dict[str, Any]:
    return {
        "senderAddress": SENDER,
        "recipients": {"to": [{"address": to}]},
        "content": {"subject": "Hello", "plainText": "Text", "html": "<p>Text</p>"},
        **more,
    }


def email_client(here: Context, key: str | None = None, **options: Any) -> EmailClient:
    return EmailClient(here.base_url, AzureKeyCredential(key or here.secrets.communication_access_key), **options)


def sms_client(here: Context) -> SmsClient:
    return SmsClient(here.base_url, AzureKeyCredential(here.secrets.communication_access_key))


async def test_a_mail_of_the_sdk_succeeds_and_is_listed(here: Context, http: httpx.AsyncClient) -> None:
    """A send of the real client, polled to its end, succeeds and is listed once with its attachments."""
    operation, to = str(uuid.uuid4()), f"{uuid.uuid4()}@person.example"
    content = base64.b64encode(b"12345").decode()
    files = [{"name": "letter.pdf", "contentType": "application/pdf", "contentInBase64": content}]
    async with email_client(here) as client:
        poller = await client.begin_send(message(to, attachments=files), operation_id=operation)
        assert (await poller.result())["status"] == "Succeeded"
    [mail] = (await http.get("/mail", params={"to": to.upper()})).json()
    assert mail.pop("at").endswith("Z")
    assert mail == {
        "id": operation,
        "operationId": operation,
        "from": SENDER,
        "to": [to],
        "subject": "Hello",
        "plainText": "Text",
        "html": "<p>Text</p>",
        "status": "Delivered",
        "attachments": [{"name": "letter.pdf", "size": 5}],
    }


async def test_an_address_with_a_plus_sign_is_found(here: Context, http: httpx.AsyncClient) -> None:
    """The filter finds an address with a plus sign, whether the caller has encoded it or not."""
    async with email_client(here) as client:
        await client.begin_send(message("kari+test@person.example"))
    for asked in ("kari+test@person.example", "kari%2Btest@person.example"):
        assert len((await http.get(f"/mail?to={asked}")).json()) == 1


async def test_a_repeated_operation_id_sends_nothing_more(here: Context, http: httpx.AsyncClient) -> None:
    """The same operation id again is accepted and adds no mail."""
    operation, to = str(uuid.uuid4()), f"{uuid.uuid4()}@person.example"
    async with email_client(here) as client:
        for _ in range(2):
            await client.begin_send(message(to), operation_id=operation)
    assert len((await http.get("/mail", params={"to": to})).json()) == 1


@pytest.mark.parametrize(
    ("to", "status", "words"),
    [("bounces@business.example", "Bounced", "refused"), ("fails@any.example", "Failed", "sent")],
)
async def test_magic_addresses(here: Context, http: httpx.AsyncClient, to: str, status: str, words: str) -> None:
    """Mail to a magic address is accepted, ends as Failed, and is listed as bounced or failed."""
    operation = str(uuid.uuid4())
    async with email_client(here) as client:
        poller = await client.begin_send(message(to), operation_id=operation)
        with pytest.raises(HttpResponseError, match=words):
            await poller.result()
    assert status in {mail["status"] for mail in (await http.get("/mail", params={"to": to})).json()}


async def test_a_wrong_key_is_refused(here: Context) -> None:
    """A request that was signed with another key gets 401."""
    async with email_client(here, base64.b64encode(b"another key").decode()) as client:
        with pytest.raises(HttpResponseError) as refusal:
            await client.begin_send(message("a@b.example"))
    assert refusal.value.status_code == 401


async def test_an_unsigned_request_is_refused(http: httpx.AsyncClient) -> None:
    """A request without a signature gets 401 in the service's error shape."""
    answer = await http.post("/emails:send?api-version=2025-09-01", json=message("a@b.example"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "Denied")


@pytest.mark.parametrize(
    "change",
    [
        {"senderAddress": "nobody"},
        {"content": {"subject": "Hello"}},
        {"recipients": {"to": []}},
        {"recipients": {"to": [{"address": f"{number}@b.example"} for number in range(51)]}},
        {"attachments": [{"name": "a.txt", "contentType": "text/plain", "contentInBase64": "?"}]},
    ],
)
async def test_a_bad_mail_is_refused(here: Context, change: dict[str, Any]) -> None:
    """What the service would not take gets 400."""
    async with email_client(here) as client:
        with pytest.raises(HttpResponseError) as refusal:
            await client.begin_send(message("a@b.example", **change))
    assert refusal.value.status_code == 400


async def test_throttling_on_request(here: Context, http: httpx.AsyncClient) -> None:
    """A planned fault answers 429 with Retry-After as many times as asked for, then all is well again."""
    fault = {"part": "email", "status": 429, "times": 2, "retryAfter": 0}
    assert (await http.post("/faults", json=fault)).status_code == 200
    to = f"{uuid.uuid4()}@person.example"
    async with email_client(here, retry_total=0) as client:
        for _ in range(2):
            with pytest.raises(HttpResponseError) as refusal:
                await client.begin_send(message(to))
            assert refusal.value.status_code == 429
        await client.begin_send(message(to))
    assert (await http.get("/faults")).json() == []
    assert len((await http.get("/mail", params={"to": to})).json()) == 1


async def test_an_answer_can_get_lost(here: Context, http: httpx.AsyncClient) -> None:
    """A call whose answer is planned to get lost has been carried out all the same."""
    await http.post("/faults", json={"part": "email", "lost": True})
    to = f"{uuid.uuid4()}@person.example"
    async with email_client(here, retry_total=0) as client:
        with pytest.raises(Exception, match="isconnected"):
            await client.begin_send(message(to))
    assert len((await http.get("/mail", params={"to": to})).json()) == 1


async def test_sms_of_the_sdk(here: Context, http: httpx.AsyncClient) -> None:
    """An SMS of the real client is accepted and listed, whether the filter has a plus sign, a space or neither."""
    async with sms_client(here) as client:
        [result] = await client.send(from_="Correspond", to=["+4741000001"], message="Hello")
    assert (result.successful, result.http_status_code) == (True, 202)
    for asked in ("+4741000001", "4741000001", "41000001"):
        [sms] = (await http.get(f"/sms?to={asked}")).json()
    assert {name: sms[name] for name in ("id", "from", "to", "message", "status")} == {
        "id": result.message_id,
        "from": "Correspond",
        "to": "+4741000001",
        "message": "Hello",
        "status": "Delivered",
    }


async def test_an_sms_that_fails(here: Context, http: httpx.AsyncClient) -> None:
    """The person whose SMS fails gets one, listed as failed, and the client learns it at once."""
    async with sms_client(here) as client:
        good, bad = await client.send(from_="Correspond", to=["+4740000001", "+4740000003"], message="Hello")
    assert (good.successful, bad.successful) == (True, False)
    assert {sms["status"] for sms in (await http.get("/sms", params={"to": "+4740000003"})).json()} == {"Failed"}


async def test_a_repeated_sms_request_adds_none(here: Context, http: httpx.AsyncClient) -> None:
    """The same repeatability id again gets the first message's id and adds no message."""
    recipient = SmsRecipient(to="+4741000002", repeatability_request_id=str(uuid.uuid4()))
    body = SendMessageRequest(from_property="Correspond", message="Hello", sms_recipients=[recipient])
    async with sms_client(here) as client:
        sent = [await client._sms_service_client.sms.send(body) for _ in range(2)]
    assert len({answer.value[0].message_id for answer in sent}) == 1
    assert len((await http.get("/sms", params={"to": "+4741000002"})).json()) == 1
