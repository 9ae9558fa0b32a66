"""What must hold behind every step of a life, and what must hold at its end (design §2)."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from app.integrity import stored_content
from app.integrity.doctor import examine
from app.machines.boxes import from_wire
from app.sandbox.core.claim_entities import AUTO_SHIPPED, COMPLETED, SHIPPED, STOP, Receipt
from tests.support.shop import Shop, assert_paths

ONCE = frozenset({"acknowledge", "invoice", "receive_exchange", "reject_exchange", "approve_return"})
"""Changes that make sense once for a box, an item or a claim."""


async def check_step(shop: Shop) -> None:
    """Check what must hold at any moment, in the middle of everything."""
    await _check_ledger(shop)
    await assert_paths(shop)
    await _check_evidence(shop)
    await _check_quantities(shop)
    await _check_not_ahead(shop)


async def _check_ledger(shop: Shop) -> None:
    """P2 and P4, as Coupang counts: nothing applied twice, nothing shipped that was to stay."""
    ledger = shop.world.ledger
    assert ledger.shipped_cancelled == [], f"shipped after a cancel: {ledger.shipped_cancelled}"
    again = [one for one in ledger.mutations if one.times_applied > 1]
    asked = await _cancels_asked(shop) if again else Counter()
    # The seller may cancel the same part of a box again, which is another intent.
    twice = [
        one
        for one in again
        if one.kind != "cancel" or one.times_applied > asked[one.shipment_box_id, one.subject]
    ]
    assert not twice, f"applied twice: {twice}"
    counted = Counter((one.about_id, one.kind, one.subject) for one in ledger.mutations if one.kind in ONCE)
    doubled = {key: times for key, times in counted.items() if times > 1}
    assert not doubled, f"applied twice: {doubled}"
    crowded = {who: meter.max_in_flight for who, meter in shop.world.meters.items()}
    assert all(most <= 1 for most in crowded.values()), f"several calls at once: {crowded}"
    stopped = {
        (piece.line.vendor_item_id, one.box_id): one
        for one in shop.world.receipts.values()
        if one.status == STOP
        for piece in one.pieces
    }
    for one in ledger.mutations:
        # A box with an open stop request may have got its waybill only before the customer asked.
        stops = [stop for (_, box_id), stop in stopped.items() if box_id == one.shipment_box_id]
        if one.kind == "invoice" and stops:
            assert one.applied_at <= min(stop.created_at for stop in stops), (one, stops)


async def _cancels_asked(shop: Shop) -> Counter[tuple[int, str]]:
    """How many intents of ours ask for one and the same cancel."""
    rows = await shop.rows("SELECT shipment_box_id, payload FROM effect WHERE kind = 'SELLER_CANCEL'")
    return Counter(
        (
            row["shipment_box_id"],
            ",".join(f"{one['vendor_item_id']}:{one['count']}" for one in sorted_items(row["payload"])),
        )
        for row in rows
    )


def sorted_items(payload: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted(payload["items"], key=lambda one: int(one["vendor_item_id"]))


async def _check_evidence(shop: Shop) -> None:
    """P2 and P5: what is confirmed rests on stored evidence, and every step says who and why."""
    wrong = await shop.rows(
        """SELECT 'unproven effect' AS what, e.effect_id AS id, e.kind FROM effect e
           WHERE e.state = 'CONFIRMED' AND NOT EXISTS (
             SELECT FROM evidence v WHERE v.vendor_id = e.vendor_id AND v.digest = e.evidence)
           UNION ALL
           SELECT 'unexplained ' || h.aggregate, h.aggregate_id, h.event FROM history h
           WHERE h.actor = '' OR h.cause = '' OR (h.aggregate = 'box' AND NOT EXISTS (
             SELECT FROM evidence v WHERE v.vendor_id = h.vendor_id AND v.digest = h.evidence))
           UNION ALL
           SELECT 'sent, yet pending', e.effect_id, e.kind FROM effect e
           WHERE e.state = 'PENDING' AND e.sent_at IS NOT NULL"""
    )
    assert not wrong, wrong


async def _check_quantities(shop: Shop) -> None:
    """Every unit is counted once: shippable, held or cancelled, in lines and in receipts."""
    wrong = await shop.rows(
        """SELECT 'line' AS what, l.shipment_box_id AS id, l.vendor_item_id AS item FROM line l
           WHERE l.held < 0 OR l.cancelled < 0 OR l.shippable < 0
              OR l.ordered <> l.shippable + l.held + l.cancelled
           UNION ALL
           SELECT 'receipt', r.receipt_id, 0 FROM receipt r
           WHERE r.count_sum <> (SELECT sum(count) FROM receipt_line x
                                 WHERE x.vendor_id = r.vendor_id AND x.receipt_id = r.receipt_id)"""
    )
    assert not wrong, wrong


async def _check_not_ahead(shop: Shop) -> None:
    """Our state is one that was true at Coupang: never ahead of it."""
    world = shop.world
    for row in await shop.rows("SELECT shipment_box_id AS id, state FROM box"):
        box = world.boxes[row["id"]]
        assert row["state"] in {_ours(status) for status, _, _ in box.history}, (row, box.history)
    for row in await shop.rows("SELECT receipt_id AS id, state FROM return_"):
        been = _been(world.receipts[row["id"]])
        assert row["state"] in been, (row, been)
    for row in await shop.rows("SELECT receipt_id AS id, state FROM cancel"):
        been = _been_as_cancel(world.receipts[row["id"]])
        assert row["state"] in been, (row, been)
    for row in await shop.rows("SELECT exchange_id AS id, state FROM exchange"):
        been = {status for status, _, _ in world.exchanges[row["id"]].history}
        assert row["state"] in been, (row, been)


def _ours(status: str) -> str:
    return "CANCELLED" if status == "CANCELLED" else str(from_wire(status))


def _been(receipt: Receipt) -> set[str]:
    return {status for status, _, _ in receipt.history} | ({"WITHDRAWN"} if receipt.withdrawn_at else set())


def _been_as_cancel(receipt: Receipt) -> set[str]:
    been = _been(receipt)
    states = {"OPENED"} | (been & {"WITHDRAWN"})
    if STOP in been:
        states.add("REQUESTED")
    if COMPLETED in been:
        states.add("CANCELLED" if receipt.kind == "cancel" else "STOPPED")
    if receipt.stop in (SHIPPED, AUTO_SHIPPED):
        states.add("SHIPPED_ALREADY")
    return states


# the end


async def _check_doctor(shop: Shop) -> None:
    """P1, P2 and P5: the doctor, who opens everything, finds nothing that is not what it was."""
    assert await stored_content.all_faults(shop.context) == []
    found = [one async for report in examine(shop.context) for one in report.findings]
    told = ("is open and will be read", "claims what has not come")
    wrong = [one for one in found if one.check == "quantities" or any(words in one.told for words in told)]
    assert not wrong, wrong


async def check_settled(shop: Shop) -> None:
    """Behind the last step: nothing is lost, and we and Coupang say the same of every unit."""
    await check_step(shop)
    await _check_boxes(shop)
    await _check_receipts(shop)
    await _check_exchanges(shop)
    await _check_doctor(shop)
    unsettled = await shop.rows(
        """SELECT effect_id, kind, state, result_code, result_message FROM effect
           WHERE state NOT IN ('CONFIRMED', 'REJECTED', 'REVIEW')"""
    )
    assert not unsettled, f"not settled: {unsettled}"
    assert await shop.holes() == []


async def _check_boxes(shop: Shop) -> None:
    truth, ours = shop.truth(), await shop.boxes()
    seen = shop.clock.now() - timedelta(seconds=shop.world.rules.list_lag_s) - shop.context.policy.sweep_every
    lost = [
        box
        for box_id, box in truth.items()
        if box_id not in ours
        and box["exchange_id"] is None
        and not _gone(box)
        and datetime.fromisoformat(box["paid_at"]) < seen
    ]
    assert not lost, f"lost: {lost}"
    assert not ours.keys() - truth.keys()
    lines: dict[int, dict[int, Any]] = {}
    for row in await shop.rows("SELECT * FROM line"):
        lines.setdefault(row["shipment_box_id"], {})[row["vendor_item_id"]] = row
    for box_id, box in ours.items():
        real = truth[box_id]
        if real["status"] == "CANCELLED" and box["state"] in _shipped(real):
            # All of it came back undelivered: it left the lists, and we say where it was last seen.
            continue
        assert box["state"] == _ours(real["status"]), f"box {box_id}: {box['state']}, truly {real}"
        if real["status"] == "CANCELLED":
            continue
        assert (box["invoice_number"] or "") == real["invoice"], f"box {box_id}: another waybill than {real}"
        counted = {
            one["vendor_item_id"]: (one["count"], one["held"], one["canceled"]) for one in real["lines"]
        }
        told = {
            item: (one["ordered"], one["held"], one["cancelled"])
            for item, one in lines.get(box_id, {}).items()
        }
        assert told == counted, f"box {box_id} ({real['status']}): we count {told}, Coupang {counted}"


def _shipped(box: dict[str, Any]) -> set[str]:
    """The states that a box had behind its waybill."""
    return {_ours(step["status"]) for step in box["history"]} - {"ACCEPT", "INSTRUCT", "CANCELLED"}


def _gone(box: dict[str, Any]) -> bool:
    """Whether no list shows a box any more: cancelled, or all of it came back."""
    return box["status"] == "CANCELLED" or all(one["count"] == one["canceled"] for one in box["lines"])


async def _check_receipts(shop: Shop) -> None:
    cancels = {row["receipt_id"]: row["state"] for row in await shop.rows("SELECT * FROM cancel")}
    returns = {row["receipt_id"]: row["state"] for row in await shop.rows("SELECT * FROM return_")}
    for receipt_id, one in shop.world.receipts.items():
        now = "WITHDRAWN" if one.withdrawn_at else one.status
        if one.withdrawn_at and receipt_id not in cancels and receipt_id not in returns:
            # Withdrawn before any list had shown it.
            continue
        shipped = one.stop in (SHIPPED, AUTO_SHIPPED)
        if one.kind == "return" or shipped:
            assert returns.get(receipt_id) == now, f"return {receipt_id}: {returns.get(receipt_id)}, {one}"
        if one.kind != "return":
            stop = {STOP: "REQUESTED", COMPLETED: "STOPPED"}.get(now, now)
            right = "CANCELLED" if one.kind == "cancel" else "SHIPPED_ALREADY" if shipped else stop
            assert cancels.get(receipt_id) == right, f"cancel {receipt_id}: {cancels.get(receipt_id)}, {one}"
    assert not (cancels.keys() | returns.keys()) - shop.world.receipts.keys()


async def _check_exchanges(shop: Shop) -> None:
    ours = {row["exchange_id"]: row["state"] for row in await shop.rows("SELECT * FROM exchange")}
    real = {exchange_id: one.status for exchange_id, one in shop.world.exchanges.items()}
    assert ours == real, (ours, real)
