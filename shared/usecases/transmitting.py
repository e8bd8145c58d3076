"""Messages in a dialog that somebody else made: the dialog is there, of the same owner and of the same party."""

from shared.domain.correspondence import Correspondence
from shared.domain.dialog import dialog_id
from shared.domain.errors import DomainError, Refusal
from shared.domain.identifiers import PartyUrn, as_guid
from shared.domain.requests import NewMessage
from shared.ports import App, KnownDialog, Resource


async def require_dialog(app: App, resource: Resource, message: NewMessage) -> None:
    """The dialog that the message names, if it names one, takes it. Raises 1054, 1050, 1046.

    The message was judged before: the dialog's id is a GUID, and there is one recipient.
    Source: wire contract 5.1, item 18.
    """
    if message.named_dialog is None:
        return
    id_ = as_guid(message.named_dialog) or message.named_dialog
    if refusal := await _refusal(app, id_, resource, message.recipients[0]):
        raise DomainError(refusal)


async def dialog_obstacle(app: App, state: Correspondence) -> str | None:
    """Why the dialog that it names takes it no more, or None. Source: wire contract 7.1."""
    if not state.is_transmission:
        return None
    resource = await app.registry.resource(state.resource_id)
    if resource is None:
        return Refusal.RESOURCE_UNKNOWN.text
    refusal = await _refusal(app, dialog_id(state), resource, state.recipient)
    return refusal.text if refusal else None


async def _refusal(app: App, id_: str, resource: Resource, recipient: PartyUrn) -> Refusal | None:
    dialog = await app.dialogs.find(id_)
    if dialog is None:
        return Refusal.DIALOG_UNKNOWN
    if not await _is_of_owner(app, dialog, resource):
        return Refusal.DIALOG_OF_ANOTHER_OWNER
    return Refusal.RECIPIENT_NOT_DIALOG_PARTY if dialog.party != recipient else None


async def _is_of_owner(app: App, dialog: KnownDialog, resource: Resource) -> bool:
    """By the owner of the dialog's resource; by the owner's code where our registry does not know that resource."""
    other = await app.registry.resource(dialog.resource_id)
    if other is not None:
        return other.owner == resource.owner
    return bool(dialog.owner_code) and dialog.owner_code.lower() == resource.owner_code.lower()
