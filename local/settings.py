"""The settings and secrets of a local stack, made once per state folder."""

import base64
import hashlib
import json
import secrets as randomness
from dataclasses import asdict, dataclass, field
from pathlib import Path

from local import files
from local.addresses import HOST, Addresses
from local.services.issuers import ISSUERS
from local.services.keys import new_private_jwk

MASKINPORTEN_CLIENT_ID = "0b3f8f4e-6a3c-4c0e-9d55-3c5d0c5f7a11"
EMAIL_SENDER = "DoNotReply@correspondence.example"
PUBLIC_BASE_URL = "https://correspondence.localhost"

# The storage emulator's account is public knowledge: the same in every installation of it.
_ACCOUNT = "devstoreaccount1"
_ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@dataclass(frozen=True, slots=True)
class Secrets:
    """What must be secret and stay the same as long as the state folder lives."""

    communication_access_key: str = field(repr=False)
    webhook_secret_key: str = field(repr=False)
    maskinporten_jwk: str = field(repr=False)

    @property
    def notification_reports_secret(self) -> str:
        """What the stand-in of Communication Services sends with its reports; it follows from another secret."""
        return hashlib.sha256(f"reports:{self.webhook_secret_key}".encode()).hexdigest()


def load_secrets(state: Path) -> Secrets:
    """Return the secrets of a state folder, made at random when it has none; only the owner can read the file."""
    path = state / "secrets.json"
    if path.exists():
        return Secrets(**json.loads(path.read_text(encoding="utf-8")))
    fresh = Secrets(
        communication_access_key=_random_key(64),
        webhook_secret_key=_random_key(32),
        maskinporten_jwk=json.dumps(new_private_jwk("RS256")),
    )
    return Secrets(**json.loads(files.create_once(path, json.dumps(asdict(fresh)))))


def _random_key(size: int) -> str:
    return base64.b64encode(randomness.token_bytes(size)).decode("ascii")


def clock_offset_file(state: Path) -> Path:
    """Return where the stack's clock offset stands."""
    return state / "clock-offset"


def storage_connection(addresses: Addresses) -> str:
    """Return the connection string of the stack's Azurite."""
    endpoints = {"Blob": addresses.blob, "Queue": addresses.queue, "Table": addresses.table}
    return f"DefaultEndpointsProtocol=http;AccountName={_ACCOUNT};AccountKey={_ACCOUNT_KEY};" + "".join(
        f"{name}Endpoint=http://{HOST}:{port}/{_ACCOUNT};" for name, port in endpoints.items()
    )


def servicebus_connection(addresses: Addresses) -> str:
    """Return the connection string of the stack's broker."""
    return (
        f"Endpoint=sb://{HOST}:{addresses.broker};SharedAccessKeyName=RootManageSharedAccessKey;"
        "SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;"
    )


def token_issuers(addresses: Addresses) -> str:
    """Return the issuers that the app trusts, as the JSON text of its setting."""
    url = addresses.services_url
    return json.dumps(
        [
            {
                "kind": issuer.kind,
                "issuer": issuer.name(url),
                "jwks_url": issuer.jwks_url(url),
                "algorithms": [issuer.algorithm],
            }
            for issuer in ISSUERS.values()
        ]
    )


def app_environment(port_base: int, state: Path) -> dict[str, str]:
    """Return the app settings of the Functions process; the same state folder always gives the same secrets."""
    addresses = Addresses(port_base)
    secret = load_secrets(state)
    services = addresses.services_url
    return {
        "ENVIRONMENT": "local",
        "FUNCTIONS_WORKER_RUNTIME": "python",
        "PUBLIC_BASE_URL": PUBLIC_BASE_URL,
        "AzureWebJobsStorage": storage_connection(addresses),
        "STORAGE_CONNECTION": storage_connection(addresses),
        "SERVICEBUS_CONNECTION": servicebus_connection(addresses),
        "TOKEN_ISSUERS": token_issuers(addresses),
        "COMMUNICATION_ENDPOINT": services,
        "COMMUNICATION_ACCESS_KEY": secret.communication_access_key,
        "EMAIL_SENDER_ADDRESS": EMAIL_SENDER,
        "SMS_SENDER": "Correspond",
        "DIALOGPORTEN_BASE_URL": f"{services}/dialogporten",
        "MASKINPORTEN_TOKEN_URL": f"{services}/token",
        "MASKINPORTEN_EXCHANGE_URL": f"{services}/authentication/api/v1/exchange/maskinporten",
        "MASKINPORTEN_CLIENT_ID": MASKINPORTEN_CLIENT_ID,
        "MASKINPORTEN_JWK": secret.maskinporten_jwk,
        "MALWARE_SCANNER": "builtin",
        "REMINDER_DELAY": "P7D",
        "NOTIFICATION_REPORTS_SECRET": secret.notification_reports_secret,
        "SMS_HOURS": "0-24",
        "AGENDA_SCHEDULE": "*/2 * * * * *",
        "DEAD_LETTERS_SCHEDULE": "*/10 * * * * *",
        "AGENDA_SHARDS": "1",
        "CLOCK_OFFSET_FILE": str(clock_offset_file(state)),
        "WEBHOOK_SECRET_KEY": secret.webhook_secret_key,
        "WEBHOOK_ALLOW_LOOPBACK": "true",
        "SCAN_FUNCTION": "scan_attachment",
        "PYTHON_THREADPOOL_THREAD_COUNT": "8",
    }
