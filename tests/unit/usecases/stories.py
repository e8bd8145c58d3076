"""Short ways to begin a test of a use case: a letter that was sent, a file that was stored, a refusal."""

import os
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest

from shared.domain.attachment import Attachment
from shared.domain.correspondence import Correspondence
from shared.domain.errors import DomainError, Refusal
from shared.domain.facts import FactType
from shared.domain.identifiers import AttachmentId, CorrespondenceId, PartyUrn, uuid7
from shared.domain.policy import Action, Subject
from shared.usecases import attachments, scanning
from shared.usecases.initialise import StagedFile, initialise
from tests.builders import AGENCY, PERSON, message, new_attachment
from tests.fakes.world import SENDER, World

RECIPIENT = ((Action.READ, PERSON), (Action.READ_ATTACHMENT, PERSON))
OWNER = ((Action.WRITE, AGENCY),)
CONTENT = b"%PDF-1.7 vedtak"


def permit(world: World, *pairs: tuple[Action, PartyUrn]) -> None:
    """From now on only these are permitted."""
    world.decisions.only = pairs


async def refused(call: Awaitable[object]) -> Refusal:
    """The refusal that the call ends with."""
    with pytest.raises(DomainError) as caught:
        await call
    return caught.value.refusal


async def sent(world: World, **changes: Any) -> CorrespondenceId:
    """A letter was accepted, to the person unless told otherwise."""
    made = await initialise(world.app, SENDER, message(**({"recipients": (PERSON,)} | changes)))
    return made.correspondences[0].id


async def published(world: World, **changes: Any) -> CorrespondenceId:
    """A letter was accepted, and all that follows from it has been done."""
    id_ = await sent(world, **changes)
    await world.settle()
    return id_


async def chunks(content: bytes = CONTENT) -> AsyncIterator[bytes]:
    """The bytes as they arrive, in pieces of ten."""
    for start in range(0, len(content), 10):
        yield content[start : start + 10]


async def uploaded(world: World, content: bytes = CONTENT, caller: Subject = SENDER, **changes: Any) -> AttachmentId:
    """A file was announced and its bytes stored; nobody has scanned it yet."""
    id_ = await attachments.initialise_attachment(world.app, caller, new_attachment(**changes))
    await attachments.upload(world.app, caller, id_, chunks(content), content_length=len(content))
    return id_


async def stored(world: World, content: bytes = CONTENT, **changes: Any) -> AttachmentId:
    """A file was stored and scanned, and everybody was told."""
    id_ = await uploaded(world, content, **changes)
    await scanning.scan_attachment(world.app, id_)
    await world.settle()
    return id_


def state_of(world: World, id_: CorrespondenceId) -> Correspondence:
    """The letter as it lies in the table."""
    return world.correspondences.partitions[id_].state


def file_of(world: World, id_: AttachmentId) -> Attachment:
    """The attachment as it lies in the table."""
    return world.attachments.partitions[id_].state


def facts_of(world: World, id_: CorrespondenceId | AttachmentId) -> list[FactType]:
    """What has happened to a letter or a file, in order."""
    kept = world.correspondences.partitions.get(id_) or world.attachments.partitions[id_]
    return [fact.type for fact in sorted(kept.facts, key=lambda fact: fact.sequence)]


async def read_all(pieces: AsyncIterator[bytes]) -> bytes:
    """All the bytes."""
    return b"".join([piece async for piece in pieces])


async def staged(world: World, name: str = "vedtak.pdf", content: bytes = CONTENT) -> StagedFile:
    """A file of a form: its bytes have arrived and are not committed."""
    id_ = AttachmentId(uuid7(world.now, os.urandom(10)))
    async with world.app.blobs.upload(id_) as upload:
        await upload.write(content)
    return StagedFile(name, len(content), id_, upload, await upload.flush())
