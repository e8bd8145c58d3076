"""The whole service in memory: every port a fake, every consumer run by hand, crashes wherever a test wants one."""

import asyncio
import html
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from shared.domain.errors import Unavailable
from shared.domain.facts import Fact, FactType
from shared.domain.identifiers import AttachmentId, CorrespondenceId
from shared.domain.notification import ContactPoint
from shared.domain.policy import Issuer, Scope, Subject
from shared.ports import AgendaMessage, App, DeliveryMessage, Party, Resource, Rules
from shared.usecases import agenda, delivering, dialogs, lifecycle, notifying, webhooks
from tests.builders import AGENCY, BUSINESS, NOW, PERSON, RESOURCE
from tests.fakes.deliveries import FakeCircuits, FakeDeliveries, FakeFeed
from tests.fakes.neighbours import (
    FakeDeadLetters,
    FakeDecisions,
    FakeDialogs,
    FakeEmail,
    FakeEventSink,
    FakeOutbox,
    FakeScanner,
    FakeSms,
    FakeWebhooks,
)
from tests.fakes.pointers import FakeAgenda, FakeIdempotency, FakeMailboxes, FakeStuckList
from tests.fakes.registers import FakeRegistry, FakeSubscriptions
from tests.fakes.seals import FakeSeals
from tests.fakes.sendings import FakeSendings
from tests.fakes.storage import FakeAttachments, FakeBlobs, FakeCorrespondences
from tests.fakes.templates import FakeTemplates

SENDER = Subject(
    issuer=Issuer.ALTINN,
    scopes=frozenset({Scope.WRITE, Scope.SERVICE_OWNER}),
    party=AGENCY,
    organisation="310001007",
    level=3,
)
READER = Subject(issuer=Issuer.ALTINN, scopes=frozenset({Scope.READ}), party=PERSON, level=3)


class Crash(BaseException):
    """The process is gone, as by kill -9: nothing catches it."""


@dataclass
class Crasher:
    """Lets `left` more calls of ports through, then crashes once: before the call, or after it has been carried out.

    From then on the process is dead: whatever it still tries crashes too, until `restart`. When it only `fails`, the
    process lives on, and the call was Unavailable.
    """

    left: int | None = None
    after_the_call: bool = False
    fails: bool = False
    calls: int = 0
    dead: bool = False

    async def run(self, call: Callable[[], Awaitable[Any]]) -> Any:
        self.calls += 1
        if self.dead:
            raise Crash
        if self.left is None:
            return await call()
        self.left -= 1
        if self.left >= 0:
            return await call()
        self.left, self.dead = None, not (self.after_the_call or self.fails)
        if self.after_the_call:
            await call()
        if self.fails:
            raise Unavailable("neighbour")
        self.dead = True
        raise Crash

    async def restart(self) -> None:
        """A new process begins, when nothing of the old one runs any more."""
        for _ in range(100):
            await asyncio.sleep(0)
        self.dead = False


type Happening = Callable[[], Awaitable[object]]


class _Port:
    """A port whose every awaited call goes through the crasher, once what happens meanwhile has happened."""

    def __init__(self, name: str, port: object, crasher: Crasher, meanwhile: dict[str, Happening]) -> None:
        self._name = name
        self._port: Any = port
        self._crasher = crasher
        self._meanwhile = meanwhile

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._port, name)
        if name == "upload":
            return self._upload
        if name == "read" or not callable(member):
            return member

        async def call(*args: Any, **kwargs: Any) -> Any:
            if happening := self._meanwhile.pop(f"{self._name}.{name}", None):
                await happening()
            return await self._crasher.run(lambda: member(*args, **kwargs))

        return call

    @asynccontextmanager
    async def _upload(self, id_: AttachmentId) -> AsyncIterator[Any]:
        async with self._port.upload(id_) as upload:
            yield _Port("upload", upload, self._crasher, self._meanwhile)


class _Texts:
    """Texts are as they are given."""

    def is_plain_text(self, text: str) -> bool:
        return "<" not in text

    def is_markdown(self, text: str) -> bool:
        return "<" not in text

    def is_mobile(self, number: str) -> bool:
        return number.startswith("+")

    def plain(self, text: str) -> str:
        return text

    def shown(self, content: Any) -> str:
        return str(content.body)

    def rendered(self, content: Any) -> str:
        return f"<p>{html.escape(content.body)}</p>"


@dataclass
class World:
    """Fakes by name, the app made of them, and the queues between them.

    `meanwhile` names calls (`attachments.link`) and what others do right before the next one of them, once.
    """

    now: datetime = NOW
    correspondences: FakeCorrespondences = field(default_factory=FakeCorrespondences)
    attachments: FakeAttachments = field(default_factory=FakeAttachments)
    mailboxes: FakeMailboxes = field(default_factory=FakeMailboxes)
    agenda: FakeAgenda = field(default_factory=FakeAgenda)
    idempotency: FakeIdempotency = field(default_factory=FakeIdempotency)
    outbox: FakeOutbox = field(default_factory=FakeOutbox)
    stuck: FakeStuckList = field(default_factory=FakeStuckList)
    dead_letters: FakeDeadLetters = field(default_factory=FakeDeadLetters)
    blobs: FakeBlobs = field(default_factory=FakeBlobs)
    scanner: FakeScanner = field(default_factory=FakeScanner)
    registry: FakeRegistry = field(default_factory=FakeRegistry)
    decisions: FakeDecisions = field(default_factory=FakeDecisions)
    sendings: FakeSendings = field(default_factory=FakeSendings)
    email: FakeEmail = field(default_factory=FakeEmail)
    sms: FakeSms = field(default_factory=FakeSms)
    dialogs: FakeDialogs = field(default_factory=FakeDialogs)
    subscriptions: FakeSubscriptions = field(default_factory=FakeSubscriptions)
    deliveries: FakeDeliveries = field(default_factory=FakeDeliveries)
    circuits: FakeCircuits = field(default_factory=FakeCircuits)
    feed: FakeFeed = field(default_factory=FakeFeed)
    webhooks: FakeWebhooks = field(default_factory=FakeWebhooks)
    event_sink: FakeEventSink = field(default_factory=FakeEventSink)
    texts: _Texts = field(default_factory=_Texts)
    templates: FakeTemplates = field(default_factory=FakeTemplates)
    seals: FakeSeals = field(default_factory=FakeSeals)
    crasher: Crasher = field(default_factory=Crasher)
    meanwhile: dict[str, Happening] = field(default_factory=dict)
    rules: Rules = field(default_factory=lambda: Rules(public_base_url="https://c.example", minimum_expiration_days=1))

    def __post_init__(self) -> None:
        self.registry.resources[RESOURCE] = Resource(
            id=RESOURCE, owner=AGENCY, owner_code="exa", type="CorrespondenceService", titles={"nb": "Brev"}
        )
        for number, (party, name) in enumerate(((AGENCY, "Etaten"), (BUSINESS, "Bedriften"), (PERSON, "Kari Prøve"))):
            self.registry.known[party] = Party(urn=party, uuid=f"0000-{number}", party_id=number, name=name)
        self.registry.hosts[AGENCY] = frozenset({"files.example.com"})
        self.registry.contact_points[PERSON] = ContactPoint(emails=("kari@person.example",), mobiles=("+4740000001",))
        self.registry.contact_points[BUSINESS] = ContactPoint(emails=("post@business.example",))

    @property
    def app(self) -> App:
        """The app as the use cases know it."""
        ports = {
            f.name: getattr(self, f.name) for f in fields(App) if f.name not in {"clock", "rules", "texts", "seals"}
        }
        wrapped: dict[str, Any] = {
            name: _Port(name, port, self.crasher, self.meanwhile) for name, port in ports.items()
        }
        return App(**wrapped, clock=lambda: self.now, rules=self.rules, texts=self.texts, seals=self.seals)

    async def settle(self) -> None:
        """Every message is consumed, and those that come of it, as long as there are any."""
        for _ in range(200):
            if not (self.outbox.facts or self.outbox.agenda or self.outbox.deliveries):
                return
            await self._consume()
        raise AssertionError("the consumers never come to rest")

    async def advance(self, by: timedelta) -> None:
        """Time passes in one leap; what came due is swept and done, until nothing more is due now."""
        self.now += by
        while await agenda.sweep(self.app):
            await self.settle()

    async def _consume(self) -> None:
        """One message of each kind leaves its queue only when its consumer has finished (peek-lock)."""
        queues: tuple[list[Any], ...] = (self.outbox.facts, self.outbox.agenda, self.outbox.deliveries)
        for queue in queues:
            if queue:
                message = queue[0]
                await self.handle(message)
                queue.remove(message)

    async def handle(self, message: Fact | AgendaMessage | DeliveryMessage) -> None:
        """Every consumer of this message has done its work."""
        app = self.app
        if isinstance(message, AgendaMessage):
            await agenda.act(app, message)
        elif isinstance(message, DeliveryMessage):
            await delivering.deliver(app, message)
        else:
            fact = message
            await lifecycle.care(app, fact.aggregate, fact.aggregate_id)
            await webhooks.fan_out(app, fact.resource_id, fact.aggregate, fact.aggregate_id, fact.sequence)
            if fact.aggregate == "correspondence":
                await dialogs.carry_over(app, CorrespondenceId(fact.aggregate_id))
                await lifecycle.repair_mailboxes(app, CorrespondenceId(fact.aggregate_id))
            if fact.type is FactType.PUBLISHED:
                await notifying.notify(app, CorrespondenceId(fact.aggregate_id))
