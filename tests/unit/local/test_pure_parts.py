"""What the local stack decides without any process: numbers, durations, files, settings, seeds."""

import json
import stat
from datetime import timedelta
from pathlib import Path

import phonenumbers
import pytest

from local import files, numbers, seeds, settings
from local.addresses import Addresses, parse_port_base
from local.clock import BadDuration, OffsetClock, parse_duration
from local.parts import Plan, parts
from local.services.email import outcome as email_outcome
from local.services.sms import plain_number

NAMES = {
    *("ENVIRONMENT", "PUBLIC_BASE_URL", "AzureWebJobsStorage", "STORAGE_CONNECTION", "SERVICEBUS_CONNECTION"),
    *("TOKEN_ISSUERS", "COMMUNICATION_ENDPOINT", "COMMUNICATION_ACCESS_KEY", "EMAIL_SENDER_ADDRESS", "SMS_SENDER"),
    *("DIALOGPORTEN_BASE_URL", "MASKINPORTEN_TOKEN_URL", "MASKINPORTEN_EXCHANGE_URL", "MASKINPORTEN_CLIENT_ID"),
    *(
        "MASKINPORTEN_JWK",
        "MALWARE_SCANNER",
        "NOTIFICATION_REPORTS_SECRET",
        "REMINDER_DELAY",
        "SMS_HOURS",
        "AGENDA_SCHEDULE",
        "DEAD_LETTERS_SCHEDULE",
    ),
    *("AGENDA_SHARDS", "CLOCK_OFFSET_FILE", "WEBHOOK_SECRET_KEY", "WEBHOOK_ALLOW_LOOPBACK", "SCAN_FUNCTION"),
    *("PYTHON_THREADPOOL_THREAD_COUNT", "FUNCTIONS_WORKER_RUNTIME"),
}


@pytest.mark.parametrize("party", seeds.PARTIES, ids=lambda party: party.number)
def test_seeded_numbers_hold(party: seeds.Party) -> None:
    """Every seeded number has valid check digits, and every mobile number could be one."""
    holds = (
        numbers.valid_organisation_number if party.kind is seeds.Kind.ORGANISATION else numbers.valid_personal_number
    )
    assert holds(party.number)
    if party.contact.mobile:
        assert phonenumbers.is_valid_number(phonenumbers.parse(party.contact.mobile))


def test_seeds_name_each_other() -> None:
    """Owners, role holders and named readers are parties, and no id stands twice."""
    known = [party.number for party in seeds.PARTIES]
    named = [resource.owner for resource in seeds.RESOURCES]
    named += [number for role in seeds.ROLES for number in (role.person, role.organisation)]
    named += [number for resource in seeds.RESOURCES for rule in resource.rules for number in rule.only]
    assert set(named) <= set(known)
    assert len(set(known)) == len(known)
    assert len({party.party_id for party in seeds.PARTIES}) == len(known)
    assert len({resource.id for resource in seeds.RESOURCES}) == len(seeds.RESOURCES)


def test_policies() -> None:
    """Owners write and do not read; attachments of one resource are for one person only."""
    for resource in seeds.RESOURCES:
        for rule in resource.rules:
            assert (rule.action == "write") == (seeds.Subject.OWNER in rule.subjects)
    split = next(resource for resource in seeds.RESOURCES if resource.id == "example-attachments")
    readers = [rule for rule in split.rules if rule.action == "read" and seeds.Part.ATTACHMENTS in rule.parts]
    assert [rule.only for rule in readers] == [("01838510058",)]


@pytest.mark.parametrize("number", ["", "1", "31000100", "310001008", "3100010070", "31000100x", "٣١٠٠٠١٠٠٧"])
def test_bad_organisation_numbers(number: str) -> None:
    """What is not nine digits with a valid check digit is no organisation number."""
    assert not numbers.valid_organisation_number(number)


@pytest.mark.parametrize("number", ["", "01838510059", "01838510068", "0183851005", "018385100581", "0183851005x"])
def test_bad_personal_numbers(number: str) -> None:
    """What is not eleven digits with two valid check digits is no personal number."""
    assert not numbers.valid_personal_number(number)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("P7DT1H", timedelta(days=7, hours=1)),
        ("PT30M", timedelta(minutes=30)),
        ("P2W", timedelta(weeks=2)),
        ("PT1.5S", timedelta(seconds=1.5)),
        ("PT0S", timedelta()),
        ("P1DT2H3M4S", timedelta(days=1, hours=2, minutes=3, seconds=4)),
    ],
)
def test_durations(text: str, expected: timedelta) -> None:
    """Durations of fixed length are read."""
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    "text", ["P", "PT", "P1DT", "7D", "P1Y", "P1M", "P1Y2M3DT4H", "-P1D", "P-1D", "P1W2D", "PT1H2", "p1d"]
)
def test_bad_durations(text: str) -> None:
    """What has no fixed length, runs backward or is no duration is refused."""
    with pytest.raises(BadDuration):
        parse_duration(text)


def test_the_clock_adds_up(tmp_path: Path) -> None:
    """Advances add up, and another reader of the file sees them."""
    clock = OffsetClock(tmp_path / "clock-offset")
    assert clock.offset() == timedelta()
    clock.advance(timedelta(hours=1))
    clock.advance(timedelta(seconds=0.5))
    assert OffsetClock(clock.path).offset() == timedelta(seconds=3600.5)
    with pytest.raises(BadDuration):
        clock.advance(timedelta(days=-1))


def test_files_are_private_and_made_once(tmp_path: Path) -> None:
    """The second one to make a file gets the first one's text; only the owner can read it; nothing else is left."""
    path = tmp_path / "inner" / "secret"
    assert files.create_once(path, "one") == files.create_once(path, "two") == "one"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    files.replace(path, "three")
    assert path.read_text() == "three"
    assert [entry.name for entry in path.parent.iterdir()] == ["secret"]


def test_settings_are_complete_and_stay(tmp_path: Path) -> None:
    """The app gets exactly its settings, the same ones at each start, on this stack's ports."""
    first = settings.app_environment(21000, tmp_path)
    assert set(first) == NAMES
    assert first == settings.app_environment(21000, tmp_path)
    assert first != settings.app_environment(21000, tmp_path / "other")
    assert first["SERVICEBUS_CONNECTION"].startswith("Endpoint=sb://127.0.0.1:21005;")
    for port in (21002, 21003, 21004):
        assert f"http://127.0.0.1:{port}/" in first["STORAGE_CONNECTION"]
    issuers = {one["kind"]: one for one in json.loads(first["TOKEN_ISSUERS"])}
    assert set(issuers) == {"altinn", "maskinporten", "idporten", "dialogporten"}
    assert issuers["dialogporten"]["algorithms"] == ["EdDSA"]
    assert {tuple(one) for one in issuers.values()} == {("kind", "issuer", "jwks_url", "algorithms")}
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    assert json.loads(first["MASKINPORTEN_JWK"])["kty"] == "RSA"


def test_secrets_do_not_show(tmp_path: Path) -> None:
    """Secrets do not stand in the text of the thing that holds them."""
    secret = settings.load_secrets(tmp_path)
    assert secret.communication_access_key not in repr(secret)


@pytest.mark.parametrize("text", ["", "x", "80", "65531", "-1", "7071.5"])
def test_bad_port_bases(text: str) -> None:
    """A block of ports must fit between the privileged ones and the end."""
    with pytest.raises(ValueError, match="PORT_BASE"):
        parse_port_base(text)


def test_ports_follow_the_base() -> None:
    """The six ports of a stack are one block."""
    assert list(Addresses(7071).named().values()) == [7071, 7072, 7073, 7074, 7075, 7076]


@pytest.mark.parametrize("text", ["+4740000001", " 4740000001", "004740000001", "40000001", "40 00 00 01"])
def test_one_number_has_many_forms(text: str) -> None:
    """All usual ways to write a number mean the same number."""
    assert plain_number(text) == "4740000001"


@pytest.mark.parametrize(
    ("address", "end"),
    [("kari@person.example", "Delivered"), ("BOUNCES@business.example", "Bounced"), ("fail@x.example", "Failed")],
)
def test_what_becomes_of_mail(address: str, end: str) -> None:
    """The seeds and the first letters of an address decide what becomes of mail to it."""
    assert email_outcome(address) == end


def test_storage_lies_on_disk_or_in_memory(tmp_path: Path) -> None:
    """In memory nothing is said of a place; otherwise it is in the state folder."""
    addresses = Addresses(21000)
    kept, passing = (
        next(
            part for part in parts(Plan(addresses, tmp_path, None, storage_in_memory=memory)) if part.name == "azurite"
        )
        for memory in (False, True)
    )
    assert str(tmp_path / "azurite") in kept.command
    assert "--inMemoryPersistence" in passing.command
    assert "--location" not in passing.command
