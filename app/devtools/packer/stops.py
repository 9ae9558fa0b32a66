"""Stop requests: was the parcel handed over? Most are answered at once, some late, some by nobody."""

from datetime import datetime
from typing import Any

from app.devtools.packer.desk import Desk
from app.devtools.packer.habits import Habits
from app.machines.cancels import UNANSWERED


async def answer_stops(desk: Desk, habits: Habits) -> int:
    """Answer the stop requests that are open; return how many were."""
    answered = 0
    for cancel in await desk.all("/v1/cancels", state=sorted(UNANSWERED)):
        if not _is_time(desk, habits, cancel):
            continue
        place = f"/v1/cancels/{cancel['receipt_id']}"
        told = await desk.read(place)
        if told is None or told["decision"] is None:
            continue
        can = {one["action"]: one["allowed"] for one in told["decision"]["options"]}
        gone = desk.luck("handed over", cancel["receipt_id"]).random() < habits.handed_over_share
        if gone and can["declare_shipped"]:
            said = await desk.ask("already shipped", f"{place}/shipped", desk.waybill())
        elif not gone and can["stop_shipment"]:
            said = await desk.ask("stopped", f"{place}/stop")
        else:
            continue
        answered += said is not None
    return answered


def _is_time(desk: Desk, habits: Habits, cancel: dict[str, Any]) -> bool:
    draw = desk.luck("when", cancel["receipt_id"]).random()
    if draw < habits.silent_share:
        return False
    if draw >= habits.silent_share + habits.late_share:
        return True
    return desk.clock.now() - datetime.fromisoformat(cancel["opened_at"]) >= habits.late_after
