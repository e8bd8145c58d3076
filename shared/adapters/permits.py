"""The last door: what is saved or opened has been permitted."""

from shared.domain.policy import Permit


def demand(permit: Permit) -> None:
    """Raise TypeError unless this is a permit. Types say so already; this holds where types are not checked."""
    if not isinstance(permit, Permit):
        raise TypeError("a permit is needed")
