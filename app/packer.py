"""A warehouse that packs by REST, for `up` and `demo`: what a real one would do, and nothing else.

It asks which boxes are ready, ships them, and asks again. Refusals are normal (a cancel came in between, or
the last waybill is still on its way) and leave the box for the next round.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import httpx

AT_A_TIME = 8


class Packer:
    """Packs everything that may be packed.

    Args:
        base_url: Our web process.
        api_key: With scope `warehouse:write`.
        seed: Draws couriers and waybill numbers.
        direct_share: Share of boxes that the seller brings himself.
    """

    def __init__(self, base_url: str, api_key: str, seed: int = 1, direct_share: float = 0.05) -> None:
        self._luck = random.Random(f"packer {seed}")
        self._direct_share = direct_share
        self._number = self._luck.randrange(10**10, 9 * 10**10)
        self.shipped = 0
        self.refused = 0
        self.stopped = 0
        self._client = httpx.AsyncClient(
            base_url=base_url, headers={"Authorization": f"Bearer {api_key}"}, timeout=30.0
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def pack(self) -> int:
        """Ship every box that is ready; return how many were asked."""
        ready = [box async for box in self._ready()]
        gate = asyncio.Semaphore(AT_A_TIME)

        async def one(box: dict[str, Any]) -> None:
            async with gate:
                await self._ship(box)

        await asyncio.gather(*(one(box) for box in ready))
        return len(ready)

    async def answer_stops(self) -> int:
        """Answer open stop requests: nothing was handed over yet, so every one can be stopped."""
        answer = await self._client.get("/v1/cancels", params={"state": "REQUESTED", "limit": 200})
        answer.raise_for_status()
        answered = 0
        for cancel in answer.json()["items"]:
            said = await self._client.post(f"/v1/cancels/{cancel['receipt_id']}/stop")
            if said.status_code == 202:
                answered += 1
            elif said.status_code not in (404, 409):
                said.raise_for_status()
        self.stopped += answered
        return answered

    async def _ready(self) -> AsyncIterator[dict[str, Any]]:
        query: dict[str, Any] = {"state": "INSTRUCT", "limit": 200}
        while True:
            answer = await self._client.get("/v1/boxes", params=query)
            answer.raise_for_status()
            page = answer.json()
            for box in page["items"]:
                if box["address_final"]:
                    yield box
            if not page["next_cursor"]:
                return
            query["cursor"] = page["next_cursor"]

    async def _ship(self, box: dict[str, Any]) -> None:
        box_id = box["shipment_box_id"]
        direct = self._luck.random() < self._direct_share
        self._number += 1
        waybill = {
            "courier_code": "DIRECT" if direct else "CJGLS",
            # CJ prints twelve digits.
            "invoice_number": f"{self._number % 10**11:011d}0",
        }
        answer = await self._client.post(f"/v1/boxes/{box_id}/ship", json=waybill)
        if answer.status_code == 202:
            self.shipped += 1
        elif answer.status_code in (404, 409):
            self.refused += 1
        else:
            answer.raise_for_status()
