"""The bridge on a host: what is streamed, what breaks off, and what counts as failed."""

import hashlib
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.contract.host.running import RunningHost, eventually, running_host

APP = Path(__file__).parent / "bridged"
ITEM = "01912345-0000-7000-8000-000000000001"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bridged")


@pytest.fixture(scope="module")
def host(folder: Path) -> Iterator[RunningHost]:
    values = {"NOTES": str(folder / "notes"), "GO": str(folder / "go")}
    with running_host(APP, folder, values, options=("--verbose",)) as running:
        yield running


@pytest.fixture
def client(host: RunningHost) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=host.url, timeout=20) as session:
        yield session


def notes(folder: Path) -> list[str]:
    path = folder / "notes"
    return path.read_text().splitlines() if path.exists() else []


@pytest.mark.parametrize("chunked", [False, True])
def test_a_big_body_arrives_whole_in_little_memory(host: RunningHost, client: httpx.Client, chunked: bool) -> None:
    """60 MB, with and without a length."""
    block, count = b"\0" * 1_000_000, 60

    def body() -> Iterator[bytes]:
        yield from (block for _ in range(count))

    client.options("/warm")
    before = host.memory_kib("VmHWM")
    headers = {} if chunked else {"Content-Length": str(len(block) * count)}
    answer = client.post(f"/items/{ITEM}/upload", content=body(), headers=headers).json()
    assert (answer["item"], answer["length"]) == (ITEM, 60_000_000)
    assert answer["sha256"] == hashlib.sha256(block * count).hexdigest()
    assert host.memory_kib("VmHWM") - before < 20_000


def test_a_path_is_taken_as_its_route_spells_it(client: httpx.Client) -> None:
    """In any case and with a slash at its end, as the platform routes it."""
    answer = client.post(f"/ITEMS/{ITEM.upper()}/Upload/", content=b"x")
    assert (answer.status_code, answer.json()["item"]) == (200, ITEM)


def test_an_id_that_is_no_guid_is_refused_by_the_operation(client: httpx.Client) -> None:
    """400 and not 404: the route has no constraint."""
    answer = client.post("/items/42/upload", content=b"x")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["ItemId"])


def test_only_the_operation_s_methods_are_registered(client: httpx.Client) -> None:
    """Another method finds no function; a catch-all takes what is left of the path."""
    assert client.get(f"/items/{ITEM}/upload").status_code == 404
    assert client.options("/a/b").json() == {"path": "a/b"}


def test_an_answer_goes_out_as_it_is_made(client: httpx.Client, folder: Path) -> None:
    """The first line is there before the second one is."""
    with client.stream("GET", "/stepwise") as answer:
        lines = answer.iter_lines()
        assert next(lines) == "first"
        (folder / "go").touch()
        assert next(lines) == "second"


def test_a_client_that_does_not_read_holds_the_app_back_and_one_that_leaves_ends_it(
    host: RunningHost, folder: Path
) -> None:
    """Only what fits into buffers is made; the generator is closed when the connection is."""
    with socket.create_connection(("127.0.0.1", urlsplit(host.url).port or 0), 20) as connection:
        connection.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(100)
        standing = eventually(lambda: _standing_still(folder))
        assert standing < 1000
    eventually(lambda: "endless ended" in notes(folder))


def _standing_still(folder: Path) -> int:
    """How many pieces were made, once that number has stopped growing; else 0."""
    before = len(notes(folder))
    try:
        eventually(lambda: len(notes(folder)) > before, seconds=1)
    except AssertionError:
        return before
    return 0


def test_an_upload_that_breaks_off_reaches_the_app(host: RunningHost, folder: Path) -> None:
    """Its next read says that the client is gone; the invocation is not a failure."""
    with socket.create_connection(("127.0.0.1", urlsplit(host.url).port or 0), 20) as connection:
        head = f"POST /items/{ITEM}/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
        began = notes(folder).count("upload began")
        connection.sendall(head.encode() + b"half")
        eventually(lambda: notes(folder).count("upload began") > began)
    ended = eventually(lambda: [line for line in notes(folder) if line.startswith("upload ended")])
    assert ended == ["upload ended: ClientDisconnect"]


def test_a_failure_is_answered_with_a_problem_and_fails_the_invocation(host: RunningHost, client: httpx.Client) -> None:
    """The client gets our body, the platform the error."""
    answer = client.get("/fails")
    assert (answer.status_code, answer.json()["detail"]) == (500, "")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert eventually(lambda: "ValueError" in host.log.read_text())
    assert client.options("/still").json() == {"path": "still"}


def test_an_answer_that_fails_in_the_middle_breaks_off(client: httpx.Client) -> None:
    """The connection drops, so that the client knows it has not got everything."""
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("/breaksoff")
