"""Where the templates of notices are kept."""

from collections.abc import Callable, Sequence
from typing import Protocol

from shared.domain.identifiers import ResourceId
from shared.domain.templates import Activations, NotificationTemplate


class Templates(Protocol):
    """The templates of resources, in versions that never change."""

    async def add(self, template: NotificationTemplate) -> NotificationTemplate:
        """Store it under the next number of its resource."""

    async def get(self, resource_id: ResourceId, version: int) -> NotificationTemplate | None:
        """This version, None when there is none of this number."""

    async def page(
        self, resource_id: ResourceId, *, before: int | None = None, limit: int = 100
    ) -> Sequence[NotificationTemplate]:
        """The newest versions, or those before this one."""

    async def activations(self, resource_id: ResourceId) -> Activations:
        """Which versions were in use, one after another."""

    async def change_activations(
        self, resource_id: ResourceId, decide: Callable[[Activations], Activations]
    ) -> Activations:
        """Save what `decide` makes of them as they are now; decided again when others were faster."""

    async def active(self, resource_id: ResourceId) -> NotificationTemplate | None:
        """The version in use, a minute old at most; None when the resource has none."""
