"""Exchanges: reject what is sold out, take the goods in, ship the replacement on its new box."""

from collections import Counter

from app.devtools.packer.desk import Desk
from app.devtools.packer.habits import Habits
from app.devtools.packer.returns import inspect
from app.devtools.packer.shelf import Shelf
from app.machines.exchanges import OPEN


async def serve_exchanges(desk: Desk, habits: Habits, shelf: Shelf, brought: frozenset[int]) -> int:
    """Do the next step of every open exchange; return how many changes were asked."""
    asked = 0
    for one in await desk.all("/v1/exchanges", state=sorted(OPEN)):
        place = f"/v1/exchanges/{one['exchange_id']}"
        can = await desk.allowed(place)
        sold_out = desk.luck("sold out", one["exchange_id"]).random() < habits.sold_out_share
        if sold_out and can.get("reject"):
            asked += await desk.ask("rejected", f"{place}/reject", {"code": "SOLDOUT"}) is not None
            continue
        if can.get("pickup") and not one["waybills"]:
            asked += await desk.ask("pick-up of an exchange", f"{place}/pickup", desk.waybill()) is not None
            continue
        if int(one["exchange_id"]) in brought and one["confirmed_at"] is None:
            can = await inspect(desk, habits, place, can)
        if can.get("confirm"):
            asked += await desk.ask("confirmed an exchange", f"{place}/confirm") is not None
        elif can.get("ship"):
            asked += await _ship(desk, shelf, place)
    return asked


async def _ship(desk: Desk, shelf: Shelf, place: str) -> int:
    told = await desk.read(place)
    originals = {line["shipment_box_id"] for line in told["lines"]} if told else set()
    boxes = [box for box in told["boxes"] if box["shipment_box_id"] not in originals] if told else []
    if told is None or not boxes:
        return 0
    box_id = boxes[0]["shipment_box_id"]
    body = {"shipment_box_id": box_id, **desk.waybill()}
    units: Counter[int] = Counter()
    for line in told["lines"]:
        units[int(line["vendor_item_id"])] += int(line["count"])
    shelf.label(int(box_id), body, units)
    taken = await desk.ask("shipped a replacement", f"{place}/ship", body)
    shelf.put(int(box_id), taken)
    return int(taken is not None)
