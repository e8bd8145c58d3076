"""The host as a process: checking, refusing, starting, stopping, restarting."""

import json
import os
import signal
import socket
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from azure.servicebus import ServiceBusClient, ServiceBusMessage
from azure.storage.blob import BlobServiceClient

from tests.contract.host.running import APPS, Notes, command, environment, eventually, free_ports, running_host


def run(app: str | Path, *options: str, **values: str) -> subprocess.CompletedProcess[str]:
    """Run a host to its end."""
    return subprocess.run(
        command(app, *options), env=environment(values), capture_output=True, text=True, timeout=60, check=False
    )


def test_check_lists_the_functions() -> None:
    """With --check the functions are listed with their triggers, and nothing is served."""
    result = run("triggers", "--check", DAILY="0 0 3 * * *")
    assert result.returncode == 0, result.stderr
    assert "daily: timerTrigger 0 0 3 * * *" in result.stdout
    assert "arrived: blobTrigger incoming/{folder}/{name} (EventGrid)" in result.stdout
    assert "facts: serviceBusTrigger facts/all" in result.stdout


@pytest.mark.parametrize(
    ("app", "reason"),
    [
        ("failing", "No module named 'a_package_that_is_not_there'"),
        ("empty", "no functions"),
        ("unannotated", "without an annotated request under streaming HTTP: bare"),
        ("triggers", "%DAILY%"),
        ("unreadable", "'never' has 1 fields, not six"),
    ],
)
def test_unusable_app_is_refused(app: str, reason: str) -> None:
    """An app that cannot be served ends the host with 1 and the whole reason, with --check and without."""
    options = ("--port", str(free_ports(1)[0])) if app in ("empty", "unreadable") else ("--check",)
    result = run(app, *options)
    assert result.returncode == 1
    assert reason in result.stderr
    if app == "failing":
        assert "Traceback" in result.stderr
        assert 'function_app.py", line 3' in result.stderr


def test_missing_connection_is_refused() -> None:
    """A trigger whose connection is not set ends the start with 1 and its name; --check does not need connections."""
    values = {"DAILY": "0 0 3 * * *", "AzureWebJobsStorage": "UseDevelopmentStorage=true"}
    result = run("triggers", "--port", str(free_ports(1)[0]), **values)
    assert result.returncode == 1
    assert "the connection Data is not set" in result.stderr


def test_port_in_use_is_said_in_one_sentence() -> None:
    """A port that is taken ends the host with 2 and one line."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = run("classic", "--port", str(taken.getsockname()[1]))
    assert result.returncode == 2
    assert result.stderr.strip().splitlines() == [f"port {taken_port(result)} on 127.0.0.1 is in use"]
    assert "READY" not in result.stdout


def taken_port(result: subprocess.CompletedProcess[str]) -> str:
    return result.stderr.split()[1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_the_host(tmp_path: Path, number: signal.Signals) -> None:
    """SIGTERM and SIGINT end the host cleanly with 0, though a client still waits for its answer."""
    values = {"NOTES": str(tmp_path / "notes"), "GO": str(tmp_path / "go")}
    with running_host("streaming", tmp_path, values) as host, httpx.Client(base_url=host.url, timeout=10) as client:
        with client.stream("GET", "/drip") as answer:
            assert next(answer.iter_raw()) == b"first\n"
            assert host.stop(number) == 0
        assert "Traceback" not in host.log.read_text()


def test_classic_request_and_answer(tmp_path: Path) -> None:
    """In classic mode the request arrives as the real host shapes it, and the answer's cookies come out whole."""
    identity = "0190163d-8694-739b-aea5-966c26f8ad90"
    values = {"FROM_BOTH": "environment"}
    with running_host("classic", tmp_path, values) as host, httpx.Client(base_url=host.url) as client:
        url = f"/api/echo/{identity}?x=1&x=2&e="
        answer = client.post(url, content=b"body", headers=[("X-Many", "1"), ("X-Many", "2")])
        assert answer.status_code == 201
        assert answer.json() == {
            "method": "POST",
            "url": host.url + url,
            "params": {"x": "1,2"},
            "route": {"id": identity},
            "header": "1,2",
            "body": "body",
        }
        assert client.post("/api/echo/other").status_code == 404
        assert json.loads(client.get("/api/settings").text) == {"FROM_FILE": "file", "FROM_BOTH": "environment"}
        cookies = client.get("/api/cookies").headers.get_list("set-cookie")
        assert cookies[0] == "a=1; HttpOnly; Max-Age=60; Path=/; SameSite=Lax"
        assert cookies[1].startswith("b=2; ")
        assert client.get("/api/boom").status_code == 500
        assert client.get("/settings").status_code == 404


def test_host_json_is_overridden_by_the_environment(tmp_path: Path) -> None:
    """A setting with the prefix of host.json's sections replaces what host.json says."""
    values = {"AzureFunctionsJobHost__extensions__http__routePrefix": "v1"}
    with running_host("classic", tmp_path, values) as host:
        assert httpx.get(f"{host.url}/v1/settings").status_code == 200


def test_timer_that_was_missed_fires_on_start(tmp_path: Path, storage: str, bus: str) -> None:
    """A timer that came due while the host was down fires once on start and is told that it is past due."""
    now = datetime.now(UTC)
    missed = (now - timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    schedule = f"0 0 {missed.hour} * * *"
    status = {
        "Last": "0001-01-01T00:00:00+00:00",
        "Next": missed.isoformat(),
        "LastUpdated": (missed - timedelta(hours=3)).isoformat(),
    }
    hosts = BlobServiceClient.from_connection_string(storage).get_container_client("azure-webjobs-hosts")
    if not hosts.exists():
        hosts.create_container()
    hosts.upload_blob("timers/missed/Host.Functions.daily/status", json.dumps(status), overwrite=True)
    values = {
        "NOTES": str(tmp_path / "notes"),
        "DAILY": schedule,
        "AzureWebJobsStorage": storage,
        "AzureFunctionsWebHost__hostid": "missed",
        "Data": storage,
        "Bus": bus,
    }
    notes = Notes(tmp_path / "notes")
    with running_host("triggers", tmp_path, values) as host:
        (entry,) = eventually(lambda: notes.of("daily"))
        assert entry["past_due"]
        assert entry["status"]["Next"] == missed.isoformat()
        assert host.stop() == 0


def test_stopped_host_gives_messages_back(tmp_path: Path, storage: str, bus: str) -> None:
    """A message whose function runs when the host stops can be received again at once, long before its lock ends."""
    notes = Notes(tmp_path / "notes")
    values = {
        "NOTES": str(notes.path),
        "DAILY": "0 0 3 * * *",
        "AzureWebJobsStorage": storage,
        "AzureFunctionsWebHost__hostid": "stopped",
        "Data": storage,
        "Bus": bus,
    }
    with ServiceBusClient.from_connection_string(bus) as client, running_host("triggers", tmp_path, values) as host:
        with client.get_queue_sender("held") as held:
            held.send_messages(ServiceBusMessage("x"))
        eventually(lambda: notes.of("held"))
        assert host.stop() == 0
        with client.get_queue_receiver("held") as receiver:
            (message,) = receiver.receive_messages(max_wait_time=20)
            assert message.delivery_count == 1
            receiver.complete_message(message)


def test_receivers_survive_the_broker(tmp_path: Path, storage: str) -> None:
    """A broker that comes late, goes away and comes back is received from again."""
    broker = pytest.importorskip("local.broker", reason="the embedded broker cannot be imported")
    config, database, port = APPS / "triggers" / "servicebus.json", tmp_path / "bus.db", free_ports(1)[0]
    notes = Notes(tmp_path / "notes")
    with broker.serving(config, db=database, port=port) as serving:
        connection = serving.connection_string
    values = {
        "NOTES": str(notes.path),
        "DAILY": "0 0 3 * * *",
        "AzureWebJobsStorage": storage,
        "AzureFunctionsWebHost__hostid": "survivor",
        "Data": storage,
        "Bus": connection,
    }
    with running_host("triggers", tmp_path, values):  # The broker is not there yet.
        for identity in ("one", "two"):
            with (
                broker.serving(config, db=database, port=port),
                ServiceBusClient.from_connection_string(connection) as client,
            ):
                with client.get_queue_sender("orders") as orders:
                    orders.send_messages(ServiceBusMessage(identity, message_id=identity))
                eventually(lambda identity=identity: notes.of("orders", id=identity))


def test_process_leaves_no_port_open(tmp_path: Path) -> None:
    """After SIGKILL the same port can be served again at once."""
    port = free_ports(1)[0]
    values = {"FROM_BOTH": "environment"}
    with running_host("classic", tmp_path, values, port=port) as first:
        os.kill(first.process.pid, signal.SIGKILL)
        first.process.wait()
    with running_host("classic", tmp_path / "again", values, port=port) as second:
        assert httpx.get(f"{second.url}/api/settings").status_code == 200
