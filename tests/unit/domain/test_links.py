"""Addresses that messages point to."""

import pytest
from markdown_it import MarkdownIt

from shared.domain.errors import DomainError, Refusal
from shared.domain.links import MAX_ADDRESS, check_address, destination

HOSTS = frozenset({"files.example.com"})


def refused(url: str) -> DomainError:
    with pytest.raises(DomainError) as caught:
        check_address(url, HOSTS, member="dataLocationUrl")
    assert "dataLocationUrl" in caught.value.detail
    return caught.value


@pytest.mark.parametrize(
    "url",
    [
        "https://files.example.com/a/b.pdf",
        "https://FILES.example.com/",
        "https://files.example.com",
        "HTTPS://files.example.com/x?a=b&c=d#e",
        "https://files.example.com/" + "x" * (MAX_ADDRESS - 26),
    ],
)
def test_an_https_address_on_an_allowed_host_passes(url: str) -> None:
    """With whatever path, query and fragment."""
    check_address(url, HOSTS, member="dataLocationUrl")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "files.example.com/x",
        "//files.example.com/x",
        "http://files.example.com/x",
        "javascript://files.example.com/%0Aalert(1)",
        "https:files.example.com",
        "https:///x",
        "https://files.example.com:443/x",
        "https://files.example.com:x/",
        "https://files.example.com@evil.example/x",
        "https://user:secret@files.example.com/x",
        "https://evil.example\\@files.example.com/x",
        "https://files.example.com\t.evil.example/",
        "https://files.example.com/a b",
        "https://files.example.com/\n",
        "https://files.example.com/<script>",
        "https://files.example.com/æ",
        "https://ﬁles.example.com/x",
        "https://files。example.com/x",
        "https://[files.example.com/x",
        "https://files.example.com/" + "x" * (MAX_ADDRESS - 25),
        " https://files.example.com/",
    ],
)
def test_what_readers_could_take_for_another_address_is_refused(url: str) -> None:
    """7010: no https, a user, a port, white space, signs that must be encoded, too long."""
    assert refused(url).refusal is Refusal.EXTERNAL_ADDRESS_INVALID


@pytest.mark.parametrize(
    "host",
    ["example.com", "a.files.example.com", "files.example.com.evil.example", "files.example.com."],
)
def test_another_host_is_refused(host: str) -> None:
    """7011, with those that are allowed: no part of a name and nothing below it counts."""
    error = refused(f"https://{host}/x")
    assert error.refusal is Refusal.EXTERNAL_HOST_NOT_ALLOWED
    assert "files.example.com" in error.detail


def test_a_sender_without_hosts_may_point_nowhere() -> None:
    """7011."""
    with pytest.raises(DomainError) as caught:
        check_address("https://files.example.com/x", (), member="dataLocationUrl")
    assert caught.value.refusal is Refusal.EXTERNAL_HOST_NOT_ALLOWED
    assert caught.value.detail.endswith(": none")


@pytest.mark.parametrize("shape", ["[x]({})", "[x](<{}>)"])
@pytest.mark.parametrize(
    "url", ["https://a.no/(x)_y?a=1&copy;=2", "https://a.no/?b&#35;&amp;", "https://a.no/\\b<c>d e"]
)
def test_a_destination_is_one_address(shape: str, url: str) -> None:
    """Rendered it is the same, but for what no address may hold."""
    rendered = MarkdownIt("commonmark").render(shape.format(destination(url)))
    meant = url.replace("\\", "%5C").replace("<", "%3C").replace(">", "%3E").replace(" ", "%20").replace("&", "&amp;")
    assert rendered == f'<p><a href="{meant}">x</a></p>\n'
