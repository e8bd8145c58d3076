"""Bodies that a request only names: stored elsewhere, or the text of an attachment that many letters share."""

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.attachment import External
from shared.domain.bodies import MAX_BODY_BYTES
from shared.domain.correspondence import BodyFormat, Content
from shared.domain.errors import Refusal
from shared.domain.identifiers import AttachmentId
from shared.usecases import attachments, reading
from shared.usecases.dry_run import dry_run
from tests.builders import BUSINESS, OTHER_AGENCY, PERSON, content, message, new_id
from tests.fakes.world import READER, SENDER, World
from tests.unit.usecases.stories import file_of, published, refused, sent, stored, uploaded

URL = "https://files.example.com/letter?a=1&copy;=2"


@pytest.fixture
def world() -> World:
    """A service with nothing in it; the agency may point to one host."""
    return World()


async def kept(world: World, **changes: Any) -> Content:
    """What is kept of a letter with this content, once it is published."""
    id_ = await published(world, content=content(body="", **changes))
    return world.correspondences.contents[id_]


async def body_file(world: World, name: str, text: str | bytes) -> AttachmentId:
    """A published attachment with this text."""
    return await stored(world, text if isinstance(text, bytes) else text.encode(), file_name=name)


@pytest.mark.parametrize(
    ("language", "words"), [("nb", "Les meldingen"), ("NN", "Les meldinga"), ("en", "Read the message")]
)
async def test_a_body_elsewhere_is_a_link(world: World, language: str, words: str) -> None:
    """In the language of the letter; nobody fetches it."""
    letter = await kept(world, language=language, body_url=URL)
    assert letter.body == f"[{words}](https://files.example.com/letter?a=1\\&copy;=2)"
    assert (letter.format, letter.body_url) == (BodyFormat.MARKDOWN, URL)


@pytest.mark.parametrize(
    ("url", "refusal"),
    [
        ("http://files.example.com/x", Refusal.EXTERNAL_ADDRESS_INVALID),
        ("https://evil.example/x", Refusal.EXTERNAL_HOST_NOT_ALLOWED),
        ("https://files.example.com/{{recipientName}}", Refusal.EXTERNAL_ADDRESS_INVALID),
    ],
)
async def test_a_body_elsewhere_is_on_a_host_of_the_list(world: World, url: str, refusal: Refusal) -> None:
    """7010 or 7011; nobody's name goes into an address."""
    assert await refused(sent(world, content=content(body="", body_url=url))) is refusal


@pytest.mark.parametrize(
    ("name", "form"),
    [("a.html", BodyFormat.HTML), ("A.HTML", BodyFormat.HTML), ("a.txt", BodyFormat.PLAIN_TEXT),
     ("a.json", BodyFormat.PLAIN_TEXT)],
)  # fmt: skip
async def test_a_body_can_be_an_attachment(world: World, name: str, form: BodyFormat) -> None:
    """Its name says the format; a mark of the encoding is no text."""
    file = await body_file(world, name, b"\xef\xbb\xbfB\xc3\xb8rge & <b>co</b>")
    letter = await kept(world, body_attachment_id=file)
    assert (letter.body, letter.format, letter.body_attachment_id) == ("Børge & <b>co</b>", form, file)


async def test_many_letters_share_a_body(world: World) -> None:
    """Each with its own recipient's name, and whatever becomes of the attachment."""
    file = await body_file(world, "a.txt", "Hei {{recipientName}}")
    first = await published(world, content=content(body="", body_attachment_id=file))
    other = await published(world, content=content(body="", body_attachment_id=file), recipients=(BUSINESS,))
    await attachments.delete(world.app, SENDER, file)
    assert await reading.open_content(world.app, READER, first) == "Hei Kari Prøve"
    assert world.correspondences.contents[other].body == "Hei Bedriften"
    assert (await reading.overview(world.app, READER, first)).shown_body == "Hei Kari Prøve"


@pytest.mark.parametrize(
    ("name", "data", "refusal"),
    [
        ("a.pdf", b"x", Refusal.BODY_ATTACHMENT_UNFIT),
        ("a.xml", b"x", Refusal.BODY_ATTACHMENT_UNFIT),
        ("a.txt", b"\xff\xfe", Refusal.BODY_ATTACHMENT_UNFIT),
        ("a.txt", b"a\x00b", Refusal.BODY_ATTACHMENT_UNFIT),
        ("a.txt", b" \n ", Refusal.BODY_EMPTY),
        ("a.txt", b"x" * 30_001, Refusal.BODY_TOO_LONG),
        ("a.txt", b"x" * (MAX_BODY_BYTES + 1), Refusal.BODY_TOO_LONG),
    ],
)
async def test_an_attachment_that_is_no_body_is_refused(world: World, name: str, data: bytes, refusal: Refusal) -> None:
    """7012 for its type or bytes, 1021 and 1022 as for any body."""
    file = await body_file(world, name, data)
    assert await refused(sent(world, content=content(body="", body_attachment_id=file))) is refusal


async def test_only_a_published_attachment_of_the_same_sender_is_a_body(world: World) -> None:
    """1007, 1018, 1017; what is stored elsewhere has no text: 7012."""

    async def refusal_of(id_: AttachmentId) -> Refusal:
        return await refused(sent(world, content=content(body="", body_attachment_id=id_)))

    assert await refusal_of(AttachmentId(new_id("attachment"))) is Refusal.EXISTING_ATTACHMENT_UNKNOWN
    assert await refusal_of(await uploaded(world, file_name="a.txt")) is Refusal.ATTACHMENT_NOT_PUBLISHED
    file = await body_file(world, "a.txt", "x")
    world.attachments.partitions[file].state = replaced(world, file, sender=OTHER_AGENCY)
    assert await refusal_of(file) is Refusal.ATTACHMENT_OF_ANOTHER_SENDER
    link = await body_file(world, "b.txt", "x")
    world.attachments.partitions[link].state = replaced(world, link, stored=None, external=External(URL))
    assert await refusal_of(link) is Refusal.BODY_ATTACHMENT_UNFIT
    swapped = await body_file(world, "c.txt", "x")
    world.blobs.swap(swapped, b"y")
    assert await refusal_of(swapped) is Refusal.ATTACHMENT_NOT_PUBLISHED


def replaced(world: World, id_: AttachmentId, **changes: Any) -> Any:
    """The attachment with these changes, behind everybody's back."""
    return replace(file_of(world, id_), **changes)


async def test_a_dry_run_shows_the_body_that_would_be_sent(world: World) -> None:
    """The text of the attachment for each recipient; the link to one elsewhere."""
    file = await body_file(world, "a.txt", "Hei {{recipientName}}")
    asked = message(recipients=(PERSON,), content=content(body="", body_attachment_id=file))
    planned = await dry_run(world.app, SENDER, asked)
    assert planned.letters[0].content is not None
    assert planned.letters[0].content.body == "Hei Kari Prøve"
    asked = message(recipients=(PERSON,), content=content(body="", body_url=URL))
    assert (await dry_run(world.app, SENDER, asked)).content.body.startswith("[Les meldingen](")


async def test_the_largest_body_of_an_attachment_fits(world: World) -> None:
    """30,000 characters of three bytes each, with a mark."""
    file = await body_file(world, "a.txt", b"\xef\xbb\xbf" + "€".encode() * 30_000)
    assert len((await kept(world, body_attachment_id=file)).body) == 30_000
