"""Who shops: boxes, and which share of their customers cancels, withdraws, returns and exchanges."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import httpx

from app.devtools.packer import EVERYTHING, Habits

SHOPPING = timedelta(hours=20)
MULTI_LINE_SHARE = 0.3
AT_ACCEPT = 0.4
"""Among customers who cancel: how many do so while Coupang still shows ACCEPT."""
LATE = 2.0
"""Of two customers who want to withdraw, one comes too late: answered, or taken by the courier."""
CLAIM_WITHIN = timedelta(hours=12)
"""After the delivery: when returns and exchanges are asked for."""

BRISK: dict[str, float] = {
    "scan_max_s": 43_200.0,
    "deliver_max_s": 86_400.0,
    "pickup_scan_min_s": 14_400.0,
    "pickup_scan_max_s": 57_600.0,
    "pickup_arrive_min_s": 14_400.0,
    "pickup_arrive_max_s": 57_600.0,
}
"""Rules of the sandbox for couriers in a hurry: what takes days and proves nothing."""


@dataclass(frozen=True, slots=True)
class Mix:
    """Shares of all boxes, between 0 and 1."""

    cancels: float = 0.10
    """Spread over the stages: at ACCEPT, at INSTRUCT, and too late, when the waybill is on its way."""
    withdrawn: float = 0.05
    """Stop requests, returns and exchanges that are taken back."""
    returns: float = 0.08
    exchanges: float = 0.04
    splits: float = 0.05
    """Boxes that leave in two parts."""
    addresses: float = 0.1
    """Customers who change the address while they can."""

    @property
    def claims(self) -> bool:
        """Tell whether anybody claims anything."""
        return bool(self.cancels or self.returns or self.exchanges)

    def habits(self) -> Habits:
        """Return how the warehouse works for such customers."""
        if not self.claims and not self.splits:
            return Habits()
        return replace(EVERYTHING, split_share=min(1.0, self.splits / MULTI_LINE_SHARE))

    def plan(self) -> dict[str, float]:
        """Return the shares in the words of the sandbox's shop."""
        revocable = self.cancels * (1 - AT_ACCEPT) + self.returns + self.exchanges
        return {
            "cancel_share": 0.0,
            "multi_line_share": MULTI_LINE_SHARE,
            "address_change_share": self.addresses,
            "cancel_accept_share": self.cancels * AT_ACCEPT,
            "cancel_instruct_share": self.cancels * (1 - AT_ACCEPT),
            # Long enough that some are cancelled after a list showed them, and some after their waybill.
            "cancel_accept_within_s": 10_800.0,
            "cancel_instruct_within_s": 18_000.0,
            "withdraw_share": min(1.0, LATE * self.withdrawn / revocable) if revocable else 0.0,
            "return_share": self.returns,
            "exchange_share": self.exchanges,
            "claim_within_s": CLAIM_WITHIN.total_seconds(),
            # Every way of collection comes up, also among few returns.
            "manual_pickup_share": 0.25,
            "coupang_pickup_share": 0.25,
            "no_pickup_share": 0.1,
        }


PLAIN = Mix(cancels=0.0, withdrawn=0.0, returns=0.0, exchanges=0.0, splits=0.0)
"""The road without claims."""


async def place(
    sandbox_url: str,
    vendor_ids: Sequence[str],
    boxes: int,
    mix: Mix,
    begins: datetime,
    shopping: timedelta = SHOPPING,
) -> int:
    """Let customers of these vendors pay for exactly so many boxes; return their number.

    Most orders have one box, some have two. `begins` lies so far ahead that they are all planned by then: an
    order that comes into being with a payment in the past may have been looked for already.
    """
    share, left, placed = boxes // len(vendor_ids), boxes, 0
    async with httpx.AsyncClient(base_url=sandbox_url, timeout=60.0) as client:
        if mix.claims:
            (await client.post("/_sandbox/rules", json=BRISK)).raise_for_status()
        for number, vendor_id in enumerate(vendor_ids, start=1):
            wanted = left if number == len(vendor_ids) else share
            left -= wanted
            plan: dict[str, Any] = {
                "vendor_id": vendor_id,
                "from": begins.isoformat(),
                "until": (begins + shopping).isoformat(),
                **mix.plan(),
            }
            # Orders of two boxes make the number of boxes a matter of luck; the rest is topped up.
            two = max(0, int(wanted / 1.2))
            made = await _shop(client, plan | {"orders": two, "two_box_share": 0.1})
            if made < wanted:
                made += await _shop(client, plan | {"orders": wanted - made, "two_box_share": 0.0})
            placed += made
    return placed


async def _shop(client: httpx.AsyncClient, plan: dict[str, Any]) -> int:
    answer = await client.post("/_sandbox/shop", json=plan)
    answer.raise_for_status()
    return int(answer.json()["boxes"])
