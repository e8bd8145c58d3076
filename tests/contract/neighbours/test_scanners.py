"""The port Scanner: the built-in scanner, ClamAV's real daemon over TCP and over a socket, and the fake."""

from collections.abc import AsyncIterator, Iterator

import pytest

from shared.adapters.archives import Bounds
from shared.adapters.clamd import ClamdScanner
from shared.adapters.scanner import BuiltinScanner
from shared.domain.errors import Conflict, Unavailable
from shared.domain.identifiers import AttachmentId
from shared.domain.verdicts import Scan
from shared.ports import Scanner
from tests import clamav
from tests.builders import NOW, new_id
from tests.fakes.neighbours import FakeScanner
from tests.wrappings import EICAR, HARMLESS, INFECTED, INFECTED_FOR_CLAMD, encrypted, nested, zipped

FILE = AttachmentId(new_id("file"))
ETAG = "0x8DE"
REAL = ("builtin", "clamd", "clamd by socket")
pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def daemon() -> Iterator[clamav.Clamd]:
    """ClamAV's daemon, once for all these tests."""
    if clamav.CLAMD is None:
        pytest.skip(clamav.MISSING)
    with clamav.clamd() as running:
        yield running


def made(kind: str, request: pytest.FixtureRequest) -> Scanner:
    match kind:
        case "builtin":
            return BuiltinScanner(Bounds(unpacked_bytes=4 * clamav.MAX_BYTES, members=100))
        case "fake":
            return FakeScanner()
        case _:
            daemon: clamav.Clamd = request.getfixturevalue("daemon")
            return ClamdScanner(daemon.tcp if kind == "clamd" else daemon.socket, max_bytes=clamav.MAX_BYTES)


@pytest.fixture(params=REAL)
def scanner(request: pytest.FixtureRequest) -> Scanner:
    """A scanner that looks."""
    return made(request.param, request)


@pytest.fixture(params=(*REAL, "fake"))
def any_scanner(request: pytest.FixtureRequest) -> Scanner:
    """A scanner that looks, or the fake, which says what it was told to say."""
    return made(request.param, request)


@pytest.fixture
def clamd(request: pytest.FixtureRequest) -> Scanner:
    """ClamAV."""
    return made("clamd", request)


async def pieces(content: bytes, size: int = 64 * 1024) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def said(scanner: Scanner, content: bytes, *, size: int = 64 * 1024) -> Scan:
    verdict = await scanner.scan(pieces(content, size), id_=FILE, etag=ETAG, now=NOW)
    assert (verdict.etag, verdict.at) == (ETAG, NOW)
    assert verdict.reason
    return verdict.scan


@pytest.mark.parametrize("content", [b"", b"a", b"letter" * 50_000])
async def test_a_verdict_is_about_these_bytes_now(any_scanner: Scanner, content: bytes) -> None:
    """It carries the ETag and the time it was asked with, and a reason."""
    assert await said(any_scanner, content) is Scan.CLEAN


async def test_what_the_source_of_the_bytes_raises_goes_through(scanner: Scanner) -> None:
    """Bytes that were replaced get no verdict."""

    async def replaced() -> AsyncIterator[bytes]:
        yield b"beginning"
        raise Conflict("the bytes are gone")

    with pytest.raises(Conflict):
        await scanner.scan(replaced(), id_=FILE, etag=ETAG, now=NOW)


@pytest.mark.parametrize("name", INFECTED)
async def test_the_test_file_is_found(scanner: Scanner, name: str) -> None:
    """Alone, among other bytes, and in archives."""
    assert await said(scanner, INFECTED[name]) is Scan.INFECTED


@pytest.mark.parametrize("name", INFECTED_FOR_CLAMD)
async def test_the_test_file_is_found_in_what_only_a_real_scanner_opens(clamd: Scanner, name: str) -> None:
    """Other archives, and mails."""
    assert await said(clamd, INFECTED_FOR_CLAMD[name]) is Scan.INFECTED


@pytest.mark.parametrize("name", HARMLESS)
async def test_harmless_bytes_are_clean(scanner: Scanner, name: str) -> None:
    """However much they look like something else."""
    assert await said(scanner, HARMLESS[name]) is Scan.CLEAN


@pytest.mark.parametrize("size", [1, 7, 67, 68, 69, 4096, 65536])
async def test_the_test_file_is_found_however_the_bytes_are_cut(scanner: Scanner, size: int) -> None:
    """Across the borders of pieces, and when pieces end exactly where it begins or ends."""
    content = b"x" * size + EICAR + b"y" * size if size < 1000 else b"x" * (size - 30) + EICAR + b"y" * size
    assert await said(scanner, content, size=size) is Scan.INFECTED


async def test_empty_pieces_do_not_end_the_bytes(scanner: Scanner) -> None:
    """What comes after them is scanned as well."""

    async def with_gaps() -> AsyncIterator[bytes]:
        for piece in (b"", b"x" * 100, b"", EICAR, b""):
            yield piece

    verdict = await scanner.scan(with_gaps(), id_=FILE, etag=ETAG, now=NOW)
    assert verdict.scan is Scan.INFECTED


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(zipped(bytes(5 * clamav.MAX_BYTES)), id="a file that unpacks to too much"),
        pytest.param(zipped(*(bytes(clamav.MAX_BYTES - 1) for _ in range(6))), id="files that unpack to too much"),
        pytest.param(zipped(*(b"%d" % n for n in range(200))), id="too many files"),
        pytest.param(nested(b"harmless", 12), id="too deep"),
        pytest.param(nested(EICAR, 12), id="the test file, too deep"),
        pytest.param(zipped(bytes(5 * clamav.MAX_BYTES) + EICAR), id="the test file behind too much"),
        pytest.param(zipped(bytes(5 * clamav.MAX_BYTES), EICAR[:-1]), id="a bomb beside a small file"),
    ],
)
async def test_what_goes_beyond_the_limits_is_never_clean(scanner: Scanner, content: bytes) -> None:
    """Bombs of every kind: not scanned, or found."""
    assert await said(scanner, content) is not Scan.CLEAN


async def test_an_encrypted_archive_is_judged_by_what_can_be_seen(clamd: Scanner) -> None:
    """ClamAV lets it pass, since letters may be encrypted, unless it is configured to alert."""
    assert await said(clamd, encrypted(b"secret")) is Scan.CLEAN


@pytest.mark.parametrize("over", [0, 2, 100_000, 20_000_000])
async def test_a_file_at_the_limit_is_scanned_and_one_beyond_is_not(clamd: Scanner, over: int) -> None:
    """Whether the daemon answers in the middle of the stream or breaks it off."""
    content = bytes(clamav.MAX_BYTES - 1 + over)
    assert (await said(clamd, content) is Scan.CLEAN) is (over == 0)
    assert await said(clamd, content[:-68] + EICAR) is not Scan.CLEAN


async def test_a_daemon_that_is_not_there_is_unavailable(tmp_path_factory: pytest.TempPathFactory) -> None:
    """By either way; nothing is read of the bytes."""
    missing = tmp_path_factory.mktemp("no") / "clamd.sock"
    for address in ("127.0.0.1:1", str(missing)):
        with pytest.raises(Unavailable):
            await ClamdScanner(address, max_bytes=1).scan(pieces(EICAR), id_=FILE, etag=ETAG, now=NOW)


async def test_a_daemon_that_dies_during_a_scan_is_unavailable() -> None:
    """The bytes are not to blame: they are scanned again."""
    if clamav.CLAMD is None:
        pytest.skip(clamav.MISSING)
    with clamav.clamd() as dying:

        async def killing() -> AsyncIterator[bytes]:
            yield b"x" * 100_000
            dying.process.kill()
            dying.process.wait(10)
            while True:
                yield bytes(1024 * 1024)

        with pytest.raises(Unavailable):
            await ClamdScanner(dying.tcp, max_bytes=clamav.MAX_BYTES).scan(killing(), id_=FILE, etag=ETAG, now=NOW)
