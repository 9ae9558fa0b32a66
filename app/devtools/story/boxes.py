"""Boxes and their units on both sides: states, waybills, quantities of every line."""

from typing import Any

from app.devtools.story.holdings import Holdings
from app.devtools.story.truth import Truth
from app.machines.boxes import SEEN, TRACKED, BoxState

OUR_NAME = {word: state for state in BoxState if (word := SEEN.to_wire(state))}
QUANTITIES = (("ordered", "count"), ("cancelled", "canceled"), ("held", "held"), ("shippable", "shippable"))
"""Our name and the sandbox's of what Coupang counts of a line."""
_GONE = str(BoxState.CANCELLED)


def compare_boxes(truth: Truth, held: Holdings) -> list[str]:
    """Compare every box with the truth, line by line; return the differences.

    Args:
        truth: The sandbox's world.
        held: What we hold.
    """
    ours = {row["shipment_box_id"]: row for row in held.boxes}
    broken: list[str] = []
    for box in truth.boxes:
        box_id, replaces = int(box["shipment_box_id"]), box["exchange_id"]
        row = ours.pop(box_id, None)
        if row is None:
            # A replacement is shipped by its exchange, and in no list of boxes.
            if replaces is None and box_id not in held.unseen:
                broken.append(f"lost: box {box_id} ({box['status']}) is not stored")
            continue
        if row["exchange_id"] != (None if replaces is None else int(replaces)):
            broken.append(f"box {box_id}: we say of exchange {row['exchange_id']}, Coupang of {replaces}")
        shown = str(OUR_NAME.get(box["status"], box["status"]))
        if row["state"] != shown and not is_returned_on_its_way(row, shown):
            broken.append(f"box {box_id}: we say {row['state']}, Coupang {shown}")
        if (row["invoice_number"] or "") != (box["invoice"] or ""):
            broken.append(f"box {box_id}: another waybill than at Coupang")
        broken += _lines(box, row)
    return broken + [f"box {box_id} is stored, Coupang knows of none" for box_id in ours]


def is_returned_on_its_way(row: dict[str, Any], shown: str = _GONE) -> bool:
    """Tell whether a box came back before it arrived: Coupang shows it no longer, and no unit of it is left.

    That is no state of a box, so ours stays where it was.
    """
    left = [line for line in row["lines"] if line["cancelled"] < line["ordered"]]
    return shown == _GONE and row["state"] in TRACKED and not left and not row["attention"]


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
