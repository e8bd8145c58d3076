"""What a subscriber does with a delivery: check the signature, read the envelope."""

import json

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from local.demo.client import Json, NotHeld, expect

TYPE_PREFIX = "no.altinn.correspondence."
_KEYS = {
    *("specversion", "id", "type", "time", "resource", "resourceinstance"),
    *("source", "subject", "alternativesubject", "sequence", "data"),
}


def deliveries(calls: list[Json], *, accepted_only: bool = True) -> list[Json]:
    """Return the deliveries among the calls of a hook, without handshakes and, unless wanted, refused ones."""
    return [call for call in calls if call["method"] == "POST" and (call["status"] == 200 or not accepted_only)]


def verify(call: Json, secret: str) -> Json:
    """Return the event of a delivery, made not long ago, whose signature and envelope hold.

    Raises:
        NotHeld: when something is wrong with it.
    """
    headers, body = call["headers"], call["body"]
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError as error:
        raise NotHeld("the signature of a delivery", "one that holds", str(error)) from error
    event: Json = json.loads(body)
    expect("webhook-id is the event's id", event["id"], headers["webhook-id"])
    expect("content type", "application/cloudevents+json", headers["content-type"].partition(";")[0])
    expect("members of the envelope that are missing", set(), _KEYS - set(event))
    expect("version of CloudEvents", "1.0", event["specversion"])
    expect("begin of the type", True, event["type"].startswith(TYPE_PREFIX))
    expect("no content in the event", None, event["data"])
    return event


def events(calls: list[Json], secret: str) -> list[Json]:
    """Return the events of all deliveries that were taken, each once, ordered as they happened to each thing."""
    seen: dict[str, Json] = {}
    for call in deliveries(calls):
        event = verify(call, secret)
        expect(f"the same event under the id {event['id']}", seen.setdefault(event["id"], event), event)
    return sorted(seen.values(), key=lambda event: (event["resourceinstance"], event["sequence"]))


def of(found: list[Json], instance: str) -> list[str]:
    """Return the types, without their prefix, of the events about one thing, in order."""
    return [event["type"].removeprefix(TYPE_PREFIX) for event in found if event["resourceinstance"] == instance]
