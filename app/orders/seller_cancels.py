"""The seller's own cancel of a box: what decides it, what refuses it, what it costs."""

from collections.abc import Mapping
from typing import Any

from app.engine.history.actions import judge
from app.machines.boxes import BoxState
from app.machines.cancels import CANCEL, CancelFacts


def seller_cancel_facts(box: Mapping[str, Any], counts: Mapping[int, int]) -> CancelFacts:
    """Build the facts of a seller's cancel of units of a box.

    Args:
        box: With `state`, `exchange_id` and `lines` (vendor_item_id, shippable).
        counts: Units to cancel by vendor item id.
    """
    free = {line["vendor_item_id"]: line["shippable"] for line in box["lines"]}
    state = BoxState(box["state"])
    return CancelFacts(
        whole=all(counts.get(item, 0) == count for item, count in free.items()),
        accept=state is BoxState.ACCEPT,
        instruct=state is BoxState.INSTRUCT,
        within=bool(counts) and all(0 < count <= free.get(item, 0) for item, count in counts.items()),
        reason_code=True,
        replacement=box["exchange_id"] is not None,
    )


NO_WING_USER = (
    "this vendor has no WING login: set `wing_user_id` with PATCH /admin/v1/vendors/{vendor_id}; "
    "Coupang wants a login of the vendor named when the seller cancels"
)


SCORE = "A cancel by the seller lowers the seller's score (주문이행) at Coupang."
"""What the seller's own cancel costs."""


def explain_cancel(box: Mapping[str, Any], wing_user_id: str | None) -> dict[str, Any]:
    """Judge the seller's own cancel of everything that is left of a box, and say what it costs.

    Args:
        box: With `state` and `lines`.
        wing_user_id: The vendor's WING login, None when there is none.
    """
    counts = {line["vendor_item_id"]: line["shippable"] for line in box["lines"] if line["shippable"] > 0}
    facts = seller_cancel_facts(box, counts)
    event = "seller_cancel_box" if facts.accept else "seller_cancel_items"
    _, refused = judge(CANCEL, CANCEL.initial, event, facts)
    if not wing_user_id:
        told = NO_WING_USER.format(vendor_id=box["vendor_id"])
        refused.append({"rule": "has_wing_login", "unblock": told})
    return {"action": "seller_cancel", "target": None, "refused_by": refused}
