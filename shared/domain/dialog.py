"""A correspondence as Dialogporten shows it: the dialog itself, and which of its calls are due. Pure.

The shapes are Dialogporten's service-owner API, camel case. What its server refuses is never sent: texts are cut to
255, times that must lie ahead are left out when they do not, ids are version 7 and the same at every try.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain import dialog_texts, labels
from shared.domain.attachment import Attachment
from shared.domain.correspondence import AttachmentUse, Content, Correspondence, ReferenceType, ReplyOption, Status
from shared.domain.dialog_activities import activity, actor, has_activity
from shared.domain.dialog_parts import (
    EMBED_MARKDOWN,
    address,
    dialog_id,
    download_address,
    embed,
    external_reference,
    files,
    living,
    resource_urn,
    texts,
    transmission_id,
)
from shared.domain.dialog_texts import in_all_languages
from shared.domain.dialog_transmission import create_transmission
from shared.domain.events import iso_z
from shared.domain.facts import Fact, FactType
from shared.domain.labels import SystemLabel

VISIBLE_AT_ONCE = timedelta(minutes=1)  # Source: wire contract 10.1; a time this near is left out.
MAX_BUTTONS = 3  # Reply options beyond it go into the body instead. Source: wire contract 5.7.
MAX_URI = 1023


@dataclass(frozen=True, slots=True)
class Create:
    """Make the dialog (`create_dialog`). That it exists is success."""

    fact: Fact


@dataclass(frozen=True, slots=True)
class AddTransmission:
    """Add the message to the dialog that somebody else made (`create_transmission`). That it exists is success."""

    fact: Fact


@dataclass(frozen=True, slots=True)
class AddActivity:
    """Append the activity of this fact (`activity`). That it exists is success."""

    fact: Fact


@dataclass(frozen=True, slots=True)
class CloseConfirmation:
    """Take the confirm actions away."""

    fact: Fact


@dataclass(frozen=True, slots=True)
class Delete:
    """Soft-delete the dialog; fine when it is gone already."""

    fact: Fact


@dataclass(frozen=True, slots=True)
class Purge:
    """Remove the dialog for good."""

    fact: Fact


@dataclass(frozen=True, slots=True)
class SetLabels:
    """Put the recipient's labels on the dialog (`system_labels`)."""

    fact: Fact


Step = Create | AddTransmission | AddActivity | CloseConfirmation | Delete | Purge | SetLabels


def carry_over(correspondence: Correspondence, facts: Sequence[Fact]) -> list[Step]:
    """The calls that are due, in order, for the facts after the cursor, the correspondence being as it is now.

    The dialog is made as soon as all attachments are ready, at publishing at the latest, and not at all for what has
    failed or been purged meanwhile. In a dialog of somebody else there is a transmission. Source: design 2 and 10.
    """
    due = [f for f in sorted(facts, key=lambda f: f.sequence) if f.sequence > correspondence.dialog_cursor]
    return _of_transmission(correspondence, due) if correspondence.is_transmission else _of_dialog(correspondence, due)


def _of_dialog(correspondence: Correspondence, facts: Sequence[Fact]) -> list[Step]:
    ever = correspondence.ever
    exists = correspondence.dialog_id is not None
    may_create = not correspondence.is_purged and Status.FAILED not in ever
    ready = bool(ever & {Status.READY_FOR_PUBLISH, Status.PUBLISHED})
    steps: list[Step] = []
    for fact in facts:
        if fact.type in {FactType.INITIALIZED, FactType.PUBLISHED}:
            if not exists and may_create and ready:
                steps.append(Create(fact))
                exists = True
        elif fact.type is FactType.PURGED:
            steps += [AddActivity(fact), Delete(fact)] if exists else [Delete(fact)]  # a deleted one takes no entry
        elif fact.type is FactType.PUBLISH_FAILED:
            steps.append(Purge(fact))
        elif fact.type is FactType.LABELS_CHANGED:
            steps += [SetLabels(fact)] if exists else []
        elif exists and has_activity(fact):
            steps += _told(correspondence, fact)
    return steps


def _of_transmission(correspondence: Correspondence, facts: Sequence[Fact]) -> list[Step]:
    """A message in a dialog that somebody else made: it is added when it is published, and its log is written on.

    The dialog itself is never changed, closed or removed. Source: wire contract 10.2 and design 10.
    """
    exists = correspondence.transmission_id is not None
    steps: list[Step] = []
    for fact in facts:
        if fact.type is FactType.PUBLISHED and not exists:
            steps.append(AddTransmission(fact))
            exists = True
        elif exists and fact.type is not FactType.PURGED and has_activity(fact):
            steps.append(AddActivity(fact))
    return steps


def _told(correspondence: Correspondence, fact: Fact) -> list[Step]:
    if fact.type is FactType.CONFIRMED and correspondence.is_confirmation_needed:
        return [CloseConfirmation(fact), AddActivity(fact)]
    return [AddActivity(fact)]


def system_labels(fact: Fact, correspondence: Correspondence) -> dict[str, object]:
    """The body of `PUT dialogs/{id}/endusercontext/systemlabels`: the labels as they are now.

    Source: wire contract 10.4.
    """
    unopened = SystemLabel.MARKED_AS_UNOPENED
    marked = unopened in correspondence.labels
    return {
        "addLabels": [labels.place(correspondence.labels), *([unopened] if marked else [])],
        "removeLabels": [] if marked else [unopened],
        "performedBy": actor(fact, correspondence),
    }


def create_dialog(
    correspondence: Correspondence,
    content: Content,
    attachments: Sequence[tuple[AttachmentUse, Attachment]],
    *,
    base_url: str,
    plain: Callable[[str], str],
    now: datetime,
) -> dict[str, object]:
    """The body of `POST dialogs`. `plain` strips Markdown and HTML; `base_url` is https, without a path.

    Source: wire contract 10.1.
    """
    url = address(correspondence, base_url)
    confirms = correspondence.is_confirmation_needed and Status.CONFIRMED not in correspondence.ever
    shown = living(attachments, now)
    dialog: dict[str, object] = {
        "id": dialog_id(correspondence),
        "serviceResource": resource_urn(correspondence),
        "party": correspondence.recipient,
        "externalReference": external_reference(correspondence),
        "createdAt": iso_z(correspondence.created),
        "status": "RequiresAttention" if confirms else "NotApplicable",
        "systemLabel": "Default",
        "content": _content(correspondence, content, url, plain),
        "searchTags": [{"value": tag} for tag in _search_tags(correspondence)],
        "attachments": files(correspondence, shown, url),
        "guiActions": _gui_actions(correspondence, url, confirms=confirms),
        "apiActions": _api_actions([use for use, _ in shown], url, confirms=confirms),
        "serviceOwnerContext": {
            "serviceOwnerLabels": [{"value": f"urn:altinn:correspondence-id:{correspondence.id}"}],
        },
    }
    return dialog | _times(correspondence, now) | _process(correspondence)


def _times(correspondence: Correspondence, now: datetime) -> dict[str, object]:
    """What Dialogporten takes only while it lies ahead, and when it was published."""
    times: dict[str, object] = {}
    if correspondence.requested_publish_time > now + VISIBLE_AT_ONCE:
        times["visibleFrom"] = iso_z(correspondence.requested_publish_time)
    if correspondence.due_date_time is not None and correspondence.due_date_time > now + VISIBLE_AT_ONCE:
        times["dueAt"] = iso_z(correspondence.due_date_time)
    if correspondence.published is not None:
        times["updatedAt"] = iso_z(max(correspondence.published, correspondence.created))
    return times


def _process(correspondence: Correspondence) -> dict[str, object]:
    """The process it belongs to, when it is named as Dialogporten takes it."""
    for reference in correspondence.external_references:
        if reference.type is ReferenceType.PROCESS_ID:
            value = reference.value.strip()
            is_uri = 0 < len(value) <= MAX_URI and not any(c.isspace() for c in value)
            return {"process": value} if is_uri else {}
    return {}


def _content(
    correspondence: Correspondence, content: Content, url: str, plain: Callable[[str], str]
) -> dict[str, object]:
    named = texts(content, plain, senderName=correspondence.message_sender.strip())
    return named | {"mainContentReference": embed(content, url)}


def _search_tags(correspondence: Correspondence) -> list[str]:
    """The property values that can be tags: 3 to 63 characters, each once whatever its case."""
    tags: dict[str, str] = {}
    for value in correspondence.property_list.values():
        tag = value.strip()[:63].strip()
        if len(tag) >= 3:
            tags.setdefault(tag.casefold(), tag)
    return list(tags.values())


def _gui_actions(correspondence: Correspondence, url: str, *, confirms: bool) -> list[dict[str, object]]:
    actions: list[dict[str, object]] = []
    if len(correspondence.reply_options) <= MAX_BUTTONS:
        actions += [_reply(option) for option in correspondence.reply_options]
    if confirms:
        actions.append(_gui_action(f"{url}/confirm", "POST", "Primary", dialog_texts.CONFIRM))
    delete = _gui_action(f"{url}/purge", "DELETE", "Tertiary", dialog_texts.DELETE)
    return [*actions, delete | {"isDeleteDialogAction": True}]


def _reply(option: ReplyOption) -> dict[str, object]:
    words = (option.text or "").strip()
    titles = dict.fromkeys(dialog_texts.LANGUAGES, words) if words else dialog_texts.GO_TO_SERVICE
    return _gui_action(option.url, "GET", "Tertiary", titles)


def _gui_action(url: str, method: str, priority: str, titles: dict[str, str]) -> dict[str, object]:
    title = in_all_languages(titles)
    return {"action": "read", "url": url, "httpMethod": method, "priority": priority, "title": title}


def _api_actions(uses: Sequence[AttachmentUse], url: str, *, confirms: bool) -> list[dict[str, object]]:
    actions = [
        _api_action("getCorrespondence", "read", url, "GET"),
        _api_action("purgeCorrespondence", "write", f"{url}/purge", "DELETE"),
    ]
    if confirms:
        actions.append(_api_action("confirmCorrespondence", "write", f"{url}/confirm", "POST"))
    downloads = [
        _api_action("downloadCorrespondenceAttachment", "read", download_address(url, use), "GET") for use in uses
    ]
    return actions + downloads


def _api_action(name: str, action: str, url: str, method: str) -> dict[str, object]:
    return {"action": action, "name": name, "endpoints": [{"url": url, "httpMethod": method}]}


__all__ = [
    "EMBED_MARKDOWN",
    "AddActivity",
    "AddTransmission",
    "CloseConfirmation",
    "Create",
    "Delete",
    "Purge",
    "SetLabels",
    "Step",
    "activity",
    "carry_over",
    "create_dialog",
    "create_transmission",
    "dialog_id",
    "system_labels",
    "transmission_id",
]
