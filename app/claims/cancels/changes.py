"""Ask for cancels: the two answers to a customer's stop request, and the seller's own cancel.

Nothing answers a stop request by itself: a person says whether the parcel was handed over.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.claims import page_store as receipt_page_store
from app.claims import store as claim_store
from app.claims.changes import store_effect
from app.claims.kinds import ClaimKind
from app.claims.lookup import require_receipt
from app.claims.page_store import Birth, LineContent, ReceiptContent
from app.claims.transitions import ReceiptMove, move_cancels
from app.coupang.claims.types import CancelAnswer, CancelType, MiddleCancelCode, ReceiptStatus
from app.engine.caller import Caller
from app.engine.context import PURPOSE_EVIDENCE, Context, until_fresh
from app.engine.effects import store as effect_store
from app.engine.effects.idempotency import another_use, fingerprint, same_request
from app.engine.evidence import store as evidence_store
from app.engine.history import transitions
from app.engine.history.refusals import decide
from app.engine.vendors import store as vendor_store
from app.engine.visits import leases
from app.errors import Conflict, Invalid
from app.machines.cancels import CANCEL, CancelFacts, CancelState
from app.machines.receipt_classification import Completion, Pickup
from app.orders import lookup
from app.orders import store as box_store
from app.orders.effects.kinds import OrderKind
from app.orders.quantities.quantities import settle_claims
from app.orders.seller_cancels import NO_WING_USER, seller_cancel_facts
from app.orders.waybills.waybills import Waybill, check_waybill


async def answer_stop(
    context: Context, caller: Caller, receipt_id: int, *, intent_key: str | None = None
) -> dict[str, Any]:
    """Answer a stop request: the parcel was not handed over and stays (O10); return the effect.

    Raises:
        NotFound: No such cancel for this caller.
        Refused: It is not open, or a waybill of its box is out.
        Conflict: Another answer is still open.
    """

    def intent(
        row: Mapping[str, Any], leaving: bool, box_id: int | None, at: datetime
    ) -> effect_store.Intent:
        facts = CancelFacts(handed_over=False, waybill_sent=leaving, whole=True)
        move = decide(CANCEL, row["state"], "stop_shipment", facts)
        payload = {"cancel_count": row["count_sum"]}
        return _answer(ClaimKind.STOP_SHIPMENT, move.event, row, box_id, payload, at, intent_key)

    return await _ask_answer(context, caller, receipt_id, False, intent, intent_key)


async def answer_shipped(
    context: Context, caller: Caller, receipt_id: int, waybill: Waybill, *, intent_key: str | None = None
) -> dict[str, Any]:
    """Answer a stop request: the parcel left with this waybill (O11); return the effect.

    Raises:
        Invalid: Unknown courier or malformed number.
        NotFound: No such cancel for this caller.
        Refused: It is not open.
        Conflict: Another answer is still open.
    """
    check_waybill(waybill)

    def intent(
        row: Mapping[str, Any], leaving: bool, box_id: int | None, at: datetime
    ) -> effect_store.Intent:
        facts = CancelFacts(handed_over=True, waybill=True, waybill_sent=leaving)
        move = decide(CANCEL, row["state"], "declare_shipped", facts)
        return _answer(ClaimKind.DECLARE_SHIPPED, move.event, row, box_id, waybill.payload(), at, intent_key)

    return await _ask_answer(context, caller, receipt_id, True, intent, intent_key)


async def seller_cancel(
    context: Context,
    caller: Caller,
    shipment_box_id: int,
    counts: Mapping[int, int] | None,
    reason: MiddleCancelCode,
    *,
    intent_key: str | None = None,
) -> dict[str, Any]:
    """Cancel units of a box as the seller (O9); return the effect.

    A box in ACCEPT is cancelled as a whole; of a box in INSTRUCT a part may be.

    Args:
        context: What every use case is given.
        caller: Who asks.
        shipment_box_id: Which box.
        counts: Units by vendor item id; None means everything that is left of the box.
        reason: Why; lowers the seller's score whatever it says.
        intent_key: The caller's idempotency key.

    Raises:
        Invalid: An item that is not in the box.
        NotFound: No such box for this caller.
        Refused: The machine refuses; names the rules.
        Conflict: Another change of this box is still open, or the vendor has no WING login.
    """
    at = context.now()
    # "Everything" is a request of its own: what it cancels depends on when it is asked.
    request = fingerprint(
        {
            "kind": OrderKind.SELLER_CANCEL,
            "shipment_box_id": shipment_box_id,
            "counts": None if counts is None else sorted(counts.items()),
            "reason": reason.value,
        }
    )
    async with context.db.transaction() as tx:
        box = await lookup.require_box(tx, caller.vendor_ids, shipment_box_id, lock=True)
        vendor_id, lines = box["vendor_id"], {line["vendor_item_id"]: line for line in box["lines"]}
        if unknown := [item for item in counts or {} if item not in lines]:
            raise Invalid("unknown item", ("/items", f"{unknown[0]} is not an item of this box"))
        known = await effect_store.find_by_key(tx, vendor_id, intent_key) if intent_key else None
        if known is not None:
            return same_request(known, request)
        vendor = await vendor_store.find(tx, vendor_id)
        if vendor is None or not vendor["wing_user_id"]:
            raise Conflict(NO_WING_USER.format(vendor_id=vendor_id), setting="wing_user_id")
        if counts is None:
            counts = {item: line["shippable"] for item, line in lines.items() if line["shippable"] > 0}
        facts = seller_cancel_facts(box, counts)
        event = "seller_cancel_box" if facts.accept else "seller_cancel_items"
        move = decide(CANCEL, CANCEL.initial, event, facts)
        items = [
            {"vendor_item_id": item, "count": count, "cancelled_before": lines[item]["cancelled"]}
            for item, count in counts.items()
        ]
        payload = {"items": items, "reason": reason.value, **({"request": request} if intent_key else {})}
        intent = effect_store.Intent(
            OrderKind.SELLER_CANCEL,
            move.event,
            shipment_box_id,
            box["order_id"],
            box["state"],
            payload,
            at,
            intent_key,
        )
        effect = await store_effect(tx, vendor_id, intent, caller, at)
    await leases.wake(context, vendor_id)
    return effect


async def join(
    context: Context, vendor_id: str, epoch: int, effect: Mapping[str, Any], answer: CancelAnswer
) -> None:
    """Store the receipts that the answer to a seller's cancel names; the lists bring the rest of them."""
    asked = {item["vendor_item_id"]: item["count"] for item in effect["payload"]["items"]}
    digest = context.vault.digest(answer.raw)
    sealed = context.vault.seal_packed(answer.raw, PURPOSE_EVIDENCE)
    cause = f"effect:{effect['effect_id']}"

    async def work() -> None:
        at = context.now()
        rows: list[ReceiptContent] = []
        births: list[Birth] = []
        moves: list[ReceiptMove] = []
        async with context.db.transaction() as tx:
            await transitions.fence(tx, vendor_id, epoch)
            told = {one.receipt_id: digest for one in answer.receipts}
            known = await receipt_page_store.differing(tx, vendor_id, told, told)
            for one in answer.receipts:
                if known.get(one.receipt_id) is not None:
                    continue
                lines = tuple(
                    LineContent(effect["shipment_box_id"], item, asked[item], None)
                    for item in one.vendor_item_ids
                    if item in asked
                )
                if not lines:
                    continue
                rows.append(_receipt(one.receipt_id, one.type, effect, lines, digest, sealed, at))
                births.append(Birth(one.receipt_id, effect["order_id"], digest))
                event = "seller_cancel_box" if one.type is CancelType.CANCEL else "seller_cancel_items"
                target = CancelState.CANCELLED if one.type is CancelType.CANCEL else CancelState.STOPPED
                step = transitions.Step(event, str(CANCEL.initial), target, "us", cause, digest)
                moves.append(ReceiptMove(one.receipt_id, 1, (step,)))
            await evidence_store.keep(tx, vendor_id, [(digest, f"answer:{effect['kind']}", sealed)], at)
            await receipt_page_store.write(tx, vendor_id, rows, at)
            await receipt_page_store.begin_cancels(
                tx, vendor_id, births, initial=str(CANCEL.initial), cause=cause, at=at
            )
            await move_cancels(tx, vendor_id, moves, at)
            await settle_claims(tx, vendor_id, [row.receipt_id for row in rows])

    await until_fresh(work)


def _receipt(
    receipt_id: int,
    kind: CancelType,
    effect: Mapping[str, Any],
    lines: Sequence[LineContent],
    digest: bytes,
    sealed: bytes,
    at: datetime,
) -> ReceiptContent:
    return ReceiptContent(
        receipt_id=receipt_id,
        order_id=effect["order_id"],
        was=None,
        content_hash=digest,
        receipt_type=kind,
        market_status=ReceiptStatus.RETURNS_COMPLETED,
        release_stop_status="",
        opened_at=at,
        modified_at=None,
        count_sum=sum(line.count for line in lines),
        pickup=str(Pickup.NOTHING),
        pre_refund=False,
        completion=str(Completion.SELLER),
        fault_by="VENDOR",
        return_charge_krw=None,
        reason_code="",
        reason_text="",
        waybills=(),
        next_read_at=None,
        sealed_requester=None,
        sealed_evidence=sealed,
        lines=tuple(lines),
    )


def _answer(
    kind: ClaimKind,
    event: str,
    row: Mapping[str, Any],
    box_id: int | None,
    payload: dict[str, Any],
    at: datetime,
    intent_key: str | None,
) -> effect_store.Intent:
    return effect_store.Intent(
        kind,
        event,
        box_id,
        row["order_id"],
        row["state"],
        payload,
        at,
        intent_key,
        "cancel",
        row["receipt_id"],
    )


async def _ask_answer(
    context: Context,
    caller: Caller,
    receipt_id: int,
    handed_over: bool,
    plan: Callable[[Mapping[str, Any], bool, int | None, datetime], effect_store.Intent],
    intent_key: str | None,
) -> dict[str, Any]:
    at = context.now()
    async with context.db.transaction() as tx:
        row = await require_receipt(tx, "cancel", caller.vendor_ids, receipt_id, lock=True)
        vendor_id = row["vendor_id"]
        lines = await claim_store.lines_of(tx, vendor_id, receipt_id)
        first = lines[0]["shipment_box_id"] if lines else None
        if intent_key and (known := await effect_store.find_by_key(tx, vendor_id, intent_key)):
            # Of another subject: its state is none of a cancel's.
            if known["subject"] != "cancel":
                raise another_use(known)
            open_row = {**row, "state": known["box_state"]}
            try:
                again = plan(open_row, False, first, at)
            except Conflict:
                raise another_use(known) from None
            if (again.kind, again.subject_id, again.payload) != (
                known["kind"],
                known["subject_id"],
                known["payload"],
            ):
                raise another_use(known)
            return known
        # Boxes before effects, as everywhere: a waybill of them must not set out while this is decided.
        meant = await claim_store.boxes_of(tx, vendor_id, [receipt_id])
        await box_store.with_quantities(tx, vendor_id, [one["shipment_box_id"] for one in meant])
        leaving = await claim_store.is_leaving(tx, vendor_id, receipt_id)
        intent = plan(row, leaving, first, at)
        effect = await store_effect(tx, vendor_id, intent, caller, at)
        await claim_store.say_handed_over(tx, vendor_id, receipt_id, handed_over)
    await leases.wake(context, vendor_id)
    return effect
