"""Who asks."""

from dataclasses import dataclass

Vendors = list[str] | None
"""Vendors that somebody may know of; None means every vendor."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: an API key, an operator, or we ourselves."""

    actor: str
    vendor_ids: Vendors
    reason: str | None = None
    """Why, when a person acts by hand; kept in the history of what is asked."""


US = Caller("us", None)
