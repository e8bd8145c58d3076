"""The templates of notices, in the table `registry`: a row for each version, one that says which is in use."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.adapters.documents import columns, from_columns
from shared.adapters.kept import Kept
from shared.adapters.keys import after_prefix, escape
from shared.adapters.storage_calls import Exists, Missing
from shared.adapters.tables import Op, Row, Tables, Write, in_partition
from shared.domain.errors import Conflict, Unavailable
from shared.domain.identifiers import ResourceId
from shared.domain.templates import Activations, NotificationTemplate

ACTIVE_AGE = timedelta(minutes=1)
"""How long another instance may go by the version that was in use before."""

_PARTITION = "template"
_LAST_VERSION = 999_999
_TRIES = 50


@dataclass(frozen=True, slots=True)
class _InUse:
    """None when no version is."""

    template: NotificationTemplate | None


class TemplateTable:
    """Fulfils the port Templates."""

    def __init__(self, tables: Tables, clock: Callable[[], datetime]) -> None:
        self._table = tables.table("registry")
        self._in_use = Kept[ResourceId, _InUse](ACTIVE_AGE, clock)

    async def add(self, template: NotificationTemplate) -> NotificationTemplate:
        """Store it under the next number."""
        for _ in range(_TRIES):
            latest = await self.page(template.resource_id, limit=1)
            numbered = replace(template, version=latest[0].version + 1 if latest else 1)
            try:
                await self._table.write(Write(Op.INSERT, _row(numbered)))
            except Exists:
                continue
            return numbered
        raise Unavailable("table storage")

    async def get(self, resource_id: ResourceId, version: int) -> NotificationTemplate | None:
        """This version, None when there is none of this number."""
        if not 0 < version <= _LAST_VERSION:
            return None
        row = await self._table.get(_PARTITION, _key(resource_id, version))
        return from_columns(NotificationTemplate, row.columns) if row else None

    async def page(
        self, resource_id: ResourceId, *, before: int | None = None, limit: int = 100
    ) -> Sequence[NotificationTemplate]:
        """The newest versions, or those before this one."""
        of_resource = _versions(resource_id)
        low = _key(resource_id, before) + "!" if before is not None else of_resource
        rows = await self._table.find(in_partition(_PARTITION, low=low, high=after_prefix(of_resource)), limit=limit)
        return [from_columns(NotificationTemplate, row.columns) for row in rows]

    async def activations(self, resource_id: ResourceId) -> Activations:
        """Which versions were in use, one after another."""
        row = await self._table.get(_PARTITION, _active(resource_id))
        return from_columns(Activations, row.columns) if row else Activations()

    async def change_activations(
        self, resource_id: ResourceId, decide: Callable[[Activations], Activations]
    ) -> Activations:
        """Save what `decide` makes of them as they are now; decided again when others were faster."""
        for _ in range(_TRIES):
            row = await self._table.get(_PARTITION, _active(resource_id))
            changed = decide(from_columns(Activations, row.columns) if row else Activations())
            new = Row(_PARTITION, _active(resource_id), columns(changed), row.etag if row else "")
            try:
                await self._table.write(Write(Op.REPLACE if row else Op.INSERT, new))
            except (Conflict, Exists, Missing):
                continue
            self._in_use.forget(resource_id)
            return changed
        raise Unavailable("table storage")

    async def active(self, resource_id: ResourceId) -> NotificationTemplate | None:
        """The version in use, a minute old at most; None when the resource has none."""

        async def look() -> _InUse:
            version = (await self.activations(resource_id)).active
            return _InUse(await self.get(resource_id, version) if version is not None else None)

        found = await self._in_use.get(resource_id, look)
        return found.template if found is not None else None


def _row(template: NotificationTemplate) -> Row:
    return Row(_PARTITION, _key(template.resource_id, template.version), columns(template))


def _key(resource_id: ResourceId, version: int) -> str:
    """The newest version comes first."""
    return f"{_versions(resource_id)}{_LAST_VERSION - version:06d}"


def _versions(resource_id: ResourceId) -> str:
    return f"v:{escape(resource_id)}:"


def _active(resource_id: ResourceId) -> str:
    return f"active:{escape(resource_id)}"
