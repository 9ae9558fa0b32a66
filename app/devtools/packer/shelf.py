"""Parcels that are packed and wait for the courier, who takes only what Coupang knows the waybill of."""

from collections.abc import Mapping
from typing import Any

import httpx

from app.devtools.packer.desk import Desk
from app.devtools.packer.dock import Dock, Parcel
from app.machines.effects import EffectState


class Shelf:
    """What was packed, by its label, from the printing of the label to the hand-over."""

    def __init__(self) -> None:
        self._packed: dict[int, dict[str, dict[int, int]]] = {}
        self._waiting: dict[str, Parcel] = {}

    def label(self, box_id: int, waybill: Mapping[str, Any], units: Mapping[int, int]) -> None:
        """Note what of a box is in the parcel that gets this label ({vendor_item_id: units})."""
        self._packed.setdefault(box_id, {})[waybill["invoice_number"]] = dict(units)

    def put(self, box_id: int, effect: Mapping[str, Any] | None) -> None:
        """Keep the parcel of a waybill that the service has taken; None is one that it has not."""
        if effect is None:
            return
        payload = effect["payload"]
        # A request that was asked again went out with the label of its first time.
        units = self._packed.pop(box_id, {}).get(payload["invoice_number"])
        if units:
            parcel = Parcel(box_id, payload["courier_code"], payload["invoice_number"], units)
            self._waiting[str(effect["effect_id"])] = parcel

    async def hand_over(self, desk: Desk, dock: Dock | None) -> int:
        """Give the courier every parcel whose waybill stands, unpack those refused; return how many left.

        Without a dock nobody is told of what leaves.

        Raises:
            httpx.HTTPError: Service or dock does not answer, or not as it should.
        """
        left = 0
        if dock is None:
            self._waiting.clear()
            return left
        for effect_id, parcel in list(self._waiting.items()):
            effect = await desk.read(f"/v1/effects/{effect_id}")
            if effect is not None and effect["state"] == EffectState.CONFIRMED:
                told = await _leaves(dock, parcel)
                desk.counts["handed over" if told else "handed over, not believed"] += 1
                left += 1
            elif effect is not None and effect["state"] != EffectState.REJECTED:
                continue
            self._waiting.pop(effect_id, None)
        return left


async def _leaves(dock: Dock, parcel: Parcel) -> bool:
    """Give a parcel to the courier; tell whether the dock believes it. It leaves in any case."""
    try:
        await dock.hand_over(parcel)
    except httpx.HTTPStatusError as error:
        if error.response.status_code >= 500:
            raise
        return False
    return True
