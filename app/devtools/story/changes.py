"""Every change that Coupang applied against every change that we hold for confirmed: one for one."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from app.claims.kinds import ClaimKind
from app.claims.returns.verdicts import REFUNDED
from app.devtools.story.holdings import Holdings
from app.devtools.story.truth import Truth
from app.exchanges.kinds import ExchangeKind
from app.machines.effects import EffectState
from app.orders.effects.kinds import OrderKind

OURS: dict[str, str] = {
    "acknowledge": OrderKind.ACKNOWLEDGE,
    "invoice": OrderKind.SHIP,
    "update_invoice": OrderKind.CHANGE_INVOICE,
    "complete": OrderKind.CLOSE_UNDELIVERED,
    "cancel": OrderKind.SELLER_CANCEL,
    "stop_shipment": ClaimKind.STOP_SHIPMENT,
    "already_shipped": ClaimKind.DECLARE_SHIPPED,
    "register_pickup": ClaimKind.PICKUP_WAYBILL,
    "receive_return": ClaimKind.CONFIRM_RETURN,
    "approve_return": ClaimKind.APPROVE_RETURN,
    "reject_exchange": ExchangeKind.REJECT_EXCHANGE,
    "receive_exchange": ExchangeKind.CONFIRM_EXCHANGE,
    "ship_exchange": ExchangeKind.SHIP_EXCHANGE,
}
"""The ledger's name of a change → ours."""
About = tuple[str, str, int]
"""Kind, what it is about (`box`, `receipt`, `exchange`) and its number."""
BY_COUPANG = frozenset(
    {ClaimKind.STOP_SHIPMENT, ClaimKind.DECLARE_SHIPPED, ClaimKind.CONFIRM_RETURN, ClaimKind.APPROVE_RETURN}
)
"""What Coupang does by itself too, after some days or at a scan."""
_READ_BACK = frozenset({"SHOWN", REFUNDED})
_TAKEN_BACK = frozenset({"WITHDRAWN"})
_VANISHED = frozenset({"GONE"})
_ABOUT = {"box": "box", "cancel": "receipt", "return": "receipt", "exchange": "exchange"}


def compare_changes(truth: Truth, held: Holdings) -> list[str]:
    """Compare the ledger's changes with our confirmed effects, and look for any applied twice."""
    applied: Counter[About] = Counter()
    broken: list[str] = []
    for one in truth.ledger["mutations"]:
        about: About = (OURS[one["kind"]], one["about"], int(one["about_id"]))
        applied[about] += 1
        if one["times_applied"] > 1:
            broken.append(f"{one['kind']} applied {one['times_applied']} times to {about[1]} {about[2]}")
    confirmed = _counted(held, EffectState.CONFIRMED)
    shown = _counted(held, EffectState.CONFIRMED, _READ_BACK)
    gone = _counted(held, EffectState.REJECTED, _TAKEN_BACK)
    vanished = _counted(held, EffectState.REJECTED, _VANISHED)
    cancelled = {int(box["shipment_box_id"]) for box in truth.boxes if box["status"] == "CANCELLED"}
    for about in applied.keys() | confirmed.keys():
        theirs, ours = applied[about], confirmed[about]
        # It was in doubt, and by the time it was read Coupang had done it by itself: nothing tells which.
        anybody = about[0] in BY_COUPANG and theirs == ours - shown[about]
        # Applied, and the customer took the claim back before it could be read: nothing shows it any more.
        unread = about[0] in BY_COUPANG and theirs == ours + gone[about]
        # The same of a box that was acknowledged, stopped and cancelled before it could be read.
        too_late = (
            about[0] == OrderKind.ACKNOWLEDGE and about[2] in cancelled and theirs == ours + vanished[about]
        )
        if theirs != ours and not anybody and not unread and not too_late:
            broken.append(
                f"{about[0]} of {about[1]} {about[2]}: Coupang applied {theirs}, we hold {ours} for confirmed"
                f" ({_told(held, about)})"
            )
    return broken


def _told(held: Holdings, about: About) -> str:
    """Return what became of our effects of one kind about one thing."""
    ours = [
        f"{row['state']} {row['result_code'] or ''}".strip()
        for row in held.effects
        if (row["kind"], _ABOUT[row["subject"]], row["subject_id"]) == about
    ]
    return ", ".join(ours) or "none"


def _counted(held: Holdings, state: str, codes: frozenset[str] | None = None) -> Counter[About]:
    return Counter(
        (row["kind"], _ABOUT[row["subject"]], row["subject_id"])
        for row in held.effects
        if row["state"] == state and (codes is None or row["result_code"] in codes)
    )


def shipped_cancelled(ledger: dict[str, Any], slack: timedelta) -> list[str]:
    """Return every waybill for cancelled pieces: accepted ones, and those asked for knowingly.

    A customer who asks in the instant between our last reading and our call cannot be known of; `slack` is
    how long such an instant may be.
    """
    broken = [
        f"shipped after a cancel: box {one['shipment_box_id']} ({one['why']})"
        for one in ledger["shipped_cancelled"]
    ]
    for one in ledger["attempted_cancelled"]:
        since, at = one["since"], datetime.fromisoformat(one["at"])
        if since is None or at - datetime.fromisoformat(since) > slack:
            broken.append(f"waybill asked for after a cancel: box {one['shipment_box_id']} ({one['why']})")
    return broken
