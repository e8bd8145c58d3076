"""What tests look for in what the stack has done."""

from local.demo import hooks
from local.demo.client import Api, Json, Services, eventually
from local.demo.sending import dialog_of


def subjects(services: Services, part: str) -> list[str]:
    """The subjects of all mails that hold this text, oldest first."""
    return [mail["subject"] for mail in services.mail() if part in mail["subject"]]


def texts(services: Services, part: str) -> list[str]:
    """The texts of all SMS that hold this text, oldest first."""
    return [sms["message"] for sms in services.sms() if part in sms["message"]]


def number_of(body: Json) -> int | None:
    """The number of a refusal, None for another problem."""
    number: int | None = body.get("errorCode")
    return number


def paths_of(body: Json) -> list[str]:
    """The paths of a validation problem."""
    return [path for fault in body.get("validationErrors", []) for path in fault["paths"]]


def dialog_when(services: Services, agency: Api, id_: str, kind: str) -> Json:
    """The dialog of a correspondence, once its log has an activity of this type."""
    overview = eventually("a dialog", lambda: agency.overview(id_), dialog_of)
    return eventually(
        f"an activity {kind}",
        lambda: services.dialog(dialog_of(overview)),
        lambda dialog: kind in {entry["type"] for entry in dialog["activities"]},
    )


def events_when(services: Services, hook: str, secret: str, instance: str, kind: str) -> list[Json]:
    """All events about one thing that a hook was told of, once one of this kind is among them."""
    found = eventually(
        f"an event {kind}",
        lambda: hooks.events(services.hook(hook), secret),
        lambda events: kind in hooks.of(events, instance),
    )
    return [event for event in found if event["resourceinstance"] == instance]
