"""An app with every trigger but HTTP; each function notes what it was given, for the host's tests to read."""

import asyncio
import json
import logging
import os
import time
import typing
from pathlib import Path

import azure.functions as func
import azurefunctions.extensions.bindings.blob as blob

app = func.FunctionApp()
if os.environ.get("OWN_LOG"):
    logging.getLogger("app").warning("imported")


def note(function: str, **what: typing.Any) -> None:
    """Append one line to the file that the tests read."""
    with Path(os.environ["NOTES"]).open("a", encoding="utf-8") as notes:
        notes.write(json.dumps({"function": function, "at": time.time(), **what}) + "\n")


@app.timer_trigger("timer", schedule="%DAILY%")
def daily(timer: func.TimerRequest) -> None:
    note("daily", past_due=timer.past_due, status=timer.schedule_status)


@app.timer_trigger("timer", schedule="* * * * * *")
async def sweep(timer: func.TimerRequest) -> None:
    note("sweep", past_due=timer.past_due)


@app.timer_trigger("timer", schedule="0 0 4 29 2 *", run_on_startup=True)
def at_start(timer: func.TimerRequest) -> None:
    note("at_start", past_due=timer.past_due)


@app.timer_trigger("timer", schedule="0 0 4 29 2 *")
@app.retry(strategy="fixed_delay", max_retry_count="2", delay_interval="00:00:01")
def stubborn(timer: func.TimerRequest, context: func.Context) -> None:
    note("stubborn", attempt=context.retry_context.retry_count, attempts=context.retry_context.max_retry_count)
    raise RuntimeError("never works")


@app.blob_trigger("client", path="incoming/{folder}/{name}", connection="Data", source="EventGrid")
async def arrived(client: blob.BlobClient) -> None:
    content = await asyncio.to_thread(lambda: client.download_blob().readall())
    note("arrived", name=client.blob_name, length=len(content))
    if content == b"poison":
        raise RuntimeError("not this one")


@app.blob_trigger("data", path="read/{name}", connection="Data", source="EventGrid")
def whole(data: func.InputStream) -> None:
    note("whole", name=data.name, length=data.length, uri=data.uri, text=data.read().decode())


@app.blob_trigger("data", path="polled/{name}.txt", connection="Data")
def polled(data: func.InputStream) -> None:
    note("polled", name=data.name)


@app.queue_trigger("message", queue_name="jobs", connection="Data")
@app.service_bus_queue_output("out", queue_name="forwarded", connection="Bus")
@app.blob_output("copy", path="copies/{id}.txt", connection="Data")
def jobs(message: func.QueueMessage, out: func.Out[str], copy: func.Out[str]) -> None:
    text = message.get_body().decode()
    note("jobs", text=text, tries=message.dequeue_count)
    if "bad" in text:
        raise RuntimeError("bad job")
    out.set(text.upper())
    copy.set(text)


@app.service_bus_queue_trigger("message", queue_name="forwarded", connection="Bus")
@app.queue_output("out", queue_name="results", connection="Data")
def forwarded(message: func.ServiceBusMessage, out: func.Out[str]) -> None:
    note("forwarded", text=message.get_body().decode(), content_type=message.content_type)
    out.set("done")


@app.service_bus_queue_trigger("message", queue_name="orders", connection="Bus")
async def orders(message: func.ServiceBusMessage) -> None:
    body = message.get_body().decode()
    note(
        "orders",
        body=body,
        id=message.message_id,
        delivery=message.delivery_count,
        subject=message.subject,
        label=message.label,
        correlation=message.correlation_id,
        properties=message.application_properties,
        user_properties=message.user_properties,
        sequence=message.sequence_number,
        enqueued=message.enqueued_time_utc.isoformat(),
        lock=message.lock_token,
    )
    if body == "bad":
        raise RuntimeError("bad order")
    if body == "wait":
        await asyncio.sleep(0.5)
        note("orders-end", body=body)


@app.service_bus_queue_trigger("message", queue_name="slow", connection="Bus")
async def slow(message: func.ServiceBusMessage) -> None:
    note("slow", delivery=message.delivery_count)
    await asyncio.sleep(7)
    note("slow-end", delivery=message.delivery_count)


@app.service_bus_queue_trigger("message", queue_name="held", connection="Bus")
async def held(message: func.ServiceBusMessage) -> None:
    note("held")
    await asyncio.sleep(25)


@app.service_bus_queue_trigger("message", queue_name="orders/$DeadLetterQueue", connection="Bus")
def dead_orders(message: func.ServiceBusMessage) -> None:
    note("dead_orders", body=message.get_body().decode(), reason=message.dead_letter_reason)


@app.service_bus_queue_trigger("messages", queue_name="many", connection="Bus", cardinality="many")
def batch(messages: typing.List[func.ServiceBusMessage]) -> None:  # noqa: UP006 - the runtime refuses list[...]
    note("batch", bodies=[message.get_body().decode() for message in messages], ids=[m.message_id for m in messages])


@app.service_bus_queue_trigger("message", queue_name="conversations", connection="Bus", is_sessions_enabled=True)
def conversations(message: func.ServiceBusMessage) -> None:
    note("conversations", session=message.session_id, body=message.get_body().decode())


@app.service_bus_topic_trigger("message", topic_name="facts", subscription_name="all", connection="Bus")
@app.retry(strategy="fixed_delay", max_retry_count="5", delay_interval="00:00:01")
def facts(message: func.ServiceBusMessage) -> None:
    note("facts", body=message.get_body().decode(), delivery=message.delivery_count)
    raise RuntimeError("cannot")


@app.service_bus_topic_trigger(
    "message", topic_name="facts", subscription_name="all/$DeadLetterQueue", connection="Bus"
)
def dead_facts(message: func.ServiceBusMessage) -> None:
    note("dead_facts", body=message.get_body().decode(), reason=message.dead_letter_reason)
