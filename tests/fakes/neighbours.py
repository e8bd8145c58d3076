"""In-memory neighbours: small, honest about failing, and with a list of what they were asked."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.errors import Rejected
from shared.domain.facts import Fact
from shared.domain.identifiers import AttachmentId, PartyUrn, resource_id
from shared.domain.policy import Action, Subject
from shared.domain.subscription import Attempt, Consent, Keys, Signing, Subscription
from shared.domain.verdicts import Scan, Verdict
from shared.ports import AgendaMessage, DeadLetter, DeliveryMessage, EmailMessage, EmailOutcome, KnownDialog, Resource


@dataclass
class Failing:
    """What the next calls raise, first one first; None lets a call through."""

    failures: list[Exception | None] = field(default_factory=list)

    def fail(self, *failures: Exception | None) -> None:
        """Plan the outcome of the next calls."""
        self.failures += failures

    def _next(self) -> None:
        if self.failures and (failure := self.failures.pop(0)) is not None:
            raise failure


@dataclass
class FakeOutbox(Failing):
    """Keeps what was sent; `sends` counts the calls that sent something."""

    facts: list[Fact] = field(default_factory=list)
    agenda: list[AgendaMessage] = field(default_factory=list)
    deliveries: list[DeliveryMessage] = field(default_factory=list)
    sends: int = 0

    async def send_facts(self, facts: Sequence[Fact]) -> None:
        self._take(facts, self.facts)

    async def send_agenda(self, messages: Sequence[AgendaMessage]) -> None:
        self._take(messages, self.agenda)

    async def send_deliveries(self, messages: Sequence[DeliveryMessage]) -> None:
        self._take(messages, self.deliveries)

    def _take[T](self, given: Sequence[T], kept: list[T]) -> None:
        if given:
            self._next()
            kept += given
            self.sends += 1


@dataclass
class FakeDeadLetters(Failing):
    """Fulfils the port DeadLetters."""

    letters: list[DeadLetter] = field(default_factory=list)

    async def take(self, keep: Callable[[DeadLetter], Awaitable[None]]) -> int:
        self._next()
        count = 0
        while self.letters:
            await keep(self.letters[0])
            del self.letters[0]
            count += 1
        return count


@dataclass
class FakeEmail(Failing):
    """Keeps what was sent, once per operation id; `calls` counts the repeated ones too.

    `ending` is what becomes of all.
    """

    sent: list[EmailMessage] = field(default_factory=list)
    calls: int = 0
    ending: EmailOutcome = EmailOutcome.SUCCEEDED

    async def send(self, message: EmailMessage) -> None:
        self.calls += 1
        self._next()
        if all(message.operation_id != earlier.operation_id for earlier in self.sent):
            self.sent.append(message)

    async def outcome(self, operation_id: str) -> EmailOutcome:
        self._next()
        if all(operation_id != message.operation_id for message in self.sent):
            raise Rejected("email", "status 404")
        return self.ending


@dataclass(frozen=True)
class SentSms:
    """One SMS."""

    operation_id: str
    to: str
    text: str
    first_sent: datetime
    tag: str = ""


@dataclass
class FakeSms(Failing):
    """Keeps what was sent, once per operation id; `calls` counts the repeated ones too."""

    sent: list[SentSms] = field(default_factory=list)
    calls: int = 0

    async def send(self, operation_id: str, to: str, text: str, *, first_sent: datetime, tag: str = "") -> None:
        self.calls += 1
        self._next()
        if all(operation_id != earlier.operation_id for earlier in self.sent):
            self.sent.append(SentSms(operation_id, to, text, first_sent, tag))


@dataclass
class FakeDialogs(Failing):
    """Dialogs by id with their transmissions and activities in order; a deleted one stays, a purged one is gone.

    `foreign` are dialogs that others have made.
    """

    dialogs: dict[str, dict[str, object]] = field(default_factory=dict)
    foreign: dict[str, KnownDialog] = field(default_factory=dict)
    transmissions: dict[str, list[Mapping[str, object]]] = field(default_factory=dict)
    activities: dict[str, list[Mapping[str, object]]] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    closed: list[str] = field(default_factory=list)
    labels: dict[str, Mapping[str, object]] = field(default_factory=dict)

    async def create(self, dialog: Mapping[str, object]) -> None:
        self._next()
        self.dialogs.setdefault(str(dialog["id"]), dict(dialog))

    async def find(self, dialog_id: str) -> KnownDialog | None:
        self._next()
        dialog = self.dialogs.get(dialog_id)
        if dialog is None or dialog_id in self.deleted:
            return None if dialog_id in self.deleted else self.foreign.get(dialog_id)
        return KnownDialog(
            party=PartyUrn(str(dialog["party"])),
            resource_id=resource_id(str(dialog["serviceResource"])),
            owner_code="exa",
        )

    async def add_transmission(self, dialog_id: str, transmission: Mapping[str, object]) -> None:
        self._append(self.transmissions, dialog_id, transmission)

    async def add_activity(self, dialog_id: str, activity: Mapping[str, object]) -> None:
        self._append(self.activities, dialog_id, activity)

    def _append(self, to: dict[str, list[Mapping[str, object]]], dialog_id: str, entry: Mapping[str, object]) -> None:
        self._next()
        if dialog_id in self.deleted:
            raise Rejected("dialogporten", "410")
        known = to.setdefault(dialog_id, [])
        if all(entry["id"] != earlier["id"] for earlier in known):
            known.append(entry)

    async def close_confirmation(self, dialog_id: str) -> None:
        self._next()
        self.closed.append(dialog_id)
        if dialog_id in self.dialogs and self.dialogs[dialog_id].get("status") == "RequiresAttention":
            self.dialogs[dialog_id]["status"] = "NotApplicable"

    async def set_labels(self, dialog_id: str, labels: Mapping[str, object]) -> None:
        self._next()
        if dialog_id in self.dialogs and dialog_id not in self.deleted:
            self.labels[dialog_id] = labels

    async def delete(self, dialog_id: str) -> bool:
        self._next()
        if dialog_id not in self.dialogs or dialog_id in self.deleted:
            return False
        self.deleted.add(dialog_id)
        return True

    async def purge(self, dialog_id: str) -> None:
        self._next()
        self.dialogs.pop(dialog_id, None)
        self.deleted.discard(dialog_id)


@dataclass
class FakeWebhooks:
    """Answers with the planned statuses in turn, then with 200; consents as told."""

    consents: Consent | None = field(default_factory=Consent)
    rules: dict[str, str] = field(default_factory=dict)
    keys_made: int = 0
    tested: list[Subscription] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    validated: list[Subscription] = field(default_factory=list)
    posted: list[tuple[Subscription, Mapping[str, object]]] = field(default_factory=list)

    async def new_keys(self, signing: Signing) -> Keys:
        self.keys_made += 1
        return Keys(bytes([self.keys_made]) * 32, bytes(32) if signing is Signing.ED25519 else b"")

    async def broken_rule(self, endpoint: str) -> str | None:
        return self.rules.get(endpoint)

    async def validate(self, subscription: Subscription) -> Consent | None:
        self.validated.append(subscription)
        return self.consents

    async def post_test(self, subscription: Subscription, *, now: datetime) -> Attempt:
        self.tested.append(subscription)
        return Attempt(1, now, self.statuses.pop(0) if self.statuses else 200, "", 1)

    async def post(
        self, subscription: Subscription, event: Mapping[str, object], *, attempt: int, now: datetime
    ) -> Attempt:
        self.posted.append((subscription, event))
        status = self.statuses.pop(0) if self.statuses else 200
        return Attempt(attempt, now, status, "" if status else "no connection", 1)


@dataclass
class FakeEventSink(Failing):
    """Keeps what was published."""

    published: list[Mapping[str, object]] = field(default_factory=list)

    async def publish(self, event: Mapping[str, object]) -> None:
        self._next()
        self.published.append(event)


@dataclass
class FakeDecisions:
    """Permits everything under the rule `allow`, or nothing; or only what is listed as (action, party)."""

    rule: str | None = "allow"
    only: Iterable[tuple[Action, PartyUrn]] | None = None
    asked: list[tuple[Subject, Action, Resource, PartyUrn]] = field(default_factory=list)

    async def decide(self, subject: Subject, action: Action, resource: Resource, party: PartyUrn) -> str | None:
        self.asked.append((subject, action, resource, party))
        if self.only is not None and (action, party) not in set(self.only):
            return None
        return self.rule


def deny() -> FakeDecisions:
    """A decision point that permits nothing."""
    return FakeDecisions(rule=None)


@dataclass
class FakeScanner(Failing):
    """Reads everything and says what it was told to say."""

    scan_result: Scan = Scan.CLEAN
    reason: str = "as planned"
    read_bytes: int = 0

    async def scan(self, chunks: AsyncIterator[bytes], *, id_: AttachmentId, etag: str, now: datetime) -> Verdict:
        self._next()
        async for chunk in chunks:
            self.read_bytes += len(chunk)
        return Verdict(etag, self.scan_result, self.reason, now)
