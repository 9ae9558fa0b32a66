"""What stands at the door: parcels leave and come back whatever any list says, and only eyes can tell.

In the sandbox's world the couriers know which goods they have brought, and the sandbox's ledger wants to know
what they took; a real warehouse sees the parcel.
"""

from dataclasses import dataclass, field
from typing import Protocol

import httpx


@dataclass(frozen=True, slots=True)
class Parcels:
    """Claims whose goods have been brought: receipt ids and exchange ids."""

    returns: frozenset[int] = field(default_factory=frozenset)
    exchanges: frozenset[int] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a courier takes: a packed box, or a part of one, with its label."""

    shipment_box_id: int
    courier_code: str
    invoice_number: str
    units: dict[int, int]
    """{vendor_item_id: units} inside."""


class Dock(Protocol):
    """Whoever can tell what the couriers have brought, and gives them what leaves."""

    async def brought(self) -> Parcels:
        """Return every claim whose goods stand at the door, or have stood there."""

    async def hand_over(self, parcel: Parcel) -> None:
        """Give a parcel to the courier; giving it again changes nothing."""


class SandboxDock:
    """The door of a warehouse in the sandbox's world.

    Args:
        sandbox_url: Where the sandbox answers.
        vendor_ids: Whose parcels come to this door; None takes all.
    """

    def __init__(self, sandbox_url: str, vendor_ids: list[str] | None = None) -> None:
        self._vendor_ids = None if vendor_ids is None else set(vendor_ids)
        self._client = httpx.AsyncClient(base_url=sandbox_url, timeout=60.0)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def brought(self) -> Parcels:
        """Return every claim whose goods the couriers have brought."""
        return Parcels(
            await self._arrived("receipts", "receipt_id"), await self._arrived("exchanges", "exchange_id")
        )

    async def hand_over(self, parcel: Parcel) -> None:
        """Tell the sandbox's ledger which units leave with which label."""
        told = {
            "shipment_box_id": parcel.shipment_box_id,
            "delivery_company_code": parcel.courier_code,
            "invoice_number": parcel.invoice_number,
            "lines": [{"vendor_item_id": item, "units": count} for item, count in parcel.units.items()],
        }
        (await self._client.post("/_sandbox/handovers", json=told)).raise_for_status()

    async def _arrived(self, what: str, name: str) -> frozenset[int]:
        answer = await self._client.get(f"/_sandbox/{what}")
        answer.raise_for_status()
        return frozenset(
            int(one[name])
            for one in answer.json()
            if one["pickup"]["arrived_at"]
            and (self._vendor_ids is None or one["vendor_id"] in self._vendor_ids)
        )
