"""Endpoints that may be called are written in one way, at a public host; every disguise of another is refused."""

import ipaddress

import pytest

from shared.domain.endpoints import MAX_ENDPOINT, broken_rule, is_loopback, is_public

ASCII = "must be written in ASCII without blanks"
ABSOLUTE = "must be an absolute https address"
HTTPS = "must be an https address"
CREDENTIALS = "must not hold a user name or a password"
FRAGMENT = "must not have a fragment"
COLON = "must have a number after the colon"
PORT = "must be at port 443"
NUMBERS = "must write its IPv4 address as four decimal numbers"
PUBLIC = "must be at a public address"
ZONE = "must not name a zone"
BRACKETS = "must have an IPv6 address between the brackets"
DOT = "must not end its host in a dot"
LETTERS = "must name its host by letters, digits and hyphens"
NETWORK = "must name a host on the public network"
LONG = "cannot be longer"

HOSTILE = {
    # IPv4, in the forms that some program or other takes for 127.0.0.1, 169.254.169.254 or 10.0.0.1
    "https://127.0.0.1/": PUBLIC,
    "https://127.1.2.3/": PUBLIC,
    "https://127.1/": NUMBERS,
    "https://127.0.1/": NUMBERS,
    "https://2130706433/": NUMBERS,
    "https://017700000001/": NUMBERS,
    "https://0177.0.0.1/": NUMBERS,
    "https://0177.0.0.01/": NUMBERS,
    "https://127.0.0.01/": NUMBERS,
    "https://0x7f000001/": NUMBERS,
    "https://0X7F.0.0.1/": NUMBERS,
    "https://0x7f.0x0.0x0.0x1/": NUMBERS,
    "https://0x7f.1/": NUMBERS,
    "https://0x/": NUMBERS,
    "https://127.0.0.0x1/": NUMBERS,
    "https://127.0.0.1.1/": NUMBERS,
    "https://127.0.0.256/": NUMBERS,
    "https://4294967297/": NUMBERS,
    "https://0/": NUMBERS,
    "https://0.0.0.0/": PUBLIC,
    "https://10.0.0.1/": PUBLIC,
    "https://10.1/": NUMBERS,
    "https://172.16.0.1/": PUBLIC,
    "https://172.31.255.255/": PUBLIC,
    "https://192.168.0.1/": PUBLIC,
    "https://192.0.0.192/": PUBLIC,
    "https://100.64.0.1/": PUBLIC,
    "https://100.100.100.200/": PUBLIC,
    "https://169.254.169.254/latest/meta-data/": PUBLIC,
    "https://169.254.43518/": NUMBERS,
    "https://2852039166/": NUMBERS,
    "https://0xa9fea9fe/": NUMBERS,
    "https://168.63.129.16/": PUBLIC,
    "https://198.18.0.1/": PUBLIC,
    "https://224.0.0.1/": PUBLIC,
    "https://240.0.0.1/": PUBLIC,
    "https://255.255.255.255/": PUBLIC,
    "https://127.0.0.1.:8443/": DOT,
    # IPv6, and IPv4 wrapped in it
    "https://[::1]/": PUBLIC,
    "https://[0:0:0:0:0:0:0:1]/": PUBLIC,
    "https://[::]/": PUBLIC,
    "https://[::ffff:127.0.0.1]/": PUBLIC,
    "https://[::ffff:7f00:1]/": PUBLIC,
    "https://[::FFFF:A9FE:A9FE]/": PUBLIC,
    "https://[::127.0.0.1]/": PUBLIC,
    "https://[64:ff9b::7f00:1]/": PUBLIC,
    "https://[64:ff9b::169.254.169.254]/": PUBLIC,
    "https://[64:ff9b:1::1]/": PUBLIC,
    "https://[2002:7f00:1::]/": PUBLIC,
    "https://[2002:a9fe:a9fe::1]/": PUBLIC,
    "https://[2001:0:53aa:64c:0:0:80ff:fffe]/": PUBLIC,
    "https://[fe80::1]/": PUBLIC,
    "https://[fe80::1%25eth0]/": ZONE,
    "https://[fe80::1%eth0]/": ZONE,
    "https://[2606:4700::1111%25eth0]/": ZONE,
    "https://[fc00::1]/": PUBLIC,
    "https://[fd00:ec2::254]/": PUBLIC,
    "https://[ff02::1]/": PUBLIC,
    "https://[2001:db8::1]/": PUBLIC,
    "https://[2606:4700::5efe:10.0.0.1]/": PUBLIC,
    "https://[127.0.0.1]/": ABSOLUTE,
    "https://[::1/": ABSOLUTE,
    "https://::1/": ABSOLUTE,
    "https://[v1.fe80]/": BRACKETS,
    "https://[::1]x/": ABSOLUTE,
    "https://[2606:4700::1111]x/": ABSOLUTE,
    "https://[2606:4700::1111].agency.example/": ABSOLUTE,
    # who is whom: credentials, and what looks like them
    "https://user@agency.example/": CREDENTIALS,
    "https://user:hemmelig@agency.example/events": CREDENTIALS,
    "https://:@agency.example": CREDENTIALS,
    "HTTPS://a:b@c@agency.example": CREDENTIALS,
    "https://agency.example@127.0.0.1/": CREDENTIALS,
    "https://agency.example:443@127.0.0.1/": CREDENTIALS,
    "https://127.0.0.1%2f@agency.example/": CREDENTIALS,
    "https://agency.example\\@127.0.0.1/": ASCII,
    "https:\\\\hemmelig@agency.example": ASCII,
    "https://agency.example\\.other.example/": ASCII,
    "https://agency.example#@127.0.0.1/": FRAGMENT,
    "https://agency.example/#": FRAGMENT,
    # ports
    "http://agency.example/": HTTPS,
    "https://agency.example:/": COLON,
    "https://agency.example:0/": PORT,
    "https://agency.example:22/": PORT,
    "https://agency.example:25/": PORT,
    "https://agency.example:80/": PORT,
    "https://agency.example:65536/": ABSOLUTE,
    "https://agency.example:-1/": ABSOLUTE,
    "https://agency.example:+443/": ABSOLUTE,
    "https://agency.example:4_43/": ABSOLUTE,
    "https://agency.example:0x1bb/": ABSOLUTE,
    "https://agency.example:443:443/": ABSOLUTE,
    # names
    "https://localhost/": NETWORK,
    "https://LOCALHOST/": NETWORK,
    "https://foo.localhost/": NETWORK,
    "https://localhost./": DOT,
    "https://agency.example./": DOT,
    "https://agency.example..": DOT,
    "https://agency..example/": LETTERS,
    "https://.agency.example/": LETTERS,
    "https://./": DOT,
    "https://agency/": NETWORK,
    "https://metadata.google.internal/": NETWORK,
    "https://printer.local/": NETWORK,
    "https://router.home.arpa/": NETWORK,
    "https://1.0.0.127.in-addr.arpa/": NETWORK,
    "https://hidden.onion/": NETWORK,
    "https://nowhere.invalid/": NETWORK,
    "https://a_b.agency.example/": LETTERS,
    "https://-agency.example/": LETTERS,
    "https://agency-.example/": LETTERS,
    "https://" + "a" * 64 + ".example/": LETTERS,
    "https://" + "a." * 126 + "example/": LETTERS,
    "https://127.0.0.1%00.agency.example/": LETTERS,
    "https://%31%32%37.0.0.1/": NUMBERS,
    "https://agency%2eexample/": LETTERS,
    "https://agency.example%00/": LETTERS,
    "https://*.agency.example/": LETTERS,
    "https://agency.example,127.0.0.1/": NUMBERS,
    "https://agency.example;127.0.0.1/": NUMBERS,
    "https://$(hostname).example/": LETTERS,
    # Unicode that turns into something else
    "https://blåbær.example/": ASCII,
    "https://\uff11\uff12\uff17.0.0.1/": ASCII,
    "https://①②⑦.⓪.⓪.①/": ASCII,
    "https://agency\u3002example/": ASCII,
    "https://loc\u00adalhost/": ASCII,
    "https://127\u20240\u20240\u20241/": ASCII,
    "https://agency.example\u2100/": ASCII,
    # blanks and control characters
    " https://agency.example/": ASCII,
    "https://agency.example/ ": ASCII,
    "https://agency.example /": ASCII,
    "https://agency.example/\r\nHost: inside": ASCII,
    "https://agency.example/\x00": ASCII,
    "ht\ttps://agency.example/": ASCII,
    "https://agency.example/{id}": ASCII,
    "https://agency.example/<x>": ASCII,
    # other schemes, and no address at all
    "": ASCII,
    "x": ABSOLUTE,
    "https": ABSOLUTE,
    "https://": ABSOLUTE,
    "https:///events": ABSOLUTE,
    "https:/agency.example/": ABSOLUTE,
    "https:agency.example": ABSOLUTE,
    "//agency.example/": ABSOLUTE,
    "/events": ABSOLUTE,
    "ftp://agency.example/": ABSOLUTE,
    "file:///etc/passwd": ABSOLUTE,
    "gopher://agency.example:70/_": ABSOLUTE,
    "data:text/plain,x": ABSOLUTE,
    "javascript:alert(1)": ABSOLUTE,
    "jar:https://agency.example!/": ABSOLUTE,
    "httpss://agency.example/": ABSOLUTE,
    "wss://agency.example/": ABSOLUTE,
    "https://?x": ABSOLUTE,
    "https://:443/": ABSOLUTE,
    "https://agency.example/" + "a" * MAX_ENDPOINT: LONG,
}


@pytest.mark.parametrize("endpoint", HOSTILE)
def test_a_hostile_endpoint_is_refused(endpoint: str) -> None:
    """With the rule that it breaks, which repeats nothing of it."""
    rule = broken_rule(endpoint)
    assert rule is not None
    assert rule.startswith(HOSTILE[endpoint])
    assert "hemmelig" not in rule


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://agency.example/events",
        "https://agency.example",
        "https://agency.example:443/",
        "https://agency.example:8443/a/b?c=d&e=f%20g",
        "HTTPS://Agency.Example/Events",
        "https://xn--blbr-roah.example/",
        "https://7.agency.example/",
        "https://0x7f.agency.example/",
        "https://a--b.example/@me",
        "https://agency.example?at=a@b",
        "https://93.184.216.34/",
        "https://[2606:2800:220:1:248:1893:25c8:1946]:8443/",
    ],
)
def test_an_endpoint_on_the_public_network_may_be_tried(endpoint: str) -> None:
    """By name or by address, at 443 or a port that anybody may use; an at sign behind the host is one like others."""
    assert broken_rule(endpoint) is None


@pytest.mark.parametrize(
    "endpoint", ["http://127.0.0.1:8080/", "http://[::1]:80/x", "https://127.0.0.1/", "http://localhost:1/"]
)
def test_a_local_run_may_post_to_itself(endpoint: str) -> None:
    """With the setting only."""
    assert broken_rule(endpoint, loopback_allowed=True) is None
    assert broken_rule(endpoint) is not None


@pytest.mark.parametrize(
    "endpoint",
    [
        *("http://agency.example/", "https://10.0.0.1/", "https://169.254.169.254/", "http://127.0.0.2/"),
        *("http://127.1/", "http://0/", "http://[::ffff:127.0.0.1]/", "http://user@127.0.0.1/", "http://127.0.0.1#"),
        *("http://localhost.example/", "http://foo.localhost/"),
    ],
)
def test_a_local_run_may_post_nowhere_else_inside(endpoint: str) -> None:
    """The setting frees two addresses and the name of them."""
    assert broken_rule(endpoint, loopback_allowed=True) is not None


@pytest.mark.parametrize(
    "text",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "240.0.0.1", "255.255.255.255", "168.63.129.16", "::1", "::", "fe80::1", "fc00::1", "ff02::1"),
        *("2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"),
        *("64:ff9b::a83f:8110", "2001:4860::5efe:7f00:1", "2001:4860::200:5efe:7f00:1", "::7f00:1"),
    ],
)
def test_addresses_inside_are_not_public(text: str) -> None:
    """Private, loopback, link-local, shared, multicast, reserved and platform addresses, also in disguise."""
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"])
def test_addresses_outside_are_public(text: str) -> None:
    """Global unicast addresses are, and what is translated to one."""
    assert is_public(ipaddress.ip_address(text))


def test_loopback_is_two_addresses_and_their_name() -> None:
    """Not the whole of 127/8."""
    assert [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "127.0.0.2", "x")] == [True] * 3 + [
        False
    ] * 2
