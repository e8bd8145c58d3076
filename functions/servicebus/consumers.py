"""All subscriptions and queues on one page. Each consumer: read the message, call one use case. What
cannot be read, or fails ten times, the broker dead-letters.

Which facts a subscription gets is a rule of the subscription, by the properties `aggregate` and `type`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, timedelta

import azure.functions as func

from functions.edge import the_app, traced
from shared.domain.facts import AggregateKind, FactType
from shared.domain.identifiers import CorrespondenceId, ResourceId
from shared.schemas.messages import AgendaEnvelope, DeliveryEnvelope, FactMessage
from shared.telemetry import Log
from shared.usecases import agenda, delivering, dialogs, lifecycle, notifying, webhooks

CONNECTION = "SERVICEBUS_CONNECTION"
TOPIC = "facts"
LATE = timedelta(minutes=1)
"""How long a message may wait before it is said in the log, where an alert looks for it."""
blueprint = func.Blueprint()
_log = Log("consumers")


@blueprint.service_bus_topic_trigger(
    arg_name="message", topic_name=TOPIC, subscription_name="lifecycle", connection=CONNECTION
)
async def lifecycle_consumer(message: func.ServiceBusMessage) -> None:
    """Publish, fail or release what the fact is about."""
    fact = _fact(message)
    async with _handling(message, fact.trace):
        await lifecycle.care(the_app(), fact.aggregate, fact.id)


@blueprint.service_bus_topic_trigger(
    arg_name="message", topic_name=TOPIC, subscription_name="webhooks", connection=CONNECTION
)
async def webhooks_consumer(message: func.ServiceBusMessage) -> None:
    """Put one delivery per subscriber on the queue."""
    fact = _fact(message)
    async with _handling(message, fact.trace):
        await webhooks.fan_out(the_app(), ResourceId(fact.resource), fact.aggregate, fact.id, fact.sequence)


@blueprint.service_bus_topic_trigger(
    arg_name="message", topic_name=TOPIC, subscription_name="dialogs", connection=CONNECTION
)
async def dialogs_consumer(message: func.ServiceBusMessage) -> None:
    """Carry the correspondence's facts over to Dialogporten, in order."""
    fact = _fact(message)
    if fact.aggregate is AggregateKind.CORRESPONDENCE:
        async with _handling(message, fact.trace):
            await dialogs.carry_over(the_app(), CorrespondenceId(fact.id))


@blueprint.service_bus_topic_trigger(
    arg_name="message", topic_name=TOPIC, subscription_name="notifications", connection=CONNECTION
)
async def notifications_consumer(message: func.ServiceBusMessage) -> None:
    """Tell the recipient about a published correspondence."""
    fact = _fact(message)
    if fact.type is FactType.PUBLISHED:
        async with _handling(message, fact.trace):
            await notifying.notify(the_app(), CorrespondenceId(fact.id))


@blueprint.service_bus_topic_trigger(
    arg_name="message", topic_name=TOPIC, subscription_name="projections", connection=CONNECTION
)
async def projections_consumer(message: func.ServiceBusMessage) -> None:
    """Repair the mailbox pointers of a correspondence."""
    fact = _fact(message)
    if fact.aggregate is AggregateKind.CORRESPONDENCE:
        async with _handling(message, fact.trace):
            await lifecycle.repair_mailboxes(the_app(), CorrespondenceId(fact.id))


@blueprint.service_bus_queue_trigger(arg_name="message", queue_name="deliveries", connection=CONNECTION)
async def deliveries_consumer(message: func.ServiceBusMessage) -> None:
    """Post one event to one subscriber."""
    envelope = DeliveryEnvelope.model_validate_json(message.get_body())
    async with _handling(message, envelope.trace):
        await delivering.deliver(the_app(), envelope.to_message())


@blueprint.service_bus_queue_trigger(arg_name="message", queue_name="agenda", connection=CONNECTION)
async def agenda_consumer(message: func.ServiceBusMessage) -> None:
    """Do one thing that fell due."""
    envelope = AgendaEnvelope.model_validate_json(message.get_body())
    async with _handling(message, envelope.trace):
        await agenda.act(the_app(), envelope.to_message())


@asynccontextmanager
async def _handling(message: func.ServiceBusMessage, trace: str) -> AsyncIterator[None]:
    """The work inside goes on under the trace of what has sent the message; one that waited long is said."""
    async with traced(trace, message.delivery_count):
        if (sent := message.enqueued_time_utc) is not None:
            waited = the_app().clock() - (sent if sent.tzinfo else sent.replace(tzinfo=UTC))
            if waited > LATE:
                _log.warning("message.late", seconds=round(waited.total_seconds()), delivery=message.delivery_count)
        yield


def _fact(message: func.ServiceBusMessage) -> FactMessage:
    return FactMessage.model_validate_json(message.get_body())
