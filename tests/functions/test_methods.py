"""HEAD, and methods that a path does not take."""

import pytest

from functions.http.operation import BASE
from tests.functions.rim import FILE, ID, Rim


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", f"/correspondence/{ID}/confirm", "OPTIONS, POST"),
        ("DELETE", f"/correspondence/{ID}", "GET, OPTIONS"),
        ("PUT", f"/Correspondence/{ID}/CONFIRM/", "OPTIONS, POST"),
        ("PATCH", "/correspondence", "GET, HEAD, OPTIONS, POST"),
        ("HEAD", f"/correspondence/{ID}/content", "GET, OPTIONS"),
        ("POST", f"/correspondence/{ID}/attachment/{FILE}/download", "GET, OPTIONS"),
        ("HEAD", f"/correspondence/{ID}/attachments/downloadall", "GET, OPTIONS"),
        ("PUT", f"/attachment/{ID}", "DELETE, GET, HEAD, OPTIONS"),
    ],
)
async def test_a_known_path_names_its_methods(rim: Rim, method: str, path: str, allowed: str) -> None:
    """405, to anybody; what counts as looking, reading or downloading takes no HEAD."""
    answer = await rim.send(method, path, "")
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert method == "HEAD" or answer.json()["title"] == "Method Not Allowed"


async def test_an_unknown_path_is_no_method(rim: Rim) -> None:
    """404 for each of them."""
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
        assert (await rim.send(method, "/correspondences", "")).status_code == 404


async def test_a_head_is_a_get_without_its_body(rim: Rim) -> None:
    """The same status and headers, the length among them; refused like it."""
    for path in ("/health", BASE + "/openapi.json"):
        whole, head = await rim.get(path, ""), await rim.send("HEAD", path, "")
        assert (head.status_code, head.content) == (200, b"")
        assert dict(head.headers) == dict(whole.headers)
    assert (await rim.send("HEAD", "/correspondence", "")).status_code == 401
