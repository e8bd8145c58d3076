"""A correspondence as a transmission in a dialog of somebody else."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.correspondence import AttachmentUse, Correspondence, ExternalReference, ReferenceType
from shared.domain.dialog_parts import EMBED_MARKDOWN, transmission_id
from shared.domain.dialog_transmission import TransmissionType, create_transmission, transmission_type
from shared.domain.identifiers import AttachmentId
from tests.builders import NOW, attachment, content, new_id, published

BASE = "https://correspondence.localhost"
DIALOG = ExternalReference(ReferenceType.DIALOG_ID, new_id("foreign"))


def made(state: Correspondence, *attachments: Any, **changes: Any) -> dict[str, Any]:
    return create_transmission(
        state, content(**changes), attachments, base_url=BASE, plain=lambda text: text.replace("*", ""), now=NOW
    )


def typed(*values: str) -> Correspondence:
    kinds = (ExternalReference(ReferenceType.TRANSMISSION_TYPE, value) for value in values)
    return published(external_references=(DIALOG, *kinds))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1", TransmissionType.INFORMATION),
        ("3", TransmissionType.REJECTION),
        (" 8 ", TransmissionType.CORRECTION),
        ("decision", TransmissionType.DECISION),
        ("Alert", TransmissionType.ALERT),
        ("9", TransmissionType.INFORMATION),
        ("", TransmissionType.INFORMATION),
    ],
)
def test_the_type_is_what_the_reference_says(value: str, expected: TransmissionType) -> None:
    """By number or by name; what is neither is information, as is a message without a type."""
    assert transmission_type(typed(value)) is expected
    assert transmission_type(typed()) is TransmissionType.INFORMATION


def test_it_says_what_the_letter_is() -> None:
    """About what, from whom, under which right, and where its body is; the id is the same at every try."""
    state = typed("2")
    body = made(state, title="T" * 300, summary="*Kort*")
    assert uuid.UUID(body["id"]).version == 7
    assert body["id"] == transmission_id(state) == made(state)["id"]
    assert (body["type"], body["externalReference"]) == ("Acceptance", "ref-1")
    assert body["authorizationAttribute"] == "urn:altinn:resource:example-letters"
    assert body["createdAt"] == "2026-12-01T12:00:00Z"
    assert body["sender"] == {"actorType": "PartyRepresentative", "actorName": "Example Agency"}
    parts = {name: (part["mediaType"], part["value"][0]["value"]) for name, part in body["content"].items()}
    assert parts == {
        "title": ("text/plain", "T" * 254 + "…"),
        "summary": ("text/plain", "Kort"),
        "contentReference": (EMBED_MARKDOWN, f"{BASE}/correspondence/api/v1/correspondence/{state.id}/content"),
    }


def test_without_a_name_of_its_own_the_service_owner_sends_it() -> None:
    """An actor has a name or is the service owner."""
    assert made(published(external_references=(DIALOG,), message_sender=" "))["sender"] == {"actorType": "ServiceOwner"}


def test_its_files_can_be_downloaded() -> None:
    """In their order, those that have not expired, and no ZIP of all."""
    files = [attachment(id=AttachmentId(new_id(name)), file_name=f"{name}.pdf") for name in "abc"]
    uses = [
        AttachmentUse(files[0].id),
        AttachmentUse(files[1].id, NOW + timedelta(days=1)),
        AttachmentUse(files[2].id, NOW),
    ]
    state = published(external_references=(DIALOG,), attachments=tuple(uses))
    shown = made(state, *zip(uses, files, strict=True))["attachments"]
    assert [each["displayName"][0]["value"] for each in shown] == ["a.pdf", "b.pdf"]
    assert [each.get("expiresAt") for each in shown] == [None, "2026-12-02T12:00:00Z"]
