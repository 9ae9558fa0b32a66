"""Returns: fetch what the seller fetches himself, inspect what has come, confirm and approve what is good."""

from typing import Any

from app.devtools.packer.desk import Desk
from app.devtools.packer.habits import Habits
from app.machines.returns import AWAITING_SELLER, OPEN, REFUNDED


async def serve_returns(desk: Desk, habits: Habits, brought: frozenset[int]) -> int:
    """Do the next step of every return; return how many changes were asked."""
    asked = 0
    # What was refunded before it came is inspected all the same.
    for one in await desk.all("/v1/returns", state=sorted(OPEN | REFUNDED)):
        place = f"/v1/returns/{one['receipt_id']}"
        if one["state"] not in AWAITING_SELLER and int(one["receipt_id"]) not in brought:
            continue
        can = await desk.allowed(place)
        if can.get("pickup") and not one["waybills"]:
            asked += await desk.ask("pick-up of a return", f"{place}/pickup", desk.waybill()) is not None
            continue
        if int(one["receipt_id"]) in brought:
            can = await inspect(desk, habits, place, can)
        for way, what in (("confirm", "confirmed a return"), ("approve", "approved a return")):
            if can.get(way):
                asked += await desk.ask(what, f"{place}/{way}") is not None
                break
    return asked


async def inspect(desk: Desk, habits: Habits, place: str, can: dict[str, bool]) -> dict[str, bool]:
    """Take in the goods of a claim and give every option its verdict; return what is allowed then."""
    if can.get("arrive"):
        await desk.ask("received", f"{place}/arrive")
        can = await desk.allowed(place)
    reception = await desk.read(f"{place}/reception")
    if not can.get("inspect") or (reception and reception["inspection"]):
        return can
    claim = await desk.read(place)
    if claim is None:
        return can
    await desk.ask("inspected", f"{place}/inspect", {"lines": verdicts(desk, habits, place, claim["lines"])})
    return await desk.allowed(place)


def verdicts(desk: Desk, habits: Habits, place: str, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give every option of a claim its verdict."""
    luck = desk.luck("finding", place)
    finding = luck.random() < habits.finding_share
    found = luck.choice(("DAMAGED", "DAMAGED", "MISSING"))
    told = []
    for place_of, item in enumerate(sorted({line["vendor_item_id"] for line in lines})):
        bad = finding and place_of == 0
        told.append(
            {
                "vendor_item_id": item,
                "verdict": found if bad else "GOOD",
                "note": "found at the dock" if bad else "",
            }
        )
    return told
