"""Confidential letters go to organisations in which somebody answers for them."""

from collections.abc import Sequence

from shared.domain.errors import DomainError, Refusal
from shared.domain.identifiers import PartyKind, PartyUrn, party_kind
from shared.ports import App, Unit

RESPONSIBLE = frozenset(
    {
        "bestyrende-reder",
        "daglig-leder",
        "deltaker-delt-ansvar",
        "deltaker-fullt-ansvar",
        "innehaver",
        "komplementar",
        "styreleder",
    }
)
"""Codes of the roles that confidential letters can be opened with. Source: wire contract 5.1, item 11."""


async def require_responsible(app: App, recipients: Sequence[PartyUrn]) -> None:
    """Somebody holds such a role in every organisation among them. Raises 1044 that lists the others."""
    if missing := await without_responsible(app, recipients):
        refusal = Refusal.RECIPIENT_LACKS_ROLES
        raise DomainError(refusal, f"{refusal.text}: {', '.join(missing)}")


async def without_responsible(app: App, recipients: Sequence[PartyUrn]) -> list[PartyUrn]:
    """The organisations among them in which nobody holds such a role, neither in themselves nor in their main unit."""
    organisations = [r for r in recipients if party_kind(r) is PartyKind.ORGANISATION]
    if not organisations:
        return []
    units = await app.registry.units(organisations)
    mains = await app.registry.units({unit.main_unit for unit in units.values() if unit.main_unit is not None})

    def is_covered(party: PartyUrn) -> bool:
        unit = units.get(party, Unit())
        main = mains.get(unit.main_unit, Unit()) if unit.main_unit is not None else Unit()
        return bool((unit.roles | main.roles) & RESPONSIBLE)

    return [party for party in organisations if not is_covered(party)]
