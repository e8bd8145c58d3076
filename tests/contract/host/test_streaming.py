"""Streamed HTTP through the host."""

import gzip
import hashlib
import http.client
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx
import pytest

from tests.contract.host.running import Notes, RunningHost, eventually, running_host

KEYS = {"master": "m", "host": {"default": "h"}, "functions": {"guarded": {"default": "g"}, "locked": {"default": "l"}}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("streaming")


@pytest.fixture(scope="module")
def notes(folder: Path) -> Notes:
    return Notes(folder / "notes")


@pytest.fixture(scope="module")
def host(folder: Path, notes: Notes) -> Iterator[RunningHost]:
    (folder / "keys.json").write_text(json.dumps(KEYS))
    values = {"NOTES": str(notes.path), "GO": str(folder / "go"), "AzureWebJobs.switched_off.Disabled": "true"}
    with running_host("streaming", folder, values, options=("--keys", str(folder / "keys.json"))) as running:
        yield running


@pytest.fixture
def client(host: RunningHost) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=host.url, timeout=20) as session:
        yield session


def connect(host: RunningHost) -> socket.socket:
    return socket.create_connection(("127.0.0.1", urlsplit(host.url).port or 0), 20)


def read_until(connection: socket.socket, end: bytes) -> bytes:
    data = b""
    while not data.endswith(end) and (chunk := connection.recv(65536)):
        data += chunk
    return data


@pytest.mark.parametrize("name", ["a%0A", "%0D", "%00", "%7F%F0%9F%93%AC"])
def test_any_character_can_stand_in_a_path(client: httpx.Client, name: str) -> None:
    """What it means is for the function to say; only a line that ends within is refused by the worker's own server."""
    answer = client.get(f"/echo/{name}")
    assert (answer.status_code, answer.json()["name"]) == (200, unquote(name))


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_request_arrives_as_it_was_sent(client: httpx.Client, method: str) -> None:
    """Method, raw path, query, repeated headers and body reach the function unchanged."""
    headers = [("X-Many", "one"), ("X-Many", "two"), ("Cookie", "a=1; b=2"), ("Content-Type", "x/y")]
    body = b"" if method in ("GET", "OPTIONS") else b"some body"
    answer = client.request(method, "/echo/a%2Fb%20c?x=1&x=2&e=", headers=headers, content=body or None).json()
    sent = [tuple(pair) for pair in answer["headers"]]
    assert answer["method"] == method
    assert answer["raw"] == "/echo/a%2Fb%20c"
    assert answer["query"] == "x=1&x=2&e="
    assert answer["name"] == "a%2Fb c"
    assert [value for name, value in sent if name == "x-many"] == ["one", "two"]
    assert ("cookie", "a=1; b=2") in sent
    assert ("content-type", "x/y") in sent
    assert answer["length"] == len(body)


def test_nothing_is_added_to_a_request(host: RunningHost) -> None:
    """A bare request reaches the function with the headers it had and the invocation's id only."""
    with connect(host) as connection:
        connection.sendall(b"GET /echo/x HTTP/1.1\r\nHost: example.test\r\nConnection: close\r\n\r\n")
        answer = json.loads(read_until(connection, b"}").partition(b"\r\n\r\n")[2])
    assert dict(answer["headers"]).keys() == {"host", "x-ms-invocation-id"}
    assert dict(answer["headers"])["host"] == "example.test"


def test_compressed_body_is_not_touched(client: httpx.Client) -> None:
    """A request body with Content-Encoding: gzip reaches the function compressed, with its length."""
    body = gzip.compress(b"text" * 1000)
    answer = client.post("/echo/x", content=body, headers={"Content-Encoding": "gzip"}).json()
    assert answer["sha256"] == hashlib.sha256(body).hexdigest()
    assert ["content-length", str(len(body))] in answer["headers"]


def test_answer_arrives_as_it_was_made(host: RunningHost) -> None:
    """Status, repeated headers, two cookies, Content-Encoding and Content-Length of the answer are the function's."""
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(host.url).port or 0, timeout=20)
    connection.request("GET", "/headers")
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 203
    assert answer.headers.get_all("Set-Cookie") == ["a=1; Path=/; HttpOnly", "b=2; Secure"]
    assert answer.headers.get_all("X-Many") == ["one", "two"]
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Length"] == str(len(body)) == "18"
    assert answer.headers["Content-Type"] is None
    assert answer.headers["Transfer-Encoding"] is None
    connection.close()


@pytest.mark.parametrize("status", [200, 204, 304])
def test_empty_answer_stays_empty(client: httpx.Client, status: int) -> None:
    """An answer without a body has no content type that was guessed for it."""
    answer = client.get(f"/empty/{status}")
    assert answer.status_code == status
    assert answer.content == b""
    assert "content-type" not in answer.headers


def test_head_has_headers_only(client: httpx.Client) -> None:
    """HEAD gives the headers, Content-Length included, no body, and leaves the connection usable."""
    answer = client.head("/echo/x")
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) > 0
    assert answer.content == b""
    assert client.get("/hello").text == "hello"


@pytest.mark.parametrize("chunked", [False, True])
def test_big_bodies_do_not_sit_in_memory(host: RunningHost, client: httpx.Client, chunked: bool) -> None:
    """100 MB up and down arrive whole, and the process grows by little."""
    block, count = b"\0" * 1_000_000, 100

    def body() -> Iterator[bytes]:
        yield from (block for _ in range(count))

    client.get("/hello")
    before = host.memory_kib("VmHWM")
    headers = {} if chunked else {"Content-Length": str(len(block) * count)}
    answer = client.put("/upload", content=body(), headers=headers).json()
    assert answer == {"length": 100_000_000, "sha256": hashlib.sha256(block * count).hexdigest()}
    received = 0
    with client.stream("GET", "/download/1600") as download:
        for chunk in download.iter_raw():
            received += len(chunk)
    assert received == 1600 * 65536
    assert host.memory_kib("VmHWM") - before < 24_000


def test_chunks_arrive_when_they_are_sent(client: httpx.Client, folder: Path) -> None:
    """The first line is there before the function has produced the second."""
    (folder / "go").unlink(missing_ok=True)
    with client.stream("GET", "/drip") as answer:
        parts = answer.iter_raw()
        assert next(parts) == b"first\n"
        (folder / "go").touch()
        assert next(parts) == b"second\n"


@pytest.mark.parametrize(
    "head",
    [b"Content-Length: 1000000\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"],
    ids=["length", "chunked"],
)
def test_function_sees_that_an_upload_broke_off(host: RunningHost, notes: Notes, head: bytes) -> None:
    """A client that goes away in the middle of an upload is a disconnect for the function, never a complete body."""
    already = len(notes.lines())
    with connect(host) as connection:
        connection.sendall(b"PUT /upload HTTP/1.1\r\nHost: x\r\n" + head)
        eventually(lambda: "upload began" in notes.lines()[already:])
    eventually(lambda: "upload broke off: ClientDisconnect" in notes.lines()[already:])
    assert "upload complete" not in notes.lines()[already:]
    assert "Traceback" not in host.log.read_text().partition("ClientDisconnect")[0][-200:]


def test_function_is_stopped_when_a_download_is_left(host: RunningHost, notes: Notes, folder: Path) -> None:
    """A client that goes away while the function waits to send more ends the function's stream."""
    (folder / "go").unlink(missing_ok=True)
    already = len(notes.lines())
    with connect(host) as connection:
        connection.sendall(b"GET /drip HTTP/1.1\r\nHost: x\r\n\r\n")
        read_until(connection, b"first\n\r\n")
    eventually(lambda: any(line.startswith("drip broke off") for line in notes.lines()[already:]))


def test_answer_that_breaks_off_looks_broken(host: RunningHost) -> None:
    """When the function fails in the middle of its body, the client gets no proper end of the body."""
    with connect(host) as connection:
        connection.sendall(b"GET /broken HTTP/1.1\r\nHost: x\r\n\r\n")
        data = b""
        try:
            while chunk := connection.recv(65536):
                data += chunk
        except ConnectionResetError:
            pass
    assert b"first" in data
    assert not data.endswith(b"0\r\n\r\n")


def test_continue_is_sent_when_the_function_reads(host: RunningHost) -> None:
    """With Expect: 100-continue the interim answer comes before the body is sent."""
    with connect(host) as connection:
        connection.sendall(b"PUT /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert read_until(connection, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"abc")
        assert read_until(connection, b"}").startswith(b"HTTP/1.1 200 ")


def test_function_can_refuse_before_the_body(host: RunningHost) -> None:
    """With Expect: 100-continue a function that does not read answers at once, without the interim answer."""
    with connect(host) as connection:
        connection.sendall(
            b"PUT /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\nExpect: 100-continue\r\n\r\n"
        )
        assert read_until(connection, b"too large").startswith(b"HTTP/1.1 413 ")


def test_early_answer_reaches_a_client_that_still_sends(client: httpx.Client) -> None:
    """A function that answers without reading reaches a client that sends its whole body first."""
    assert client.put("/refuse", content=b"x" * 20_000_000).status_code == 413


def test_failure_is_a_500_and_is_logged(host: RunningHost, client: httpx.Client) -> None:
    """An exception becomes 500, and the log has its traceback once."""
    assert client.get("/boom").status_code == 500
    eventually(lambda: "Functions.boom" in host.log.read_text())
    assert host.log.read_text().count("ValueError: it went wrong\n\n") == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [("/items/special", "special"), ("/ITEMS/Special/", "special"), ("/items/x", "item x"), ("/items/x/y", "rest x/y")],
)
def test_most_specific_route_wins(client: httpx.Client, path: str, text: str) -> None:
    """A literal beats a parameter and a parameter a catch-all, whatever the case of the path."""
    assert client.get(path).text == text


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/nowhere"), ("DELETE", "/hello"), ("GET", "/download/many"), ("GET", "/switched-off"), ("GET", "/docs")],
)
def test_no_function_is_a_404(client: httpx.Client, method: str, path: str) -> None:
    """An unknown path, another method, a failed constraint and a function that is switched off give 404."""
    assert client.request(method, path).status_code == 404


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("/guarded", None, 401),
        ("/guarded", "l", 401),
        ("/guarded", "g", 200),
        ("/guarded", "h", 200),
        ("/guarded", "m", 200),
        ("/locked", "l", 401),
        ("/locked", "h", 401),
        ("/locked", "m", 200),
    ],
)
def test_keys_open_what_they_are_for(client: httpx.Client, path: str, key: str | None, status: int) -> None:
    """Function keys open their function, host keys every one, and only the master key opens the admin level."""
    headers = {"x-functions-key": key} if key else {}
    assert client.get(path, headers=headers).status_code == status
    assert client.get(path, params={"code": key} if key else {}).status_code == status


def test_many_requests_at_once(client: httpx.Client, host: RunningHost) -> None:
    """Connections to the worker are reused, and hundreds of requests over them all succeed."""
    with httpx.Client(base_url=host.url) as other:
        for _ in range(150):
            assert client.get("/hello").text == "hello"
            assert other.get("/hello").text == "hello"
