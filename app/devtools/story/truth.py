"""What really happened: the sandbox's own books, which no call of ours can read."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx

from app.machines.boxes import RESTING, SEEN

Row = dict[str, Any]
DELIVERED = SEEN.words(RESTING)


@dataclass(frozen=True, slots=True)
class Truth:
    """The sandbox's world at one moment."""

    now: datetime
    boxes: list[Row]
    receipts: list[Row]
    exchanges: list[Row]
    ledger: Row

    @property
    def sales(self) -> list[Row]:
        """Return the boxes that were bought; those of replacements are no sales."""
        return [box for box in self.boxes if box["exchange_id"] is None]

    def quiet(self, claim_within: timedelta) -> bool:
        """Tell whether no customer can come any more who claims within that time of the delivery."""
        delivered = [
            datetime.fromisoformat(step["at"])
            for box in self.sales
            for step in box["history"]
            if step["status"] in DELIVERED
        ]
        return self.now > max(delivered, default=self.now - claim_within) + claim_within


async def read_truth(sandbox_url: str) -> Truth:
    """Read the sandbox's books."""
    async with httpx.AsyncClient(base_url=sandbox_url, timeout=60.0) as client:

        async def told(what: str) -> Any:
            answer = await client.get(f"/_sandbox/{what}")
            answer.raise_for_status()
            return answer.json()

        now = datetime.fromisoformat((await told(""))["now"])
        # In this order: an exchange names the box of its replacement, which must be among the boxes.
        receipts, exchanges = await told("receipts"), await told("exchanges")
        return Truth(now, await told("boxes"), receipts, exchanges, await told("ledger"))
