"""The scene of every example: a world in which the things that examples name are there, and the API over it."""

import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cache
from unittest.mock import patch

import httpx
from fastapi import FastAPI

from functions.http import composition
from functions.http.api import build
from functions.http.openapi import entry
from functions.http.openapi.entry import Example
from functions.http.openapi.templates import TEMPLATE
from functions.http.operation import FORM, Operation, Policy
from shared.domain import attachment as attachments_domain
from shared.domain import publishing
from shared.domain.attachment import External
from shared.domain.changes import Due, Task
from shared.domain.correspondence import AttachmentUse, ReplyOption
from shared.domain.identifiers import AttachmentId, CorrespondenceId, PartyUrn
from shared.domain.policy import Action, Issuer, Scope, Subject, own_work
from shared.domain.stuck import Stuck, StuckKind
from shared.schemas.templates import TemplateRequest
from shared.usecases import acting, attachments, direct_uploads, reading, saving, scanning, subscribing
from tests.builders import AGENCY, NOW, PERSON, RESOURCE, content, correspondence, new_attachment, notification_request
from tests.fakes.world import READER, SENDER, World

_SUBSCRIBER = Subject(
    issuer=Issuer.ALTINN, scopes=frozenset({Scope.EVENTS_SUBSCRIBE}), party=AGENCY, organisation="310001007"
)
_CHECKER = Subject(issuer=Issuer.MASKINPORTEN, scopes=frozenset({Scope.CONDITION_CHECK}))
CALLERS: Mapping[str, Subject] = {
    Policy.SENDER: SENDER,
    Policy.RECIPIENT: READER,
    Policy.SENDER_OR_RECIPIENT: READER,
    Policy.DOWNLOAD: READER,
    Policy.NOTIFICATION_CHECK: _CHECKER,
    Policy.FORWARD_CHECK: Subject(issuer=Issuer.ALTINN, scopes=frozenset({Scope.FORWARD_CHECK})),
    Policy.SUBSCRIBER: _SUBSCRIBER,
    Policy.MAINTENANCE: Subject(issuer=Issuer.MASKINPORTEN, scopes=frozenset({Scope.MAINTENANCE})),
}
"""Who sends the examples of each policy; their bearer token is the policy's name."""


async def scene() -> World:
    """The letters and files that examples name, and one subscription; ids are the same each time."""
    world = World()
    world.decisions.only = ((Action.READ, PERSON), (Action.READ_ATTACHMENT, PERSON), (Action.WRITE, AGENCY))
    for id_, has_bytes in ((entry.FILE, True), (entry.FREE_FILE, True), (entry.NEW_FILE, False)):
        await _file(world, AttachmentId(id_), has_bytes=has_bytes)
    await _file(world, AttachmentId(entry.WRITTEN_FILE), has_bytes=False)
    await direct_uploads.begin(world.app, SENDER, AttachmentId(entry.WRITTEN_FILE))
    world.blobs.put(AttachmentId(entry.WRITTEN_FILE), b"%PDF-1.7 written")
    await _letter(world, entry.LETTER, notification=notification_request(), is_confirmation_needed=True)
    await _letter(world, entry.READ_LETTER, allow_forwarding=True)
    await _link(world, AttachmentId(entry.LINK_FILE))
    await _letter(world, entry.LINK_LETTER, file=entry.LINK_FILE)
    for id_ in (entry.LETTER, entry.READ_LETTER):
        await reading.overview(world.app, READER, CorrespondenceId(id_))
    await world.settle()
    await world.advance(timedelta(minutes=1))  # What came before is not for the subscriber.
    wish = subscribing.NewSubscription(endpoint="https://agency.example/letters", resource_id=RESOURCE)
    await subscribing.subscribe(world.app, _SUBSCRIBER, wish)
    await acting.mark_as_read(world.app, READER, CorrespondenceId(entry.READ_LETTER))
    await _dead_letter(world)
    await _template(world)
    await world.settle()
    return world


async def _file(world: World, id_: AttachmentId, *, has_bytes: bool) -> None:
    state = attachments.begun(world.app, id_, AGENCY, new_attachment())
    change = attachments_domain.initialise(state, party=AGENCY, announce=True, now=NOW)
    await saving.create_attachment(world.app, change, own_work(Action.WRITE, RESOURCE, "scene"))
    if has_bytes:
        await attachments.upload(world.app, SENDER, id_, _bytes(), content_length=None)
        await scanning.scan_attachment(world.app, id_)
        await world.settle()


async def _dead_letter(world: World) -> None:
    again = Due(Task.CATCH_UP, f"notify:{entry.LETTER}:0", NOW)
    about = "notifications/0d7c6bce"
    item = Stuck(kind=StuckKind.DEAD_LETTER, about=about, since=NOW, reason="MaxDeliveryCountExceeded", again=again)
    assert item.id == entry.STUCK
    await world.app.stuck.put(item)


async def _template(world: World) -> None:
    made = await world.templates.add(TemplateRequest.read(TEMPLATE).to_domain(RESOURCE, NOW))
    await world.templates.change_activations(RESOURCE, lambda known: known.with_active(made.version))


async def _link(world: World, id_: AttachmentId) -> None:
    new = new_attachment(file_name="model.zip", external=External(entry.LINK))
    change = attachments_domain.keep_external(attachments.begun(world.app, id_, AGENCY, new), party=AGENCY, now=NOW)
    await saving.create_attachment(world.app, change, own_work(Action.WRITE, RESOURCE, "scene"))


async def _bytes() -> AsyncIterator[bytes]:
    yield b"%PDF-1.7 vedtak"


async def _letter(world: World, id_: str, *, file: str = entry.FILE, **changes: object) -> None:
    uses = (AttachmentUse(AttachmentId(file), None),)
    new = correspondence(
        id=CorrespondenceId(id_),
        recipient=PartyUrn(entry.PERSON),
        attachments=uses,
        due_date_time=NOW.replace(year=2036),
        reply_options=(ReplyOption("https://agency.example/answer", "Svar"),),
        **changes,
    )
    change = publishing.initialise(new, party=AGENCY, ready=True, reserved=False, now=NOW)
    await world.app.attachments.link(AttachmentId(file), new.id, at=NOW)
    await saving.create_correspondences(
        world.app, [saving.NewCorrespondence(change, content())], own_work(Action.WRITE, RESOURCE, "scene"), now=NOW
    )
    await world.settle()


@cache
def _api() -> FastAPI:
    """Made once: it holds nothing of a world."""
    return build()


@asynccontextmanager
async def served(world: World, callers: Mapping[str, Subject] = CALLERS) -> AsyncIterator[httpx.AsyncClient]:
    """The API over this world; bearer tokens are names of callers (those of examples are policies'), and chance is no
    chance.
    """
    numbers = itertools.count(1)

    async def subject_of(authorization: str | None) -> Subject | None:
        return callers.get((authorization or "").removeprefix("Bearer "))

    def urandom(size: int) -> bytes:
        return next(numbers).to_bytes(size)

    with (
        patch.object(composition, "the_app", lambda: world.app),
        patch.object(composition, "subject_of", subject_of),
        patch("os.urandom", urandom),
    ):
        transport = httpx.ASGITransport(app=_api(), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            yield http


async def carry_out(
    http: httpx.AsyncClient, operation: Operation, example: Example, *, caller: str | None = None
) -> httpx.Response:
    """The answer to the example, sent by the policy's own caller or by another one; an empty name is nobody's."""
    token = operation.policy if caller is None else caller
    headers = {**({"Authorization": f"Bearer {token}"} if token else {}), **example.headers}
    if operation.consumes and operation.consumes != FORM:
        headers["Content-Type"] = operation.consumes
    files = [("attachments", (name, text.encode())) for name, text in example.files.items()]
    return await http.request(
        operation.method,
        operation.path.replace("{path:path}", "{path}").format(**example.path),
        params=dict(example.query),
        headers=headers,
        json=example.json,
        content=example.content,
        data=example.form,
        files=files or None,
    )
