"""The body of a message, fetched when the request only names it."""

from shared.domain.bodies import linking, reading_from, require_body
from shared.domain.correspondence import Content
from shared.domain.errors import Conflict, DomainError, Refusal
from shared.domain.identifiers import PartyUrn
from shared.domain.policy import Action, own_work
from shared.ports import App
from shared.usecases.external import require_address


async def with_body(app: App, sender: PartyUrn, content: Content) -> Content:
    """The content with its body as it will be kept: what happens to the attachment later does not change a letter.

    Raises 7010, 7011 for an address; 1007, 1017, 1018, 7012, 1022 for an attachment.
    """
    if content.body_url:
        await require_address(app, sender, content.body_url, member="content.messageBodyUrl")
        return linking(content)
    if content.body_attachment_id is None:
        return content
    loaded = await app.attachments.load(content.body_attachment_id)
    stored = require_body(loaded.state if loaded else None, sender=sender)
    assert loaded is not None  # noqa: S101  what is required is there
    permit = own_work(Action.READ_ATTACHMENT, loaded.state.resource_id, "body")
    try:
        data = b"".join([piece async for piece in app.blobs.read(loaded.state.id, stored, permit)])
    except Conflict as error:
        raise DomainError(Refusal.ATTACHMENT_NOT_PUBLISHED) from error
    return reading_from(content, loaded.state.file_name, data)
