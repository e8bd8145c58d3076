"""In-memory templates of notices."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from shared.domain.identifiers import ResourceId
from shared.domain.templates import Activations, NotificationTemplate
from tests.fakes.switch import Switched


@dataclass
class FakeTemplates(Switched):
    """Fulfils the port Templates."""

    kept: dict[ResourceId, list[NotificationTemplate]] = field(default_factory=dict)
    used: dict[ResourceId, Activations] = field(default_factory=dict)

    async def add(self, template: NotificationTemplate) -> NotificationTemplate:
        self._ask()
        versions = self.kept.setdefault(template.resource_id, [])
        versions.append(replace(template, version=len(versions) + 1))
        return versions[-1]

    async def get(self, resource_id: ResourceId, version: int) -> NotificationTemplate | None:
        self._ask()
        return next((one for one in self.kept.get(resource_id, ()) if one.version == version), None)

    async def page(
        self, resource_id: ResourceId, *, before: int | None = None, limit: int = 100
    ) -> Sequence[NotificationTemplate]:
        self._ask()
        found = [one for one in reversed(self.kept.get(resource_id, ())) if before is None or one.version < before]
        return found[:limit]

    async def activations(self, resource_id: ResourceId) -> Activations:
        self._ask()
        return self.used.get(resource_id, Activations())

    async def change_activations(
        self, resource_id: ResourceId, decide: Callable[[Activations], Activations]
    ) -> Activations:
        self._ask()
        self.used[resource_id] = decide(self.used.get(resource_id, Activations()))
        return self.used[resource_id]

    async def active(self, resource_id: ResourceId) -> NotificationTemplate | None:
        self._ask()
        version = self.used.get(resource_id, Activations()).active
        return None if version is None else self.kept[resource_id][version - 1]
