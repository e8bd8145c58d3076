"""The settings: the only reader of the environment. All faults come in one message."""

import base64
import json
from datetime import timedelta
from enum import StrEnum
from functools import cache
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.domain.identifiers import ResourceId
from shared.domain.policy import Issuer
from shared.domain.sending_hours import DAYTIME, SendingHours

Secret = Annotated[str, Field(pattern=r"^(|[!-~]{32,})$", description="at least 32 characters")]


BaseUrl = Annotated[
    str, Field(pattern=r"^(|https?://[^/?#]+(/[^?#]*[^/?#])?)$", description="http(s), without a slash at its end")
]


class Environment(StrEnum):
    """Where the app runs. `local` and `test` allow what production refuses."""

    LOCAL = "local"
    TEST = "test"
    PRODUCTION = "production"


class ScannerKind(StrEnum):
    """The malware scanners that can be configured."""

    BUILTIN = "builtin"
    CLAMD = "clamd"
    DEFENDER = "defender"


class TokenIssuer(BaseModel):
    """One trusted issuer of tokens: of which kind, its exact `iss`, where its keys are, which algorithms it may use.

    `audience`: the `aud` that its tokens must have, empty for any.
    """

    kind: Issuer
    issuer: str
    jwks_url: str
    algorithms: tuple[str, ...] = ("RS256",)
    audience: str = ""

    @field_validator("algorithms")
    @classmethod
    def _asymmetric_only(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or any(a not in {"RS256", "PS256", "ES256", "EdDSA"} for a in value):
            raise ValueError("only RS256, PS256, ES256 and EdDSA are allowed")
        return value

    @model_validator(mode="after")
    def _of_our_own(self) -> "TokenIssuer":
        if self.kind is Issuer.ENTRA and not self.audience:
            raise ValueError("an issuer of the kind entra needs an audience: it issues tokens for everybody")
        return self


class SettingsError(Exception):
    """The settings are not usable; the message lists every fault by the setting's name, without values."""


class Settings(BaseSettings):
    """Every setting of the app, by its name in upper case (see `local.settings.json.example`)."""

    model_config = SettingsConfigDict(case_sensitive=False, extra="ignore", env_ignore_empty=True)

    environment: Environment = Environment.PRODUCTION
    public_base_url: str = Field(pattern=r"^https://[^/]+$", description="our public address, https, without a path")
    storage_connection: str = ""
    storage_connection__blobserviceuri: str = ""
    storage_connection__tableserviceuri: str = ""
    servicebus_connection: str = ""
    servicebus_connection__fullyqualifiednamespace: str = ""
    token_issuers: Annotated[tuple[TokenIssuer, ...], NoDecode] = Field(min_length=1)
    communication_endpoint: str
    communication_access_key: str = ""
    email_sender_address: str
    sms_sender: str
    dialogporten_base_url: str
    maskinporten_token_url: str = ""
    maskinporten_exchange_url: str = ""
    maskinporten_client_id: str = ""
    maskinporten_jwk: str = ""
    altinn_events_url: str = ""
    krr_base_url: BaseUrl = ""
    profile_base_url: BaseUrl = ""
    malware_scanner: ScannerKind
    scan_results_secret: Secret = ""
    notification_reports_secret: Secret = ""
    clamd_address: str = Field(
        default="", pattern=r"^(|/.+|[^/]+:\d{1,5})$", description="host:port or /path/of/socket"
    )
    malware_scan_bypass: Annotated[frozenset[ResourceId], NoDecode] = frozenset()
    clamd_max_bytes: int = Field(default=2_000_000_000, ge=1, le=2_147_483_647)  # ClamAV takes no larger file.
    reminder_delay: timedelta = timedelta(days=7)
    sms_hours: Annotated[SendingHours, NoDecode] = DAYTIME
    agenda_schedule: str = "*/10 * * * * *"
    dead_letters_schedule: str = "0 * * * * *"
    agenda_shards: int = Field(default=1, ge=1, le=64)
    max_request_bytes: int | None = Field(default=None, ge=1)
    webhook_secret_key: str = Field(description="32 bytes in base64; encrypts the secrets of subscriptions")
    webhook_allow_loopback: bool = False
    clock_offset_file: str = ""

    @field_validator("token_issuers", mode="before")
    @classmethod
    def _from_json(cls, value: object) -> object:
        return json.loads(value) if isinstance(value, str) else value

    @field_validator("malware_scan_bypass", mode="before")
    @classmethod
    def _from_list(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("sms_hours", mode="before")
    @classmethod
    def _from_hours(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        begin, _, end = value.partition("-")
        return SendingHours(int(begin), int(end))

    @field_validator("webhook_secret_key")
    @classmethod
    def _32_bytes(cls, value: str) -> str:
        if len(base64.b64decode(value)) != 32:
            raise ValueError("must be 32 bytes in base64")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> "Settings":
        if not self.storage_connection and not self.storage_connection__blobserviceuri:
            raise ValueError("STORAGE_CONNECTION or STORAGE_CONNECTION__blobServiceUri is needed")
        if not self.servicebus_connection and not self.servicebus_connection__fullyqualifiednamespace:
            raise ValueError("SERVICEBUS_CONNECTION or SERVICEBUS_CONNECTION__fullyQualifiedNamespace is needed")
        if self.malware_scanner is ScannerKind.CLAMD and not self.clamd_address:
            raise ValueError("CLAMD_ADDRESS is needed with MALWARE_SCANNER=clamd")
        if self.environment is Environment.PRODUCTION:
            local_only = {
                "MALWARE_SCANNER=builtin": self.malware_scanner is ScannerKind.BUILTIN,
                "WEBHOOK_ALLOW_LOOPBACK": self.webhook_allow_loopback,
                "CLOCK_OFFSET_FILE": bool(self.clock_offset_file),
            }
            if refused := [name for name, is_set in local_only.items() if is_set]:
                raise ValueError(f"{', '.join(refused)}: for local runs only, refused in production")
        return self


@cache
def settings() -> Settings:
    """The settings, read once. Raises SettingsError that lists every fault."""
    try:
        return Settings()
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, e['loc'])).upper() or 'SETTINGS'}: {e['msg']}" for e in error.errors()]
        raise SettingsError("The settings cannot be used. " + "; ".join(faults)) from None
