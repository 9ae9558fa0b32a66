"""Count what became of every unit of an order whenever its boxes or its claims have been read or moved.

The rule is `app.machines.quantities.settle`, and there is no other: what it says is written, set-wise, in the
transaction that brought the news.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from app.engine.db.database import Connection
from app.machines import boxes, cancels, returns
from app.machines.quantities import RULES, Claim, Kind, Line, Settled, settle
from app.orders.quantities import store as quantity_store

GONE = "Coupang no longer shows this box: it was cancelled or returned"
"""Why a person should look at a box that vanished, until its claims explain it."""
UNALLOCATED = "units of this receipt belong to no line of its order: "
"""Why a person should look at a receipt; the rule follows."""


async def settle_boxes(tx: Connection, vendor_id: str, shipment_box_ids: Collection[int]) -> None:
    """Settle the orders of boxes that were read or moved, where that says more than their sheets alone."""
    if shipment_box_ids:
        order_ids = await quantity_store.orders_to_settle(tx, vendor_id, shipment_box_ids)
        await settle_orders(tx, vendor_id, order_ids)


async def settle_page(
    tx: Connection, vendor_id: str, order_ids: Collection[int], settling: Collection[int]
) -> None:
    """Settle the orders of a page that was just stored.

    The statement that stores a page counts a line of which nothing is claimed and nothing has left as its
    sheet says, which is what `settle` says of it. The others are settled here: they are looked for only now,
    behind the locks of the page's boxes, so that no claim that is stored meanwhile is missed.

    Args:
        tx: The transaction that stored the page.
        vendor_id: Whose page.
        order_ids: The orders of all new and changed boxes.
        settling: Those whose boxes have left or are gone, or were so before.
    """
    if order_ids:
        claimed = await quantity_store.orders_with_claims(tx, vendor_id, order_ids)
        await settle_orders(tx, vendor_id, sorted({*settling, *claimed}))


async def settle_claims(tx: Connection, vendor_id: str, receipt_ids: Collection[int]) -> None:
    """Settle the orders of receipts that were read or moved."""
    if receipt_ids:
        order_ids = await quantity_store.orders_claimed(tx, vendor_id, receipt_ids)
        await settle_orders(tx, vendor_id, order_ids)


async def settle_orders(tx: Connection, vendor_id: str, order_ids: Collection[int]) -> None:
    """Match the claims of these orders with their lines, and store what became of every unit.

    A claim that fits nowhere bears on no line, and calls a person. An order that was never seen has no lines;
    its claims wait for it.
    """
    if not order_ids:
        return
    lines = _by_order(await quantity_store.lines_of_orders(tx, vendor_id, order_ids))
    if not lines:
        return
    claims = _by_order(await quantity_store.claims_of_orders(tx, vendor_id, list(lines)))
    shares = _by_order(await quantity_store.shares_of_orders(tx, vendor_id, list(lines)))
    changed: list[tuple[int, int, int, int, int, int]] = []
    gone: list[tuple[int, int, int, int]] = []
    made: list[tuple[int, int, int, int, int, int, int, str, bool]] = []
    calls: list[tuple[int, str | None]] = []
    for order_id, rows in lines.items():
        settled = _settle(order_id, rows, claims[order_id], shares[order_id])
        for row in rows:
            now = settled.lines[row["shipment_box_id"], row["vendor_item_id"]]
            told = (now.held, now.cancelled, now.shipped, now.returned)
            if told != (row["held"], row["cancelled"], row["shipped"], row["returned"]):
                changed.append((row["shipment_box_id"], row["vendor_item_id"], *told))
        before = {_share_key(row): row for row in shares[order_id]}
        after = {(*one.claim.key, one.shipment_box_id): one for one in settled.shares}
        gone += [key for key in before if key not in after]
        for key, one in after.items():
            told_share = (one.claim.count, one.count, str(one.claim.kind), one.claim.done)
            old = before.get(key)
            if old is None or told_share != (old["claimed"], old["count"], old["kind"], old["done"]):
                made.append((*key, order_id, *told_share))
        calls += _calls(claims[order_id], settled)
    await quantity_store.write_lines(tx, vendor_id, changed)
    await quantity_store.replace_shares(tx, vendor_id, gone, made)
    await quantity_store.call_receipts(tx, vendor_id, calls)
    await quantity_store.calm_boxes(tx, vendor_id, await _explained(tx, vendor_id, lines))


async def is_explained(tx: Connection, vendor_id: str, order_id: int, shipment_box_id: int) -> bool:
    """Tell whether the claims we know account for every unit of a box, so that it may be gone."""
    rows = await quantity_store.lines_of_orders(tx, vendor_id, [order_id])
    mine = [row for row in rows if row["shipment_box_id"] == shipment_box_id]
    return bool(mine) and all(row["cancelled"] == row["ordered"] for row in mine)


async def _explained(tx: Connection, vendor_id: str, lines: Mapping[int, list[dict[str, Any]]]) -> list[int]:
    """Return the boxes of these orders that vanished, and whose every unit is cancelled by now."""
    asking = [order_id for order_id, rows in lines.items() if any(row["attention"] == GONE for row in rows)]
    if not asking:
        return []
    by_box: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in await quantity_store.lines_of_orders(tx, vendor_id, asking):
        if row["attention"] == GONE:
            by_box[row["shipment_box_id"]].append(row)
    return [box for box, rows in by_box.items() if all(row["cancelled"] == row["ordered"] for row in rows)]


def _settle(
    order_id: int,
    rows: list[dict[str, Any]],
    claims: list[dict[str, Any]],
    shares: list[dict[str, Any]],
) -> Settled:
    earlier: dict[tuple[int, int, int], dict[int, int]] = defaultdict(dict)
    for row in shares:
        earlier[row["receipt_id"], row["named_box_id"], row["vendor_item_id"]][row["shipment_box_id"]] = row[
            "count"
        ]
    alive = [claim for row in claims if (claim := _claim(row)) is not None]
    return settle(order_id, [_line(row) for row in rows], alive, earlier)


def _line(row: Mapping[str, Any]) -> Line:
    # Of a box that was cancelled Coupang shows nothing more; nothing of it is left.
    over = row["state"] in boxes.GONE
    return Line(
        order_id=row["order_id"],
        shipment_box_id=row["shipment_box_id"],
        vendor_item_id=row["vendor_item_id"],
        ordered=row["ordered"],
        told_held=0 if over else row["market_held"],
        told_cancelled=row["ordered"] if over else row["market_cancelled"],
        left=row["state"] in boxes.SHIPPED,
        shipped=row["shipped"],
        sale=row["exchange_id"] is None,
    )


def _claim(row: Mapping[str, Any]) -> Claim | None:
    """Return what a line of a receipt claims; None when it was withdrawn, or has no state yet."""
    returned, cancel = row["return_state"], row["cancel_state"]
    if returned and returned not in returns.TAKEN_BACK:
        kind, done = Kind.RETURN, returned in returns.REFUNDED
    elif not returned and cancel and cancel not in cancels.TAKEN_BACK:
        kind, done = Kind.RETURN if cancel in cancels.RETURNING else Kind.STOP, cancel in cancels.KEPT_IN
    else:
        return None
    return Claim(
        receipt_id=row["receipt_id"],
        order_id=row["order_id"],
        shipment_box_id=row["shipment_box_id"],
        vendor_item_id=row["vendor_item_id"],
        count=row["count"],
        kind=kind,
        done=done,
    )


def _calls(claims: list[dict[str, Any]], settled: Settled) -> list[tuple[int, str | None]]:
    """Return of which receipts a person must be called, or need not be any more."""
    told = {row["receipt_id"]: row["attention"] for row in claims}
    calls: list[tuple[int, str | None]] = []
    # What is over and names a box that was gone before we saw it bears on nothing that is left.
    wrong = {
        claim.receipt_id: UNALLOCATED + RULES[rule]
        for claim, rule in settled.unallocated
        if rule != "box_is_known" or not claim.done
    }
    for receipt_id, attention in told.items():
        text = wrong.get(receipt_id)
        ours = attention is None or attention.startswith(UNALLOCATED)
        if ours and text != attention:
            calls.append((receipt_id, text))
    return calls


def _share_key(row: Mapping[str, Any]) -> tuple[int, int, int, int]:
    return row["receipt_id"], row["named_box_id"], row["vendor_item_id"], row["shipment_box_id"]


def _by_order(rows: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["order_id"]].append(row)
    return found
