"""Receipts and exchanges on both sides: their states, and the units that each claims."""

from collections import Counter
from typing import Any

from app.devtools.story.holdings import Holdings
from app.devtools.story.truth import Truth
from app.devtools.story.units import is_return
from app.machines.cancels import CancelState
from app.machines.collects import from_wire

STATES: dict[tuple[str, str], tuple[str | None, str | None]] = {
    ("cancel", "RETURNS_COMPLETED"): (CancelState.CANCELLED, None),
    ("stop", "RELEASE_STOP_UNCHECKED"): (CancelState.REQUESTED, None),
    ("stop", "RETURNS_COMPLETED"): (CancelState.STOPPED, None),
    ("stop", "WITHDRAWN"): (CancelState.WITHDRAWN, None),
}
"""Kind and status at Coupang → our cancel and our return. What has left is a return, whatever it began as."""


def compare_claims(truth: Truth, held: Holdings) -> list[str]:
    """Compare every receipt and exchange with the truth; return the differences."""
    return _receipts(truth, held) + _exchanges(truth, held)


def _receipts(truth: Truth, held: Holdings) -> list[str]:
    ours = {row["receipt_id"]: row for row in held.receipts}
    broken: list[str] = []
    for told in truth.receipts:
        receipt_id = int(told["receipt_id"])
        row = ours.pop(receipt_id, None)
        if row is None:
            if told["status"] != "WITHDRAWN":
                broken.append(f"lost: receipt {receipt_id} ({told['kind']} {told['status']}) is not stored")
            continue
        cancel, returned = expected(told)
        if is_taken_back_unread(told, row):
            continue
        for what, mine, theirs in (
            ("cancel", row["cancel_state"], cancel),
            ("return", row["return_state"], returned),
        ):
            if mine != theirs and not (what == "cancel" and _late(told, mine)):
                broken.append(f"{what} {receipt_id}: we say {mine}, Coupang {theirs}")
        broken += _pieces(f"receipt {receipt_id}", told, row)
    return broken + [f"receipt {receipt_id} is stored, Coupang knows of none" for receipt_id in ours]


def expected(told: dict[str, Any]) -> tuple[str | None, str | None]:
    """Return the states in which our cancel and our return of a receipt must be."""
    if is_return(told):
        return (CancelState.SHIPPED_ALREADY if told["kind"] == "stop" else None), told["status"]
    return STATES[told["kind"], told["status"]]


def is_taken_back_unread(told: dict[str, Any], row: dict[str, Any]) -> bool:
    """Tell whether a stop request went on as a return and was taken back before anybody could read it.

    The withdrawals say only that it was taken back, not what it had become: ours ends as a stop request
    that was taken back. Either way it holds nothing any more.
    """
    gone = told["kind"] == "stop" and told["status"] == "WITHDRAWN" and is_return(told)
    return gone and row["cancel_state"] == CancelState.WITHDRAWN and row["return_state"] is None


def _late(told: dict[str, Any], cancel_state: str | None) -> bool:
    """Tell whether a stop that met its waybill is known as such, or as the return it became at once."""
    return (
        told["kind"] == "return"
        and told["release_status"] == "A"
        and cancel_state == CancelState.SHIPPED_ALREADY
    )


def _exchanges(truth: Truth, held: Holdings) -> list[str]:
    ours = {row["exchange_id"]: row for row in held.exchanges}
    broken: list[str] = []
    for told in truth.exchanges:
        exchange_id = int(told["exchange_id"])
        row = ours.pop(exchange_id, None)
        name = f"exchange {exchange_id}"
        if row is None:
            broken.append(f"lost: {name} ({told['status']}) is not stored")
            continue
        if row["state"] != told["status"]:
            broken.append(f"{name}: we say {row['state']}, Coupang {told['status']}")
        collect = str(from_wire(told["collect_status"]))
        if row["collect_state"] != collect:
            broken.append(f"{name}: we say that its goods are {row['collect_state']}, Coupang {collect}")
        broken += _pieces(name, told, row)
        broken += _new_box(name, truth, told, row)
    return broken + [f"exchange {exchange_id} is stored, Coupang knows of none" for exchange_id in ours]


def _new_box(name: str, truth: Truth, told: dict[str, Any], row: dict[str, Any]) -> list[str]:
    made = told["new_shipment_box_id"]
    ours = {int(box["shipment_box_id"]): box for box in row["boxes"]}
    if ours.keys() != ({int(made)} if made else set()):
        return [f"{name}: we hold the new boxes {sorted(ours)}, Coupang {made}"]
    if not made:
        return []
    box = next(box for box in truth.boxes if int(box["shipment_box_id"]) == int(made))
    if (ours[int(made)]["invoice_number"] or "") != (box["invoice"] or ""):
        return [f"{name}: another waybill of its new box than at Coupang"]
    return []


def _pieces(name: str, told: dict[str, Any], row: dict[str, Any]) -> list[str]:
    theirs, ours = Counter[int](), Counter[int]()
    for line in told["lines"]:
        theirs[int(line["vendor_item_id"])] += line["count"]
    for line in row["lines"]:
        ours[int(line["vendor_item_id"])] += line["count"]
    return [] if theirs == ours else [f"{name}: we hold {dict(ours)}, Coupang {dict(theirs)}"]
