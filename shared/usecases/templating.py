"""A service owner's own templates for the notices of a resource: made, looked at, tried out, taken into use."""

from collections.abc import Callable

from shared.domain.errors import DomainError, InvalidRequest, Refusal
from shared.domain.identifiers import ResourceId
from shared.domain.policy import Subject
from shared.domain.templates import Activations, NotificationTemplate, Preview, Sample, Versions, faults, tried_out
from shared.ports import App, Resource
from shared.telemetry import Log
from shared.usecases.access import find_resource
from shared.usecases.hearing import consumer_of

_log = Log("templating")


async def create(app: App, caller: Subject, template: NotificationTemplate) -> NotificationTemplate:
    """A new version, which is not in use yet. Raises 1036, 4001, 4006, and InvalidRequest with every fault."""
    resource = await _own(app, caller, template.resource_id)
    _require_sound(template)
    made = await app.templates.add(template)
    _log.info("template.created", resource=resource.id, version=made.version)
    return made


async def versions(app: App, caller: Subject, id_: ResourceId, *, before: int | None, limit: int) -> Versions:
    """All versions there are, by pages. Raises 1036, 4001, 4006."""
    await _own(app, caller, id_)
    found = await app.templates.page(id_, before=before, limit=limit)
    active = (await app.templates.activations(id_)).active
    return Versions(found, active, found[-1].version if len(found) == limit else None)


async def version(app: App, caller: Subject, id_: ResourceId, number: int) -> tuple[NotificationTemplate, bool]:
    """One version, and whether it is in use. Raises 1036, 4001, 4006, 7030."""
    await _own(app, caller, id_)
    found = await _find(app, id_, number)
    return found, (await app.templates.activations(id_)).active == number


async def preview(
    app: App, caller: Subject, id_: ResourceId, template: NotificationTemplate | int, sample: Sample
) -> Preview:
    """What would be sent; nothing is stored. A `template` that is stored goes by its number.

    Raises 1036, 4001, 4006, 7030, and InvalidRequest with every fault of a new one.
    """
    await _own(app, caller, id_)
    if isinstance(template, NotificationTemplate):
        _require_sound(template, under="template.")
        tried = template
    else:
        tried = await _find(app, id_, template)
    return tried_out(tried, sample)


async def activate(app: App, caller: Subject, id_: ResourceId, number: int) -> Activations:
    """This version is in use for whatever is sent from now on. Raises 1036, 4001, 4006, 7030."""
    await _own(app, caller, id_)
    await _find(app, id_, number)
    return await _change(app, id_, lambda known: known.with_active(number))


async def roll_back(app: App, caller: Subject, id_: ResourceId) -> Activations:
    """What was in use before is again: an earlier version, or the text that everybody has.

    Raises 1036, 4001, 4006, 7031 when no version is in use.
    """
    await _own(app, caller, id_)

    def back(known: Activations) -> Activations:
        if known.active is None:
            raise DomainError(Refusal.NO_TEMPLATE_ACTIVE)
        return known.rolled_back()

    return await _change(app, id_, back)


async def _change(app: App, id_: ResourceId, decide: Callable[[Activations], Activations]) -> Activations:
    changed = await app.templates.change_activations(id_, decide)
    _log.info("template.activated", resource=id_, version=changed.active or 0)
    return changed


async def _own(app: App, caller: Subject, id_: ResourceId) -> Resource:
    """The resource, which is the caller's. Raises 1036, 4001, 4006."""
    resource = await find_resource(app, id_)
    if resource.owner != consumer_of(caller):
        raise DomainError(Refusal.NO_ACCESS)
    return resource


async def _find(app: App, id_: ResourceId, number: int) -> NotificationTemplate:
    found = await app.templates.get(id_, number)
    if found is None:
        raise DomainError(Refusal.TEMPLATE_VERSION_NOT_FOUND)
    return found


def _require_sound(template: NotificationTemplate, *, under: str = "") -> None:
    if wrong := faults(template, under=under):
        raise InvalidRequest(*wrong)
