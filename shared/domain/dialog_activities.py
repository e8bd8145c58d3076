"""What happened to a correspondence, as an entry in the log of its dialog. Pure."""

from collections.abc import Mapping

from shared.domain import dialog_texts
from shared.domain.correspondence import Correspondence, Status
from shared.domain.dialog_parts import transmission_id
from shared.domain.dialog_texts import in_all_languages, naming_file
from shared.domain.events import iso_z
from shared.domain.facts import Fact, FactType
from shared.domain.identifiers import derived_uuid7

KINDS: Mapping[FactType, str] = {
    FactType.READ: "CorrespondenceOpened",
    FactType.CONFIRMED: "CorrespondenceConfirmed",
    FactType.PURGED: "DialogDeleted",
    FactType.ATTACHMENT_DOWNLOADED: "Information",
    FactType.FORWARDED: "Information",
    FactType.NOTIFICATION_CREATED: "Information",
    FactType.NOTIFICATION_FAILED: "Information",
    FactType.NOTIFICATION_ALL_FAILED: "Information",
}
"""The facts that can have an entry, and of which type it is. Source: wire contract 10.3."""

_NOT_NOTIFIED = frozenset({FactType.NOTIFICATION_FAILED, FactType.NOTIFICATION_ALL_FAILED})


def has_activity(fact: Fact) -> bool:
    """True when the log tells of this fact; of a letter marked as read without being opened it does not."""
    return fact.type in KINDS and not (fact.type is FactType.READ and fact.details.get("how") == "marked")


def activity(
    fact: Fact, correspondence: Correspondence, *, file_name: str = "", told: Mapping[str, str] | None = None
) -> dict[str, object] | None:
    """The body of `POST dialogs/{id}/activities` for this fact, or None when it has no entry.

    `file_name` is what a downloaded attachment is called, `told` what a forwarding is told as. The fact's details are
    read: `by` (who did it), `how` (`marked` when it was read without being opened), `medium` and `reminder` (of a
    notification). The id is the same at every try. Source: wire contract 10.3.
    """
    if not has_activity(fact):
        return None
    entry: dict[str, object] = {
        "id": derived_uuid7(fact.at, fact.id, "activity"),
        "createdAt": iso_z(fact.at),
        "type": KINDS[fact.type],
        "performedBy": actor(fact, correspondence),
    }
    if fact.type is FactType.READ and correspondence.is_transmission:
        entry |= {"type": "TransmissionOpened", "transmissionId": transmission_id(correspondence)}
    words = told or _words(fact, file_name)
    return entry | {"description": in_all_languages(words)} if words else entry


def actor(fact: Fact, correspondence: Correspondence) -> dict[str, object]:
    """Who did it, in Dialogporten's shape: the service owner, a named side, or the party that the fact names."""
    if fact.type is FactType.NOTIFICATION_CREATED or fact.type in _NOT_NOTIFIED:
        return {"actorType": "ServiceOwner"}
    if fact.type is FactType.PURGED:
        by_sender = Status.PURGED_BY_ALTINN in correspondence.ever
        return {"actorType": "PartyRepresentative", "actorName": "avsender" if by_sender else "mottaker"}
    return {"actorType": "PartyRepresentative", "actorId": fact.details.get("by", correspondence.recipient)}


def _words(fact: Fact, file_name: str) -> Mapping[str, str] | None:
    match fact.type:
        case FactType.ATTACHMENT_DOWNLOADED:
            return naming_file(dialog_texts.DOWNLOADED, file_name or fact.details.get("attachment", ""))
        case FactType.NOTIFICATION_CREATED:
            return dialog_texts.NOTIFIED[_medium(fact), _is_reminder(fact)]
        case failed if failed in _NOT_NOTIFIED:
            return dialog_texts.NOT_NOTIFIED[_medium(fact)]
        case _:
            return None


def _medium(fact: Fact) -> str:
    return "Sms" if fact.details.get("medium") == "Sms" else "Email"


def _is_reminder(fact: Fact) -> bool:
    return fact.details.get("reminder", "") not in {"", "0", "false", "False"}
