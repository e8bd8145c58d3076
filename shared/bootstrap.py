"""The composition root: adapters are made here, once, on the first call and never at import."""

import base64
import hmac
from functools import cache
from pathlib import Path
from typing import assert_never

from azure.core.credentials_async import AsyncTokenCredential

from shared.adapters.agenda import AgendaTable
from shared.adapters.altinn_events import AltinnEvents
from shared.adapters.attachments import AttachmentTable
from shared.adapters.blobs import BlobStore
from shared.adapters.circuits import CircuitTable
from shared.adapters.clamd import ClamdScanner
from shared.adapters.contact_registers import OrganisationRegister, PersonRegister
from shared.adapters.correspondences import CorrespondenceTable
from shared.adapters.dead_letters import ServiceBusDeadLetters
from shared.adapters.decisions import PolicyDecisions
from shared.adapters.defender import DefenderScanner
from shared.adapters.deliveries import DeliveryTable
from shared.adapters.dialogporten import DialogportenClient
from shared.adapters.email import CommunicationEmail
from shared.adapters.feed import FeedTable
from shared.adapters.idempotency import IdempotencyTable
from shared.adapters.mailboxes import MailboxTable
from shared.adapters.maskinporten import MaskinportenTokens
from shared.adapters.outbox import ServiceBusOutbox
from shared.adapters.registry import RegistryTable
from shared.adapters.scanner import BuiltinScanner
from shared.adapters.sealing import Tokens
from shared.adapters.sendings import SendingTable
from shared.adapters.sms import CommunicationSms
from shared.adapters.stuck import StuckTable
from shared.adapters.subscriptions import SubscriptionTable
from shared.adapters.tables import Tables
from shared.adapters.templates import TemplateTable
from shared.adapters.texts import LibraryTexts
from shared.adapters.tokens import TokenVerifier
from shared.adapters.webhook_post import HttpWebhooks
from shared.clock import moved_clock, system_clock
from shared.config import Environment, ScannerKind, Settings, settings
from shared.domain.identifiers import PartyKind
from shared.domain.policy import Issuer, Scope, Subject
from shared.ports import MAX_FILE_BYTES, App, Clock, ContactRegister, Rules, Scanner

DIALOGPORTEN_SCOPE = "digdir:dialogporten.serviceprovider"
EVENTS_SCOPE = "altinn:events.publish"
PERSONS_SCOPE = "krr:global/kontaktinformasjon.read"
PROFILE_SCOPE = "altinn:profile/correspondence.notificationsettings.read"


@cache
def app() -> App:
    """Everything the use cases work with. Raises SettingsError when the settings cannot be used."""
    s = settings()
    credential = _credential(s)
    tables = _tables(s, credential)
    blobs = _blobs(s, credential)
    registry = RegistryTable(tables, clock(), contact_registers=_contact_registers(s))
    endpoint, key = s.communication_endpoint, s.communication_access_key
    bus, namespace = s.servicebus_connection, s.servicebus_connection__fullyqualifiednamespace
    secret_key = base64.b64decode(s.webhook_secret_key)
    return App(
        correspondences=CorrespondenceTable(tables),
        attachments=AttachmentTable(tables),
        mailboxes=MailboxTable(tables),
        agenda=AgendaTable(tables, shards=s.agenda_shards),
        idempotency=IdempotencyTable(tables, blobs),
        outbox=ServiceBusOutbox(connection_string=bus, namespace=namespace, credential=credential),
        stuck=StuckTable(tables),
        dead_letters=ServiceBusDeadLetters(connection_string=bus, namespace=namespace, credential=credential),
        blobs=blobs,
        scanner=_scanner(s, blobs),
        registry=registry,
        decisions=PolicyDecisions(registry.policy),
        sendings=SendingTable(tables),
        email=CommunicationEmail(endpoint, key, s.email_sender_address, credential),
        sms=CommunicationSms(endpoint, key, s.sms_sender, credential),
        dialogs=DialogportenClient(s.dialogporten_base_url, _maskinporten_tokens(s, DIALOGPORTEN_SCOPE)),
        subscriptions=SubscriptionTable(tables, secret_key),
        deliveries=DeliveryTable(tables),
        circuits=CircuitTable(tables),
        feed=FeedTable(tables),
        webhooks=HttpWebhooks(s.public_base_url, loopback_allowed=s.webhook_allow_loopback),
        event_sink=AltinnEvents(s.altinn_events_url, _maskinporten_tokens(s, EVENTS_SCOPE)),
        clock=clock(),
        texts=LibraryTexts(),
        templates=TemplateTable(tables, clock()),
        seals=Tokens(secret_key),
        rules=_rules(s),
    )


async def authenticate(authorization: str | None) -> Subject:
    """Who the `Authorization` header names. Raises `shared.adapters.tokens.InvalidToken`."""
    scheme, _, token = (authorization or "").partition(" ")
    return await _verifier().verify(token.strip() if scheme.lower() == "bearer" else "")


def tells_results_of_scans(secret: str) -> Subject | None:
    """Who sends results of scans with the shared secret; None when it is not the one, or there is none."""
    return _event_grid(secret, settings().scan_results_secret)


def tells_of_notifications(secret: str) -> Subject | None:
    """Who sends reports of e-mail and SMS with the shared secret; None when it is not the one, or there is none."""
    return _event_grid(secret, settings().notification_reports_secret)


def _event_grid(secret: str, expected: str) -> Subject | None:
    if not expected or not hmac.compare_digest(secret.encode(), expected.encode()):
        return None
    return Subject(issuer=Issuer.ENTRA, scopes=frozenset({Scope.EVENT_GRID}))


@cache
def clock() -> Clock:
    """The clock of this installation."""
    offset_file = settings().clock_offset_file
    return moved_clock(Path(offset_file)) if offset_file else system_clock


@cache
def _verifier() -> TokenVerifier:
    return TokenVerifier(settings().token_issuers, clock())


def _credential(s: Settings) -> AsyncTokenCredential | None:
    """A managed identity, made only where a neighbour is named without a key."""
    if s.storage_connection and s.servicebus_connection and s.communication_access_key:
        return None
    from azure.identity.aio import DefaultAzureCredential  # costs 150 ms, needed in Azure only

    return DefaultAzureCredential()


def _tables(s: Settings, credential: AsyncTokenCredential | None) -> Tables:
    return Tables(
        connection_string=s.storage_connection, endpoint=s.storage_connection__tableserviceuri, credential=credential
    )


def _blobs(s: Settings, credential: AsyncTokenCredential | None) -> BlobStore:
    return BlobStore(
        connection_string=s.storage_connection, account_url=s.storage_connection__blobserviceuri, credential=credential
    )


def _scanner(s: Settings, blobs: BlobStore) -> Scanner:
    match s.malware_scanner:
        case ScannerKind.BUILTIN:
            return BuiltinScanner()
        case ScannerKind.CLAMD:
            return ClamdScanner(s.clamd_address, max_bytes=s.clamd_max_bytes)
        case ScannerKind.DEFENDER:
            return DefenderScanner(blobs.tags)
        case other:
            assert_never(other)


def _contact_registers(s: Settings) -> dict[PartyKind, ContactRegister]:
    registers: dict[PartyKind, ContactRegister] = {}
    if s.krr_base_url:
        tokens = _maskinporten_tokens(s, PERSONS_SCOPE, exchanged=False)
        registers[PartyKind.PERSON] = PersonRegister(s.krr_base_url, tokens)
    if s.profile_base_url:
        tokens = _maskinporten_tokens(s, PROFILE_SCOPE)
        registers[PartyKind.ORGANISATION] = OrganisationRegister(s.profile_base_url, tokens)
    return registers


def _maskinporten_tokens(s: Settings, scope: str, *, exchanged: bool = True) -> MaskinportenTokens:
    return MaskinportenTokens(
        s.maskinporten_token_url,
        s.maskinporten_exchange_url if exchanged else "",
        s.maskinporten_client_id,
        s.maskinporten_jwk,
        scope,
        clock(),
    )


def _rules(s: Settings) -> Rules:
    production = s.environment is Environment.PRODUCTION
    return Rules(
        public_base_url=s.public_base_url,
        reminder_delay=s.reminder_delay,
        sms_hours=s.sms_hours,
        minimum_expiration_days=14 if production else 1,  # Source: wire contract 5.9, number 2017.
        max_request_bytes=s.max_request_bytes,
        publishes_events=bool(s.altinn_events_url),
        max_scanned_bytes=s.clamd_max_bytes if s.malware_scanner is ScannerKind.CLAMD else MAX_FILE_BYTES,
        unscanned=s.malware_scan_bypass,
    )
