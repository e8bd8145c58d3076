"""What a dialog and a transmission have in common: their ids, their texts, their files, their addresses. Pure."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from shared.domain import dialog_texts
from shared.domain.attachment import Attachment
from shared.domain.checks_files import media_type
from shared.domain.correspondence import AttachmentUse, Content, Correspondence
from shared.domain.dialog_texts import cut, cut_file_name, in_all_languages
from shared.domain.events import iso_z
from shared.domain.identifiers import as_guid, derived_uuid7

EMBED_MARKDOWN = "application/vnd.dialogporten.frontchannelembed-url;type=text/markdown"


def dialog_id(correspondence: Correspondence) -> str:
    """The dialog that this correspondence is in: the one that the sender named, or else ours.

    Ours is the same at every try, of no later time than the correspondence's creation.
    """
    if (named := correspondence.named_dialog) is not None:
        return as_guid(named) or named
    return derived_uuid7(correspondence.created, correspondence.id, "dialog")


def transmission_id(correspondence: Correspondence) -> str:
    """The id of its transmission in a dialog of somebody else: the same at every try."""
    return derived_uuid7(correspondence.created, correspondence.id, "transmission")


def address(correspondence: Correspondence, base_url: str) -> str:
    """Where the correspondence is; `base_url` is https, without a path."""
    return f"{base_url}/correspondence/api/v1/correspondence/{correspondence.id}"


def download_address(url: str, use: AttachmentUse) -> str:
    """Where an attachment of the correspondence at `url` is."""
    return f"{url}/attachment/{use.id}/download"


def resource_urn(correspondence: Correspondence) -> str:
    """The resource as Dialogporten names it."""
    return f"urn:altinn:resource:{correspondence.resource_id}"


def external_reference(correspondence: Correspondence) -> str:
    """The sender's reference, as much of it as Dialogporten takes."""
    return cut(correspondence.senders_reference)


def texts(content: Content, plain: Callable[[str], str], **more: str) -> dict[str, object]:
    """Title, summary and `more` in the language of the content, cut to size; what is empty is left out."""
    named = {"title": content.title, "summary": plain(content.summary).strip(), **more}
    return {name: _value(content, cut(text)) for name, text in named.items() if text}


def embed(content: Content, url: str) -> dict[str, object]:
    """The reference to the body of the correspondence at `url`, which Dialogporten's portal fetches itself."""
    return _value(content, f"{url}/content", EMBED_MARKDOWN)


def living(
    attachments: Sequence[tuple[AttachmentUse, Attachment]], now: datetime
) -> list[tuple[AttachmentUse, Attachment]]:
    """Those that have not expired."""
    return [(use, file) for use, file in attachments if use.expires is None or use.expires > now]


def files(
    correspondence: Correspondence, attachments: Sequence[tuple[AttachmentUse, Attachment]], url: str
) -> list[dict[str, object]]:
    """The attachments, in their order, with where to download them, or where they are stored elsewhere."""
    return [_file(correspondence, use, file, url, position) for position, (use, file) in enumerate(attachments)]


def _file(
    correspondence: Correspondence, use: AttachmentUse, file: Attachment, url: str, position: int
) -> dict[str, object]:
    at = correspondence.created + timedelta(milliseconds=position)  # The ids keep the order of the files.
    name = cut_file_name(file.display_name or file.file_name)
    link: dict[str, object] = {
        "url": file.external.url if file.external else download_address(url, use),
        "mediaType": media_type(file.file_name),
        "consumerType": "Gui",
    }
    shown: dict[str, object] = {
        "id": derived_uuid7(at, correspondence.id, "attachment", use.id),
        "displayName": in_all_languages(dict.fromkeys(dialog_texts.LANGUAGES, name)),
        "urls": [link],
    }
    return shown | ({"expiresAt": iso_z(use.expires)} if use.expires is not None else {})


def _value(content: Content, text: str, media_type: str = "text/plain") -> dict[str, object]:
    return {"mediaType": media_type, "value": [{"languageCode": content.language.lower(), "value": text}]}
