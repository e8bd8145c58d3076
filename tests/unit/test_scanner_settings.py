"""Which scanner the settings choose, and which choices are refused."""

import json

import pytest
from pydantic import ValidationError

from shared.adapters.blobs import BlobStore
from shared.adapters.clamd import ClamdScanner
from shared.adapters.defender import DefenderScanner
from shared.adapters.scanner import BuiltinScanner
from shared.bootstrap import _rules, _scanner
from shared.config import Settings
from shared.domain.identifiers import ResourceId

ISSUER = {"kind": "altinn", "issuer": "https://a.example/", "jwks_url": "https://a.example/keys"}
BASE = {
    "environment": "production",
    "public_base_url": "https://c.example",
    "storage_connection": "x",
    "servicebus_connection": "x",
    "token_issuers": json.dumps([ISSUER]),
    "communication_endpoint": "https://acs.example",
    "email_sender_address": "a@b.example",
    "sms_sender": "c",
    "dialogporten_base_url": "https://d.example",
    "webhook_secret_key": "A" * 43 + "=",
    "malware_scanner": "defender",
}


def settings(**changes: str) -> Settings:
    return Settings(**(BASE | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "kind", "limit"),
    [
        ({"environment": "local", "malware_scanner": "builtin"}, BuiltinScanner, 50_000_000_000),
        ({"malware_scanner": "clamd", "clamd_address": "clamav:3310"}, ClamdScanner, 2_000_000_000),
        (
            {"malware_scanner": "clamd", "clamd_address": "/run/clamd.ctl", "clamd_max_bytes": "100000000"},
            ClamdScanner,
            100_000_000,
        ),
        ({}, DefenderScanner, 50_000_000_000),
    ],
)
def test_the_settings_choose_the_scanner(changes: dict[str, str], kind: type, limit: int) -> None:
    """And with it the largest file that is taken; a resource that bypasses the scan knows our own limit only."""
    chosen = settings(**changes, malware_scan_bypass=" trusted-letters, other ,")
    assert type(_scanner(chosen, BlobStore(connection_string="x"))) is kind
    rules = _rules(chosen)
    assert rules.largest_file(ResourceId("letters")) == limit
    assert rules.unscanned == {"trusted-letters", "other"}
    assert rules.largest_file(ResourceId("other")) == 50_000_000_000


@pytest.mark.parametrize(
    "changes",
    [
        {"malware_scanner": "builtin"},
        {"malware_scanner": "clamd"},
        {"malware_scanner": "clamd", "clamd_address": "clamav"},
        {"malware_scanner": "clamd", "clamd_address": "clamav:port"},
        {"malware_scanner": "clamd", "clamd_address": "clamav:3310", "clamd_max_bytes": "3000000000"},
        {"malware_scanner": "clamd", "clamd_address": "clamav:3310", "clamd_max_bytes": "0"},
        {"malware_scanner": "none"},
        {"malware_scanner": ""},
        {"scan_results_secret": "short"},
        {"scan_results_secret": "with a blank in it, which is no header's value"},
        {"token_issuers": json.dumps([ISSUER, ISSUER | {"kind": "entra"}])},
    ],
)
def test_what_would_not_scan_or_not_keep_strangers_out_is_refused(changes: dict[str, str]) -> None:
    """Also the built-in scanner in production."""
    with pytest.raises(ValidationError):
        settings(**changes)


def test_an_issuer_in_entra_needs_an_audience() -> None:
    """It issues tokens for everybody."""
    entra = ISSUER | {"kind": "entra", "audience": "api://correspondence"}
    assert settings(token_issuers=json.dumps([ISSUER, entra])).token_issuers[1].audience == "api://correspondence"
