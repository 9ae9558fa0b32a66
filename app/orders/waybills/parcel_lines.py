"""What a waybill is for, right before it goes: the lines of its parcel as the box is by then."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.machines.kernel import Refused

WHOLE = "parcel_has_all_lines"
"""The box has a line to ship that is not in the parcel: it was not free when the waybill was asked."""
SPLIT = "parcel_leaves_a_rest"
"""Of a split, either everything that should leave now or everything that should stay was cancelled."""


def lines_now(
    state: str, event: str, payload: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the lines of a waybill without those that were cancelled whole since it was asked.

    Args:
        state: Of the box.
        event: What was asked.
        payload: Of the effect: `lines` (vendor_item_id, now) and `part`.
        lines: Of the box, locked: vendor_item_id, shippable.

    Raises:
        Refused: What is left is not the parcel that was packed; names the rule.
    """
    left = {line["vendor_item_id"] for line in lines if line["shippable"] > 0}
    kept = [dict(one) for one in payload["lines"] if one["vendor_item_id"] in left]
    if left - {one["vendor_item_id"] for one in kept}:
        raise Refused(state, event, (WHOLE,), ())
    if payload.get("part") and len({bool(one["now"]) for one in kept}) < 2:
        raise Refused(state, event, (SPLIT,), ())
    return kept
