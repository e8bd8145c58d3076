"""Telling subscribers: every fact stands in the feed, and each match of it is on the queue."""

from shared.domain.facts import AggregateKind, fact_id
from shared.domain.identifiers import ResourceId
from shared.ports import App, DeliveryMessage, FeedEntry
from shared.usecases import republishing
from shared.usecases.delivering import wants
from shared.usecases.saving import fact_of


async def fan_out(app: App, resource_id: ResourceId, kind: AggregateKind, id_: str, sequence: int) -> None:
    """One delivery per subscriber of this fact is on the queue. Safe to repeat: what was delivered stays so.

    Who subscribed after it happened is not told of it, however late its message comes. Where nobody has subscribed
    to the resource, the fact is not even read; it stands in the feed all the same.
    """
    entry = FeedEntry(kind, id_, sequence)
    await app.feed.add(resource_id, entry, fact_id(id_, sequence), now=app.clock())
    await republishing.put_forward(app, kind, id_, sequence)
    subscribers = await app.subscriptions.of_resource(resource_id)
    fact = await fact_of(app, kind, id_, sequence) if subscribers else None
    if fact is None:
        return
    wanted = [s for s in subscribers if wants(s, fact)]
    if wanted:
        await app.outbox.send_deliveries([DeliveryMessage(s.id, fact.resource_id, kind, id_, sequence) for s in wanted])
