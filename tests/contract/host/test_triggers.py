"""Timers, blobs, queues and Service Bus through the host, against the storage emulator and the embedded broker."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.servicebus import ServiceBusClient, ServiceBusMessage
from azure.storage.blob import BlobServiceClient, ContainerClient
from azure.storage.queue import QueueClient, QueueMessage

from tests.contract.host.running import Notes, RunningHost, eventually, running_host

WEBHOOK = "/runtime/webhooks/blobs"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("triggers")


@pytest.fixture(scope="module")
def notes(folder: Path) -> Notes:
    return Notes(folder / "notes")


@pytest.fixture(scope="module")
def values(folder: Path, storage: str, bus: str) -> dict[str, str]:
    return {
        "NOTES": str(folder / "notes"),
        "DAILY": "0 0 3 * * *",
        "AzureWebJobsStorage": storage,
        "AzureFunctionsWebHost__hostid": "triggers",
        "Data": storage,
        "Bus": bus,
    }


@pytest.fixture(scope="module")
def host(folder: Path, values: dict[str, str]) -> Iterator[RunningHost]:
    blobs = BlobServiceClient.from_connection_string(values["Data"])
    for name in ("incoming", "read", "polled"):
        blobs.create_container(name)
    with running_host("triggers", folder, values, options=("--clock-offset-file", str(folder / "offset"))) as running:
        yield running


@pytest.fixture(scope="module")
def sender(host: RunningHost, values: dict[str, str]) -> Iterator[ServiceBusClient]:
    with ServiceBusClient.from_connection_string(values["Bus"]) as client:
        with client.get_queue_sender("slow") as slow:
            slow.send_messages(ServiceBusMessage("first of all, since it takes longest"))
        yield client


@pytest.fixture
def client(host: RunningHost) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=host.url, timeout=20) as session:
        yield session


def container(storage: str, name: str) -> ContainerClient:
    return BlobServiceClient.from_connection_string(storage).get_container_client(name)


def queue(storage: str, name: str) -> QueueClient:
    return QueueClient.from_connection_string(storage, name)


def received(storage: str, name: str) -> list[QueueMessage]:
    """Take what lies in a queue; nothing when the queue is not there yet."""
    try:
        return list(queue(storage, name).receive_messages())
    except ResourceNotFoundError:
        return []


def created(storage: str, name: str, path: str) -> list[dict[str, Any]]:
    """Give the event of a blob as Event Grid sends it."""
    blob = container(storage, name).get_blob_client(path)
    data = {"url": blob.url, "eTag": "0x1", "api": "PutBlob"}
    return [{"eventType": "Microsoft.Storage.BlobCreated", "data": data, "id": "1", "subject": "s"}]


def announce(client: httpx.Client, function: str, events: list[dict[str, Any]]) -> httpx.Response:
    return client.post(WEBHOOK, params={"functionName": f"Host.Functions.{function}", "code": "any"}, json=events)


def send(sender: ServiceBusClient, name: str, *messages: ServiceBusMessage) -> None:
    with sender.get_queue_sender(name) as each:
        each.send_messages(list(messages))


def test_timer_ticks_every_second(host: RunningHost, notes: Notes) -> None:
    """A schedule of every second fires again and again, on time."""
    eventually(lambda: len(notes.of("sweep")) >= 3)
    assert not any(entry["past_due"] for entry in notes.of("sweep")[:3])


def test_timer_runs_on_startup(host: RunningHost, notes: Notes) -> None:
    """A timer that asks for it fires once when the host starts."""
    eventually(lambda: notes.of("at_start"))
    assert len(notes.of("at_start")) == 1


def test_moved_clock_fires_once(host: RunningHost, notes: Notes, folder: Path, storage: str) -> None:
    """After an advance of ten days a daily timer fires at once and once, is past due, and its status is stored."""
    assert not notes.of("daily")
    (folder / "offset").write_text("864000.25")
    eventually(lambda: notes.of("daily"), seconds=5)
    ticks = len(notes.of("sweep"))
    eventually(lambda: len(notes.of("sweep")) >= ticks + 2)
    (entry,) = notes.of("daily")
    assert entry["past_due"]
    status = container(storage, "azure-webjobs-hosts").get_blob_client("timers/triggers/Host.Functions.daily/status")
    stored = json.loads(status.download_blob().readall())
    assert stored.keys() == {"Last", "Next", "LastUpdated"}
    assert stored["Next"].endswith("T03:00:00+00:00")
    assert stored["Last"] > entry["status"]["Next"]


def test_timer_is_retried(client: httpx.Client, notes: Notes) -> None:
    """A retry policy on a timer runs the function again, counting the attempts."""
    assert client.post("/admin/functions/stubborn", json={"input": ""}).status_code == 202
    eventually(lambda: len(notes.of("stubborn")) == 3)
    assert [entry["attempt"] for entry in notes.of("stubborn")] == [0, 1, 2]
    assert {entry["attempts"] for entry in notes.of("stubborn")} == {2}


def test_webhook_answers_the_handshake(client: httpx.Client) -> None:
    """Event Grid's validation event is answered with its code, and an unknown function is 404."""
    events = [{"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": {"validationCode": "abc"}}]
    assert announce(client, "arrived", events).json() == {"validationResponse": "abc"}
    assert announce(client, "nobody", events).status_code == 404


def test_blob_event_runs_the_function(client: httpx.Client, notes: Notes, storage: str) -> None:
    """A created blob reaches a function with an SDK type; its name may hold spaces and letters of any alphabet."""
    name = "map pe/blå fil.txt"
    container(storage, "incoming").upload_blob(name, b"content")
    assert announce(client, "arrived", created(storage, "incoming", name)).status_code == 202
    (entry,) = eventually(lambda: notes.of("arrived", name=name))
    assert entry["length"] == 7


def test_blob_as_stream(client: httpx.Client, notes: Notes, storage: str) -> None:
    """A function that takes an InputStream gets the content, its name, length and address."""
    container(storage, "read").upload_blob("a.txt", b"content")
    announce(client, "whole", created(storage, "read", "a.txt"))
    (entry,) = eventually(lambda: notes.of("whole"))
    assert (entry["name"], entry["length"], entry["text"]) == ("read/a.txt", 7, "content")
    assert entry["uri"].endswith("/devstoreaccount1/read/a.txt")


def test_deleted_blob_is_dropped(client: httpx.Client, notes: Notes, storage: str) -> None:
    """An event for a blob that is gone runs nothing and leaves nothing behind."""
    announce(client, "arrived", created(storage, "incoming", "gone/x"))
    container(storage, "incoming").upload_blob("there/x", b"1")
    announce(client, "arrived", created(storage, "incoming", "there/x"))
    eventually(lambda: notes.of("arrived", name="there/x"))
    assert not notes.of("arrived", name="gone/x")
    internal = queue(storage, "azure-webjobs-blobtrigger-triggers")
    eventually(lambda: internal.get_queue_properties().approximate_message_count == 0)


def test_failing_blob_ends_in_the_poison_queue(client: httpx.Client, notes: Notes, storage: str) -> None:
    """A function that keeps failing is tried poisonBlobThreshold times; then the blob is named in the poison queue."""
    container(storage, "incoming").upload_blob("bad/one", b"poison")
    announce(client, "arrived", created(storage, "incoming", "bad/one"))
    (message,) = eventually(lambda: received(storage, "webjobs-blobtrigger-poison"))
    assert json.loads(base64.b64decode(message.content))["BlobName"] == "bad/one"
    assert len(notes.of("arrived", name="bad/one")) == 3


def test_polled_blob_runs_once(notes: Notes, host: RunningHost, storage: str) -> None:
    """A function that polls hears of a matching blob once; a receipt keeps it from hearing again."""
    container(storage, "polled").upload_blob("a.bin", b"1")
    container(storage, "polled").upload_blob("a.txt", b"1")
    eventually(lambda: notes.of("polled"))
    receipts = container(storage, "azure-webjobs-hosts").list_blob_names(
        name_starts_with="blobreceipts/triggers/Host.Functions.polled/"
    )
    assert len(list(receipts)) == 1
    container(storage, "polled").upload_blob("a.txt", b"2", overwrite=True)
    eventually(lambda: len(notes.of("polled")) == 2)
    assert {entry["name"] for entry in notes.of("polled")} == {"polled/a.txt"}


def test_queue_to_bus_to_queue(sender: ServiceBusClient, notes: Notes, storage: str) -> None:
    """A queue message runs a function whose outputs reach Service Bus and a blob, and from there a storage queue."""
    text = json.dumps({"id": "j1"})
    queue(storage, "jobs").send_message(base64.b64encode(text.encode()).decode())
    (entry,) = eventually(lambda: notes.of("forwarded"))
    assert (entry["text"], entry["content_type"]) == (text.upper(), "text/plain")
    assert container(storage, "copies").download_blob("j1.txt").readall() == text.encode()
    (result,) = eventually(lambda: received(storage, "results"))
    assert base64.b64decode(result.content) == b"done"


def test_failing_queue_message_is_poison(host: RunningHost, notes: Notes, storage: str) -> None:
    """A queue message is tried maxDequeueCount times and then lies in the queue's poison queue."""
    queue(storage, "jobs").send_message("bad, and not base64 either!")
    (message,) = eventually(lambda: received(storage, "jobs-poison"))
    assert message.content == "bad, and not base64 either!"
    assert [entry["tries"] for entry in notes.of("jobs", text="bad, and not base64 either!")] == [1, 2]


def test_bus_message_carries_its_properties(sender: ServiceBusClient, notes: Notes) -> None:
    """A function sees the message's own properties and the broker's, and counts deliveries from one."""
    message = ServiceBusMessage(
        "hello",
        message_id="m1",
        subject="greeting",
        correlation_id="c1",
        application_properties={"text": "x", "number": 7},
    )
    send(sender, "orders", message)
    (entry,) = eventually(lambda: notes.of("orders", id="m1"))
    assert (entry["body"], entry["delivery"], entry["subject"], entry["label"]) == ("hello", 1, "greeting", "greeting")
    assert entry["correlation"] == "c1"
    assert entry["properties"] == entry["user_properties"] == {"text": "x", "number": 7}
    assert entry["sequence"] > 0
    assert entry["enqueued"].startswith("20")
    assert entry["lock"]


def test_failing_bus_message_is_dead_lettered(sender: ServiceBusClient, notes: Notes) -> None:
    """A message that fails comes again, its count rising, and is then dead-lettered; a function reads it there."""
    send(sender, "orders", ServiceBusMessage("bad", message_id="m2"))
    (entry,) = eventually(lambda: notes.of("dead_orders"))
    assert (entry["body"], entry["reason"]) == ("bad", "MaxDeliveryCountExceeded")
    assert [entry["delivery"] for entry in notes.of("orders", id="m2")] == [1, 2, 3]


def test_retry_policy_is_ignored_on_the_bus(sender: ServiceBusClient, host: RunningHost, notes: Notes) -> None:
    """A retry policy on a Service Bus function changes nothing but the log: the topic's subscription decides."""
    with sender.get_topic_sender("facts") as topic:
        topic.send_messages(ServiceBusMessage("published"))
    eventually(lambda: notes.of("dead_facts", body="published"))
    assert len(notes.of("facts")) == 1
    assert "facts: the retry policy is ignored" in host.log.read_text()


def test_messages_run_side_by_side_up_to_the_limit(sender: ServiceBusClient, notes: Notes) -> None:
    """maxConcurrentCalls messages are worked on at the same time, and no more."""
    send(sender, "orders", *(ServiceBusMessage("wait") for _ in range(8)))
    eventually(lambda: len(notes.of("orders-end")) == 8)
    began = [(entry["at"], 1) for entry in notes.of("orders", body="wait")]
    ended = [(entry["at"], -1) for entry in notes.of("orders-end")]
    running = highest = 0
    for _, change in sorted(began + ended):
        running += change
        highest = max(highest, running)
    assert 2 <= highest <= 4


def test_messages_come_in_batches(sender: ServiceBusClient, notes: Notes) -> None:
    """A function with cardinality many gets several messages in one call, with the properties of each."""
    send(sender, "many", *(ServiceBusMessage(f"b{number}", message_id=f"id{number}") for number in range(5)))
    eventually(lambda: sum(len(entry["bodies"]) for entry in notes.of("batch")) == 5)
    pairs = [pair for entry in notes.of("batch") for pair in zip(entry["bodies"], entry["ids"], strict=True)]
    assert sorted(pairs) == [(f"b{number}", f"id{number}") for number in range(5)]
    assert len(notes.of("batch")) < 5


def test_sessions_keep_their_order(sender: ServiceBusClient, notes: Notes) -> None:
    """Messages of one session are worked on one after another, in order."""
    messages = [ServiceBusMessage(str(number), session_id=name) for number in range(3) for name in ("a", "b", "c")]
    send(sender, "conversations", *messages)
    eventually(lambda: len(notes.of("conversations")) == 9)
    for name in ("a", "b", "c"):
        assert [entry["body"] for entry in notes.of("conversations", session=name)] == ["0", "1", "2"]


def test_function_is_run_by_hand(client: httpx.Client, notes: Notes) -> None:
    """The admin route runs a function with the given input; unknown functions are 404."""
    assert client.post("/admin/functions/orders", json={"input": "by hand"}).status_code == 202
    eventually(lambda: notes.of("orders", body="by hand"))
    assert client.post("/admin/functions/nobody", json={"input": ""}).status_code == 404


def test_host_describes_itself(client: httpx.Client) -> None:
    """The admin pages list the functions with their triggers and say that the host runs."""
    listed = {item["name"]: item["config"]["bindings"][0]["type"] for item in client.get("/admin/functions").json()}
    assert listed["daily"] == "timerTrigger"
    assert listed["orders"] == "serviceBusTrigger"
    assert client.get("/admin/host/status").json()["state"] == "Running"


def test_lock_is_renewed_while_a_function_runs(sender: ServiceBusClient, notes: Notes) -> None:
    """A function that runs longer than the lock keeps its message: it is delivered once."""
    eventually(lambda: notes.of("slow-end"))
    ticks = len(notes.of("sweep"))
    eventually(lambda: len(notes.of("sweep")) >= ticks + 2)
    assert [entry["delivery"] for entry in notes.of("slow")] == [1]
