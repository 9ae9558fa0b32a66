"""Boxes leave: whole, in parts, with a permit or without."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx

from app.clock import KST
from app.devtools.packer.desk import Desk
from app.devtools.packer.habits import Habits
from app.devtools.packer.shelf import Shelf
from app.machines.boxes import BoxState

AT_A_TIME = 8
PERMIT_WAIT_S = 10


async def pack(desk: Desk, habits: Habits, shelf: Shelf) -> int:
    """Pack and ship every box that is ready; return how many were asked."""
    found = await desk.all("/v1/boxes", state=BoxState.INSTRUCT)
    # A replacement is no sale: it is shipped through its exchange.
    sales = [box for box in found if box["exchange_id"] is None]
    ready = [box for box in sales if box["address_final"] and not box["stop_open"]]
    gate = asyncio.Semaphore(AT_A_TIME)

    async def one(box: dict[str, Any]) -> None:
        async with gate:
            await _ship(desk, habits, shelf, box)

    await asyncio.gather(*(one(box) for box in ready))
    return len(ready)


async def _ship(desk: Desk, habits: Habits, shelf: Shelf, box: dict[str, Any]) -> None:
    box_id = box["shipment_box_id"]
    luck = desk.luck("box", box_id)
    direct = luck.random() < habits.direct_share
    splits, permitted = luck.random() < habits.split_share, luck.random() < habits.permit_share
    place = f"/v1/boxes/{box_id}"
    body = desk.waybill(direct=direct and not box["split_shipping"])
    what = "shipped"
    if box["split_shipping"]:
        if not await _day_has_come(desk, place):
            return
        what = "shipped the rest"
    elif splits and box["able_split_shipping"] and (later := await _stays_behind(desk, place)):
        tomorrow = desk.clock.now().astimezone(KST).date() + timedelta(days=1)
        body = desk.waybill() | {"later": later, "later_date": tomorrow.isoformat()}
        what = "shipped a part"
    if permitted:
        permit = await desk.ask("permit", f"{place}/permit", wait_s=PERMIT_WAIT_S)
        if permit is None or permit["state"] != "VALID":
            return
        body["permit"] = permit["permit_id"]
    units = await _contents(desk, place, set(body.get("later", ())))
    if not units:
        return
    shelf.label(int(box_id), body, units)
    try:
        shelf.put(int(box_id), await desk.ask(what, f"{place}/ship", body))
    except httpx.HTTPStatusError as error:
        # What should have left now was cancelled in this instant, so the plan makes no sense any more.
        if "later" not in body or error.response.status_code != 422:
            raise
        desk.counts["refused"] += 1


async def _stays_behind(desk: Desk, place: str) -> list[str]:
    """Return the options that leave later; none when the box cannot be parted."""
    if not (await desk.allowed(place)).get("ship_part"):
        return []
    told = await desk.read(f"{place}/lines")
    items = [line["vendor_item_id"] for line in (told or {"items": []})["items"] if line["shippable"] > 0]
    return items[1:]


async def _contents(desk: Desk, place: str, later: set[str]) -> dict[int, int]:
    """Return what goes into the parcel: all that may be shipped of every option that does not stay behind."""
    told = await desk.read(f"{place}/lines")
    return {
        int(line["vendor_item_id"]): int(line["shippable"])
        for line in (told or {"items": []})["items"]
        if line["shippable"] > 0 and line["vendor_item_id"] not in later
    }


async def _day_has_come(desk: Desk, place: str) -> bool:
    """Tell whether what stayed behind is due by now."""
    told = await desk.read(f"{place}/lines")
    days = [line["planned_shipping_date"] for line in (told or {"items": []})["items"]]
    today = desk.clock.now().astimezone(KST).date().isoformat()
    return all(day is None or day <= today for day in days)
