"""Whom we ask and whom we tell."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shared.domain.identifiers import AttachmentId, PartyUrn, ResourceId, SubscriptionId
from shared.domain.notification import ContactPoint, Escalation
from shared.domain.policy import Action, Subject
from shared.domain.subscription import (
    Attempt,
    Consent,
    Keys,
    Signing,
    Subscription,
)
from shared.domain.verdicts import Verdict

_FIRST = SubscriptionId("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """An entry of the resource registry. `owner` has the organisation number, `titles` by language.

    `explicitly_delegated`: its letters may be confidential or not, as each one says. `escalation`: what becomes of
    letters that nobody opens.
    """

    id: ResourceId
    owner: PartyUrn
    owner_code: str
    type: str
    titles: Mapping[str, str] = field(default_factory=dict)
    confidential: bool = False
    minimum_level: int = 0
    explicitly_delegated: bool = False
    escalation: Escalation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """An entry of the party register."""

    urn: PartyUrn
    uuid: str
    party_id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """An organisation in the register: the codes of the roles that somebody holds in it, and whose sub-unit it is."""

    roles: frozenset[str] = frozenset()
    main_unit: PartyUrn | None = None


@dataclass(frozen=True, slots=True)
class LinkHosts:
    """The hosts that a sender may point to content on: lower case, without a port, each exactly."""

    names: tuple[str, ...] = ()


class ContactRegister(Protocol):
    """Where parties can be reached, and who wants no digital mail."""

    async def contacts(self, urns: Iterable[PartyUrn]) -> Mapping[PartyUrn, ContactPoint]:
        """Contact points and reservations; a party without any is left out. Raises Unavailable."""


class Registry(ContactRegister, Protocol):
    """What is known about resources, parties and contact points. Answers are cached for minutes, but contact points."""

    async def resource(self, id_: ResourceId) -> Resource | None:
        """The resource, or None when unknown."""

    async def parties(self, urns: Iterable[PartyUrn]) -> Mapping[PartyUrn, Party]:
        """Those of them that the register knows."""

    async def units(self, urns: Iterable[PartyUrn]) -> Mapping[PartyUrn, Unit]:
        """What the register says of organisations; one of which it says nothing is left out. Never cached."""

    async def link_hosts(self, sender: PartyUrn) -> frozenset[str]:
        """The hosts that this sender may point to content on; none unless they were put."""


class Decisions(Protocol):
    """A policy decision point. Unknown means denied."""

    async def decide(self, subject: Subject, action: Action, resource: Resource, party: PartyUrn) -> str | None:
        """The name of the rule that permits it, or None."""


class Scanner(Protocol):
    """A malware scanner. Only an exact clean answer becomes CLEAN."""

    async def scan(self, chunks: AsyncIterator[bytes], *, id_: AttachmentId, etag: str, now: datetime) -> Verdict:
        """Read the bytes to their end or to a finding, unless they are scanned where they lie, under their id.

        Raises Unavailable when the engine is down or has not come to these bytes yet.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailAttachment:
    """A file that goes along with an e-mail."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailMessage:
    """One e-mail; `operation_id` (a UUID) makes a repeated send harmless."""

    operation_id: str
    to: str
    subject: str
    plain_text: str
    html: str | None = None
    attachments: tuple[EmailAttachment, ...] = ()


class EmailOutcome(StrEnum):
    """What has become of an e-mail that was accepted."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class EmailSender(Protocol):
    """Communication Services, e-mail."""

    async def send(self, message: EmailMessage) -> None:
        """Return when it was accepted; never waits for delivery. Raises Unavailable (with the wait), Rejected."""

    async def outcome(self, operation_id: str) -> EmailOutcome:
        """How far the e-mail of this operation id has come. Raises Unavailable, and Rejected when it is unknown."""


class SmsSender(Protocol):
    """Communication Services, SMS."""

    async def send(self, operation_id: str, to: str, text: str, *, first_sent: datetime, tag: str = "") -> None:
        """Return when it was accepted; a repeated `operation_id` with the same `first_sent` sends nothing.

        The report of its delivery carries the `tag`.

        Raises Unavailable, Rejected.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDialog:
    """A dialog that is there, whoever made it: whose it is, under which resource of which owner."""

    party: PartyUrn
    resource_id: ResourceId
    owner_code: str


class EventSink(Protocol):
    """Altinn Events, which tells subscribers of its own."""

    async def publish(self, event: Mapping[str, object]) -> None:
        """It has the event. It knows a repetition by the id only if its subscribers do."""


class Dialogs(Protocol):
    """Dialogporten, the service owner's side. Bodies are its own JSON shapes. Done twice is done once."""

    async def find(self, dialog_id: str) -> KnownDialog | None:
        """The dialog, or None when it was never there, is deleted or purged."""

    async def create(self, dialog: Mapping[str, object]) -> None:
        """Create it; that its id exists already is success."""

    async def add_transmission(self, dialog_id: str, transmission: Mapping[str, object]) -> None:
        """Append it, for the recipient to notice; that its id exists already is success."""

    async def add_activity(self, dialog_id: str, activity: Mapping[str, object]) -> None:
        """Append it silently; that its id exists already is success."""

    async def close_confirmation(self, dialog_id: str) -> None:
        """Remove the confirm actions and set the status NotApplicable, under the dialog's revision."""

    async def set_labels(self, dialog_id: str, labels: Mapping[str, object]) -> None:
        """Change the system labels that its end users see; fine when the dialog is gone."""

    async def delete(self, dialog_id: str) -> bool:
        """Soft-delete it. False when it is gone already."""

    async def purge(self, dialog_id: str) -> None:
        """Remove it for good; fine when it is gone already."""


class Subscriptions(Protocol):
    """Event subscriptions."""

    async def add(self, subscription: Subscription) -> Subscription:
        """Store it; an equal one of the same consumer (endpoint, filters, signing) is returned instead.

        Once it is returned nobody misses it: whatever `of_resource` answers from then on has it.
        """

    async def get(self, number: int) -> Subscription | None:
        """By the number the wire shows."""

    async def load(self, resource_id: ResourceId, id_: SubscriptionId) -> Subscription | None:
        """By resource and id."""

    async def of_resource(self, resource_id: ResourceId) -> Sequence[Subscription]:
        """All of one resource; cached for a second at most."""

    async def of_consumer(
        self, consumer: PartyUrn, *, after: SubscriptionId = _FIRST, limit: int = 1000
    ) -> Sequence[Subscription]:
        """What this consumer made, in the order it was made: at most `limit`, those after `after`."""

    async def change(self, subscription: Subscription, decide: Callable[[Subscription], Subscription]) -> Subscription:
        """Save what `decide` makes of it as it is now, and return that; decided again when others were faster.

        What it asks for and its number stay as they were added. Raises Conflict when it was removed.
        """

    async def remove(self, subscription: Subscription) -> None:
        """Delete it; fine when it is gone."""


class Webhooks(Protocol):
    """POSTs to endpoints of subscribers."""

    async def new_keys(self, signing: Signing) -> Keys:
        """Keys that nobody has had, for signatures of this kind."""

    async def broken_rule(self, endpoint: str) -> str | None:
        """What this endpoint breaks, by its form or by where its name leads; None when it may be called."""

    async def validate(self, subscription: Subscription) -> Consent | None:
        """The endpoint's consent: the CloudEvents handshake, or else a validation event answered 2xx. Never raises."""

    async def post_test(self, subscription: Subscription, *, now: datetime) -> Attempt:
        """Deliver an event that stands for nothing, as every other is delivered."""

    async def post(
        self, subscription: Subscription, event: Mapping[str, object], *, attempt: int, now: datetime
    ) -> Attempt:
        """Deliver one CloudEvent, signed; every outcome is an Attempt, none raises."""
