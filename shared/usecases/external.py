"""Content stored elsewhere: a sender may point only to hosts that the registry has for them."""

import os
from collections.abc import Sequence

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
    await _require(
        app,
        sender,
        [
            (f"content.attachments[{position}].dataLocationUrl", new.external.url)
            for position, new in enumerate(message.new_attachments)
            if new.external is not None
        ],
    )


async def keep_external(
    app: App, sender: PartyUrn, new: NewAttachment, permit: Permit, party: PartyUrn
) -> AttachmentId:
    """The attachment is there, published, and only a link."""
    id_ = AttachmentId(uuid7(app.clock(), os.urandom(10)))
    state = begun(app, id_, sender, new)
    await create_attachment(app, attachments.keep_external(state, party=party, now=state.created), permit)
    return id_


async def _require(app: App, sender: PartyUrn, addresses: Sequence[tuple[str, str]]) -> None:
    """The registry is asked only when there is an address to judge."""
    if not addresses:
        return
    hosts = await app.registry.link_hosts(sender)
    for member, url in addresses:
        check_address(url, hosts, member=member)
