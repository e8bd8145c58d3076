"""Content stored elsewhere: a sender may point only to hosts that the registry has for them."""

import os

from shared.domain import attachment as attachments
from shared.domain.identifiers import AttachmentId, PartyUrn, uuid7
from shared.domain.links import check_address
from shared.domain.policy import Permit
from shared.domain.requests import NewAttachment, NewMessage
from shared.ports import App
from shared.usecases.attachments import begun
from shared.usecases.saving import create_attachment


async def require_addresses(app: App, sender: PartyUrn, message: NewMessage) -> None:
    """Every attachment that is stored elsewhere lies where the sender may point to. Raises 7010, 7011."""
    if all(new.external is None for new in message.new_attachments):
        return
    hosts = await app.registry.link_hosts(sender)
    for position, new in enumerate(message.new_attachments):
        if new.external is not None:
            check_address(new.external.url, hosts, member=f"content.attachments[{position}].dataLocationUrl")


async def require_address(app: App, sender: PartyUrn, url: str, *, member: str) -> None:
    """The registry lets the sender point there; `member` is where they said so. Raises 7010, 7011."""
    check_address(url, await app.registry.link_hosts(sender), member=member)


async def keep_external(
    app: App, sender: PartyUrn, new: NewAttachment, permit: Permit, party: PartyUrn
) -> AttachmentId:
    """The attachment is there, published, and only a link."""
    id_ = AttachmentId(uuid7(app.clock(), os.urandom(10)))
    state = begun(app, id_, sender, new)
    await create_attachment(app, attachments.keep_external(state, party=party, now=state.created), permit)
    return id_
