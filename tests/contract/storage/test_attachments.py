"""The port Attachments: what both the fake and the table do."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain import attachment as domain
from shared.domain.attachment import AttachmentStatus, Stored
from shared.domain.errors import Conflict
from shared.domain.facts import FactType
from shared.domain.identifiers import AttachmentId, CorrespondenceId
from shared.domain.verdicts import Scan, Verdict
from shared.ports import Attachments
from tests.builders import AGENCY, NOW, stored
from tests.contract.storage.makers import PERMIT, fresh, new_attachment


async def test_what_was_created_is_loaded_as_it_was(attachments: Attachments) -> None:
    """Every member of the root survives."""
    change = new_attachment(file_name="vedtak æ.pdf", display_name=None, is_encrypted=True, expiration_in_days=14)
    assert await attachments.create(change, PERMIT)
    loaded = await attachments.load(change.state.id)
    assert loaded is not None
    assert loaded.state == change.state
    assert not await attachments.create(change, PERMIT)
    assert await attachments.load(AttachmentId(fresh())) is None


async def test_those_that_exist_are_loaded_together(attachments: Attachments) -> None:
    """A hundred ids, some unknown, some twice."""
    changes = [new_attachment() for _ in range(5)]
    for change in changes:
        await attachments.create(change, PERMIT)
    known = [change.state.id for change in changes]
    unknown = [AttachmentId(fresh()) for _ in range(90)]
    found = await attachments.load_many([*unknown, *known, *known])
    assert found == {change.state.id: change.state for change in changes}
    assert await attachments.load_many([]) == {}


async def test_an_upload_a_verdict_and_a_publication(attachments: Attachments) -> None:
    """The verdict is a row of its own, found by the ETag with or without quotes, whenever it came."""
    change = new_attachment()
    id_ = change.state.id
    await attachments.create(change, PERMIT)
    loaded = await attachments.load(id_)
    assert loaded is not None
    await attachments.save(domain.begin_upload(loaded.state, "u1", party=AGENCY, now=NOW), loaded.etag, PERMIT)
    verdict = Verdict("0x8DE", Scan.CLEAN, "", NOW)
    loaded = await attachments.load(id_) or loaded
    await attachments.save(domain.record_verdict(loaded.state, verdict, now=NOW), loaded.etag, PERMIT)
    assert await attachments.verdict(id_, "0x8DE") == verdict
    assert await attachments.verdict(id_, '"0x8DE"') == verdict
    assert await attachments.verdict(id_, "0x8DF") is None
    loaded = await attachments.load(id_) or loaded
    commit = domain.commit_upload(loaded.state, "u1", stored(), verdict, now=NOW)
    assert commit is not None
    await attachments.save(commit, loaded.etag, PERMIT)
    loaded = await attachments.load(id_) or loaded
    assert (loaded.state.status, loaded.state.stored) == (AttachmentStatus.PUBLISHED, stored())
    assert [entry.status for entry in await attachments.history(id_)] == [
        "Initialized",
        "UploadProcessing",
        "Published",
    ]
    facts = await attachments.facts(id_)
    assert [fact.type for fact in facts] == [FactType.ATTACHMENT_INITIALIZED, FactType.ATTACHMENT_PUBLISHED]
    assert await attachments.facts(id_, after=facts[0].sequence) == facts[1:]


async def test_a_stale_version_is_refused(attachments: Attachments) -> None:
    """A second save under the same version is a conflict."""
    change = new_attachment()
    await attachments.create(change, PERMIT)
    loaded = await attachments.load(change.state.id)
    assert loaded is not None
    begun = domain.begin_upload(loaded.state, "u1", party=AGENCY, now=NOW)
    await attachments.save(begun, loaded.etag, PERMIT)
    with pytest.raises(Conflict):
        await attachments.save(begun, loaded.etag, PERMIT)


async def test_big_sizes_are_kept(attachments: Attachments) -> None:
    """Fifty gigabytes are more than 32 bits."""
    huge = Stored("0x1", 50_000_000_000, "0" * 32, "0" * 64)
    change = new_attachment()
    change = replace(change, state=replace(change.state, stored=huge))
    await attachments.create(change, PERMIT)
    assert (await attachments.load_many([change.state.id]))[change.state.id].stored == huge


async def test_links_come_in_pages(attachments: Attachments) -> None:
    """By correspondence id, each with its time; a link written again is one; one that is gone may be dropped."""
    id_ = AttachmentId(fresh())
    users = sorted(CorrespondenceId(fresh()) for _ in range(7))
    for number, user in enumerate(users):
        await attachments.link(id_, user, at=NOW + timedelta(seconds=number))
    await attachments.link(id_, users[0], at=NOW)
    first = await attachments.links(id_, limit=3)
    rest = await attachments.links(id_, after=first[-1][0])
    assert [*first, *rest] == [(user, NOW + timedelta(seconds=number)) for number, user in enumerate(users)]
    await attachments.unlink(id_, users[0])
    await attachments.unlink(id_, users[0])
    assert [user for user, _ in await attachments.links(id_, limit=1)] == [users[1]]
    assert not await attachments.links(id_, after=users[-1])


async def test_nothing_is_saved_without_a_permit(attachments: Attachments) -> None:
    """Whoever comes without one is turned away."""
    nothing: object = None
    change = new_attachment()
    with pytest.raises(TypeError):
        await attachments.create(change, nothing)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        await attachments.save(change, "v1", nothing)  # type: ignore[arg-type]
