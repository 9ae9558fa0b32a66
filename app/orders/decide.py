"""Ask the machine of boxes, with the facts that a stored box gives."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app.engine.history.refusals import decide
from app.machines.boxes import BOX, BoxFacts
from app.machines.kernel import Move

THIRTY_DAYS = timedelta(days=30)


def box_facts(
    box: Mapping[str, Any],
    at: datetime,
    *,
    waybill: bool = False,
    direct: bool = False,
    proven: bool = False,
) -> BoxFacts:
    """Build the guards' facts from a row of `store.boxes.with_quantities`."""
    departed = box["departed_at"]
    return BoxFacts(
        held=box["held"] > 0,
        shippable=box["shippable"] > 0,
        address_final=box["address_final"],
        waybill=waybill,
        direct=direct,
        divisible=box["kinds"] > 1 and box["able_split_shipping"],
        thirty_days=departed is not None and at - departed >= THIRTY_DAYS,
        proven=proven,
        stop_requested=box["stop_open"],
        claim_unread=box["claim_unread"],
        on_hold=box["hold_until"] is not None and box["hold_until"] > at,
        replacement=box["exchange_id"] is not None,
    )


def decide_box(state: str, event: str, facts: BoxFacts) -> Move[BoxFacts]:
    """Return the step a box takes, or raise `errors.Refused`."""
    return decide(BOX, state, event, facts)
