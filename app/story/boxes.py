"""Boxes and their units on both sides: states, waybills, quantities of every line."""

from collections import Counter
from typing import Any

from app.flows.holdings import Holdings
from app.story.truth import Truth

OUR_NAME = {"FINAL_DELIVERY": "FINAL_DELIVERING"}
QUANTITIES = (("ordered", "count"), ("cancelled", "canceled"), ("held", "held"), ("shippable", "shippable"))
"""Our name and the sandbox's of what Coupang counts of a line."""
_GONE = "CANCELLED"


def compare_boxes(truth: Truth, held: Holdings, unseen: set[int]) -> list[str]:
    """Compare every box with the truth, line by line; return the differences.

    Args:
        truth: The sandbox's world.
        held: What we hold.
        unseen: Boxes that are known by their cancel only, because no list ever showed them.
    """
    ours = {row["shipment_box_id"]: row for row in held.boxes}
    broken: list[str] = []
    for box in truth.sales:
        box_id = int(box["shipment_box_id"])
        row = ours.get(box_id)
        if row is None:
            if box_id not in unseen:
                broken.append(f"lost: box {box_id} ({box['status']}) is not stored")
            continue
        shown = OUR_NAME.get(box["status"], box["status"])
        if row["state"] != shown:
            broken.append(f"box {box_id}: we say {row['state']}, Coupang {shown}")
        if (row["invoice_number"] or "") != (box["invoice"] or ""):
            broken.append(f"box {box_id}: another waybill than at Coupang")
        broken += _lines(box, row)
    known = {int(box["shipment_box_id"]) for box in truth.boxes}
    broken += [f"box {box_id} is stored, Coupang knows of none" for box_id in ours if box_id not in known]
    return broken + _replacements(truth, ours)


def _lines(box: dict[str, Any], row: dict[str, Any]) -> list[str]:
    theirs = {int(line["vendor_item_id"]): line for line in box["lines"]}
    ours = {int(line["vendor_item_id"]): line for line in row["lines"]}
    box_id, broken = row["shipment_box_id"], []
    if theirs.keys() != ours.keys():
        broken.append(f"box {box_id}: we hold the options {sorted(ours)}, Coupang {sorted(theirs)}")
    for item in theirs.keys() & ours.keys():
        for our_name, their_name in QUANTITIES:
            mine, told = ours[item][our_name], theirs[item][their_name]
            if mine != told:
                broken.append(f"box {box_id} option {item}: we count {our_name} {mine}, Coupang {told}")
    return broken


def _replacements(truth: Truth, ours: dict[int, dict[str, Any]]) -> list[str]:
    return [
        f"box {box['shipment_box_id']} of exchange {box['exchange_id']} counts as a sale"
        for box in truth.boxes
        if box["exchange_id"] is not None
        and int(box["shipment_box_id"]) in ours
        and ours[int(box["shipment_box_id"])].get("exchange_id") is None
    ]


def units(truth: Truth) -> Counter[str]:
    """Count the units that were sold by where they are, from the sandbox's books."""
    counted: Counter[str] = Counter()
    for box in truth.sales:
        left = any(step["status"] in ("DEPARTURE", "NONE_TRACKING") for step in box["history"])
        for line in box["lines"]:
            counted["sold"] += line["count"]
            counted["shipped" if left else "in the house"] += line["count"]
            counted["cancelled or returned"] += line["canceled"]
    return counted
