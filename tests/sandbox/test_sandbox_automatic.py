"""What Coupang and the couriers do by themselves: refunds, approvals, decisions, pick-ups, a population."""

from datetime import timedelta

import pytest

from app.clock import Frozen
from app.sandbox.core.claim_entities import BY_HAND, COUPANG, LINKED, NOTHING
from app.sandbox.core.rules import Rules
from app.sandbox.world.population import Shop
from app.sandbox.world.world import World
from tests.support.sandbox_claims import (
    SHIRT,
    counts,
    delivered,
    departed,
    exchanged,
    instructed,
    returned,
    stop,
)
from tests.support.sandbox_seller import ACCESS_KEY, SECRET_KEY, VENDOR, Seller, dtos


def steps(claim: object) -> list[tuple[str, str]]:
    """(status, who) of a receipt or exchange."""
    return [(status, by) for status, _, by in getattr(claim, "history")]  # noqa: B009


async def test_unanswered_stop_is_refunded(seller: Seller, world: World, clock: Frozen) -> None:
    box = instructed(world)
    receipt = stop(world, box)
    clock.advance(hours=48, seconds=-1)
    world.advance()
    assert counts(box) == [(2, 2, 0)]
    clock.advance(seconds=1)
    (row,) = (await seller.returns("status=CC")).json()["data"]
    # Completed, and still shown as unanswered: the status decides.
    assert (row["receiptStatus"], row["releaseStopStatus"]) == ("RETURNS_COMPLETED", "미처리")
    assert (row["completeConfirmType"], row["completeConfirmDate"]) == (
        "CS_CONFIRM", "2026-11-23T12:00:00.000000+09:00",
    )  # fmt: skip
    assert (counts(box), box.status) == ([(2, 0, 2)], "CANCELLED")
    assert steps(receipt)[-1] == ("RETURNS_COMPLETED", "coupang")
    late = await seller.receipt(receipt.receipt_id, "stoppedShipment", cancelCount=2)
    assert (late.status_code, late.json()["message"]) == (400, "이미 반품이 완료되었습니다.")


async def test_refund_of_a_stop_can_tell_or_never_come(seller: Seller, world: World, clock: Frozen) -> None:
    world.set_rules(refund_keeps_unhandled=False, stop_refund_s=60)
    told = stop(world, instructed(world))
    world.set_rules(stop_refund_s=0)
    never = stop(world, instructed(world))
    clock.advance(days=30)
    world.advance()
    assert (told.stop, never.status) == ("처리(출고중지)", "RELEASE_STOP_UNCHECKED")


async def test_answered_or_withdrawn_stops_are_left_alone(
    seller: Seller, world: World, clock: Frozen
) -> None:
    withdrawn = stop(world, kept := instructed(world))
    world.withdraw_cancel(kept.box_id)
    answered = stop(world, instructed(world))
    await seller.receipt(answered.receipt_id, "stoppedShipment", cancelCount=2)
    clock.advance(days=5)
    world.advance()
    assert (counts(kept), kept.status) == ([(2, 0, 0)], "INSTRUCT")
    assert steps(withdrawn)[-1] == ("WITHDRAWN", "customer")
    assert steps(answered)[-1] == ("RETURNS_COMPLETED", "api")


async def test_waybill_turns_a_stop_into_a_return(seller: Seller, world: World, clock: Frozen) -> None:
    """Somebody ships in WING although the customer asked to stop."""
    box = instructed(world)
    receipt = stop(world, box)
    world.wing_ship(box.box_id, "CJGLS", "000000000012", despite_stop=True)
    clock.advance(seconds=599)
    world.advance()
    assert receipt.status == "RELEASE_STOP_UNCHECKED"
    clock.advance(seconds=1)
    (row,) = (await seller.returns("status=UC")).json()["data"]
    assert (row["receiptStatus"], row["releaseStopStatus"]) == ("RETURNS_UNCHECKED", "자동처리(이미출고)")
    assert row["returnItems"][0]["releaseStatus"] == "A"
    assert (counts(box), box.hold_kind) == ([(2, 2, 0)], "return")


@pytest.mark.parametrize("allowed", [True, False])
async def test_stop_asked_just_after_the_waybill(seller: Seller, world: World, allowed: bool) -> None:
    world.set_rules(late_stop_requests=allowed)
    box = departed(world)
    if not allowed:
        with pytest.raises(Exception, match="DEPARTURE"):
            world.request_cancel(box.box_id)
        return
    world.request_cancel(box.box_id)
    (row,) = (await seller.returns("status=UC")).json()["data"]
    assert (row["releaseStopStatus"], row["returnShippingCharge"]["units"]) == ("자동처리(이미출고)", 3000)
    assert await seller.receipt_ids("status=RU") == []


@pytest.mark.parametrize("collect", [LINKED, COUPANG])
async def test_quick_refund_at_the_scan(seller: Seller, world: World, clock: Frozen, collect: str) -> None:
    box = delivered(world)
    receipt = returned(world, box, collect=collect)
    world.pickup_book(receipt.receipt_id)
    world.pickup_scan(receipt.receipt_id)
    (row,) = (await seller.returns("status=CC")).json()["data"]
    assert (row["preRefund"], row["completeConfirmType"]) == (True, "CS_CONFIRM")
    assert [one["deliveryInvoiceNo"] == "" for one in row["returnDeliveryDtos"]] == [True, False]
    late = await seller.receipt(receipt.receipt_id, "receiveConfirmation")
    assert (late.status_code, late.json()["message"]) == (400, "이미 반품이 완료되었습니다.")
    world.pickup_arrive(receipt.receipt_id)
    assert receipt.pickup.arrived_at == clock.now()
    assert counts(box) == [(2, 0, 2)]


async def test_quick_refund_can_leave_the_receipt_open(seller: Seller, world: World, clock: Frozen) -> None:
    world.set_rules(quick_refund_completes=False)
    receipt = returned(world, delivered(world))
    world.pickup_arrive(receipt.receipt_id)
    assert (receipt.status, receipt.pre_refund) == ("RETURNS_UNCHECKED", True)
    await seller.receipt(receipt.receipt_id, "receiveConfirmation")
    assert receipt.status == "VENDOR_WAREHOUSE_CONFIRM"
    clock.advance(hours=72)
    world.advance()
    assert steps(receipt)[-1] == ("RETURNS_COMPLETED", "coupang")


async def test_hand_pickups_are_not_refunded_at_the_scan(seller: Seller, world: World) -> None:
    receipt = returned(world, delivered(world), collect=BY_HAND)
    await seller.pickup(receipt.receipt_id)
    world.pickup_scan(receipt.receipt_id)
    assert (receipt.status, receipt.pre_refund) == ("RETURNS_UNCHECKED", False)


@pytest.mark.parametrize("confirmed", [True, False])
async def test_approval_comes_by_itself(seller: Seller, world: World, clock: Frozen, confirmed: bool) -> None:
    world.set_rules(quick_refund_below_krw=0)
    receipt = returned(world, delivered(world))
    if confirmed:
        await seller.receipt(receipt.receipt_id, "receiveConfirmation")
    else:
        world.pickup_arrive(receipt.receipt_id)
    clock.advance(hours=72, seconds=-1)
    world.advance()
    assert receipt.status == ("VENDOR_WAREHOUSE_CONFIRM" if confirmed else "RETURNS_UNCHECKED")
    clock.advance(seconds=1)
    late = await seller.receipt(receipt.receipt_id, "approval", cancelCount=2)
    assert (late.status_code, late.json()["message"]) == (400, "이미 반품이 완료되었습니다.")
    assert (receipt.confirm, world.report()["kinds"]["approve_return"]["applied"]) == ("CS_CONFIRM", 0)


async def test_nothing_to_collect_is_decided_by_coupang(world: World, clock: Frozen) -> None:
    receipt = returned(world, delivered(world), collect=NOTHING)
    clock.advance(hours=72)
    world.advance()
    assert (receipt.status, receipt.charge_krw) == ("RETURNS_COMPLETED", 0)


async def test_no_approval_when_the_rules_say_never(world: World, clock: Frozen) -> None:
    world.set_rules(quick_refund_below_krw=0, auto_approval_s=0, dispute_decision_s=0)
    receipt, other = (returned(world, delivered(world, number=f"00000000001{n}")) for n in range(2))
    world.wing_receive(receipt.receipt_id)
    world.wing_dispute(other.receipt_id)
    clock.advance(days=60)
    world.advance()
    assert (receipt.status, other.status) == ("VENDOR_WAREHOUSE_CONFIRM", "REQUEST_COUPANG_CHECK")


async def test_disputes_end(seller: Seller, world: World, clock: Frozen) -> None:
    world.set_rules(quick_refund_below_krw=0)
    first, lost = (returned(world, delivered(world, number=f"00000000001{n}")) for n in range(2))
    world.wing_receive(first.receipt_id)
    for receipt in (first, lost):
        world.wing_dispute(receipt.receipt_id)
        refused = await seller.receipt(receipt.receipt_id, "approval", cancelCount=2)
        assert refused.status_code == 500
    world.decide(lost.receipt_id, lost=True)
    assert (lost.status, lost.confirm) == ("RETURNS_COMPLETED", "CS_LOSS_CONFIRM")
    clock.advance(days=5)
    world.advance()
    assert steps(first)[-2:] == [("REQUEST_COUPANG_CHECK", "wing"), ("RETURNS_COMPLETED", "coupang")]


async def test_couriers_fetch_by_seeded_chance(world: World, clock: Frozen) -> None:
    world.set_rules(couriers=True, quick_refund_below_krw=0, auto_approval_s=0)
    box = delivered(world, shirts=20)
    claims = [returned(world, box, {SHIRT: 1}) for _ in range(8)]
    claims += [returned(world, box, {SHIRT: 1}, collect=COUPANG)]
    swaps = [exchanged(world, box, {SHIRT: 1}) for _ in range(4)]
    clock.advance(hours=6)
    world.advance()
    assert all(one.pickup.booked_at is not None for one in (*claims, *swaps))
    assert claims[-1].pickup.rows[0][0] == "COUPANG"
    clock.advance(hours=36 + 36)
    world.advance()
    for one in (*claims, *swaps):
        pickup = one.pickup
        assert pickup.booked_at is not None
        assert pickup.scanned_at is not None
        assert pickup.arrived_at is not None
        assert timedelta(hours=1) <= pickup.booked_at - one.created_at <= timedelta(hours=6)
        assert timedelta(hours=8) <= pickup.scanned_at - pickup.booked_at <= timedelta(hours=36)
        assert timedelta(hours=8) <= pickup.arrived_at - pickup.scanned_at <= timedelta(hours=36)
    assert len({one.pickup.scanned_at for one in (*claims, *swaps)}) == len(claims) + len(swaps)
    assert {one.status for one in swaps} == {"PROGRESS"}


async def test_hand_pickups_wait_for_their_waybill(seller: Seller, world: World, clock: Frozen) -> None:
    world.set_rules(couriers=True)
    receipt = returned(world, delivered(world), collect=BY_HAND)
    clock.advance(days=10)
    world.advance()
    assert receipt.pickup.scanned_at is None
    await seller.pickup(receipt.receipt_id)
    clock.advance(days=4)
    world.advance()
    assert receipt.pickup.arrived_at is not None


async def test_nobody_fetches_what_was_withdrawn(world: World, clock: Frozen) -> None:
    world.set_rules(couriers=True)
    receipt = returned(world, delivered(world))
    exchange = exchanged(world, delivered(world, number="000000000013"))
    clock.advance(hours=7)
    world.advance()
    world.withdraw(receipt.receipt_id)
    world.withdraw(exchange.exchange_id)
    clock.advance(days=9)
    world.advance()
    assert (receipt.pickup.scanned_at, exchange.pickup.scanned_at) == (None, None)


# a population that claims


def populated(clock: Frozen, seed: int, **shares: float) -> World:
    """A shop whose orders are acknowledged, shipped and delivered by themselves for twelve days."""
    quick = Rules(
        list_lag_s=0, scan_min_s=60, scan_max_s=600, deliver_min_s=600, deliver_max_s=3_600,
        quick_refund_below_krw=60_000, auto_approval_s=0, stop_refund_s=0,
    )  # fmt: skip
    moving = Frozen(clock.at)
    world = World(moving, seed=seed, rules=quick)
    world.add_vendor(VENDOR, ACCESS_KEY, SECRET_KEY)
    begins = moving.now()
    plan = Shop(
        orders=150,
        begins=begins,
        ends=begins + timedelta(hours=10),
        cancel_share=0.0,
        **shares,  # type: ignore[arg-type]
    )
    world.shop(VENDOR, plan)
    number = 0
    for hour in range(12 * 24):
        moving.advance(hours=1)
        world.advance()
        for box in sorted(world.boxes.values(), key=lambda one: one.box_id):
            age = moving.now() - box.paid_at
            if box.status == "ACCEPT" and not box.hold_kind and age > timedelta(hours=2) and hour < 40:
                world.wing_acknowledge(box.box_id)
            elif box.status == "INSTRUCT" and not box.hold_kind and age > timedelta(hours=8):
                number += 1
                world.wing_ship(box.box_id, "CJGLS", f"{number:012d}")
    return world


def test_a_population_claims(clock: Frozen) -> None:
    shares = {
        "cancel_accept_share": 0.1,
        "cancel_instruct_share": 0.2,
        "return_share": 0.3,
        "exchange_share": 0.2,
        "withdraw_share": 0.3,
        "no_pickup_share": 0.3,
        "manual_pickup_share": 0.3,
    }
    world = populated(clock, 3, **shares)
    receipts, exchanges = world.true_receipts(VENDOR), world.true_exchanges(VENDOR)
    kinds = {kind: sum(one["kind"] == kind for one in receipts) for kind in ("cancel", "stop", "return")}
    assert all(number > 5 for number in kinds.values()), kinds
    assert len(exchanges) > 10
    assert {one["pickup"]["kind"] for one in receipts if one["kind"] == "return"} == {
        LINKED, COUPANG, BY_HAND, NOTHING,
    }  # fmt: skip
    assert {one["fault"] for one in receipts if one["kind"] == "return"} == {"CUSTOMER", "VENDOR"}
    assert {one["status"] for one in receipts} >= {"WITHDRAWN", "RETURNS_COMPLETED", "RETURNS_UNCHECKED"}
    assert {one["status"] for one in exchanges} >= {"CANCEL", "PROGRESS"}
    assert any(one["count"] == 1 and one["kind"] == "return" for one in receipts)
    for box in world.truth(VENDOR):
        for line in box["lines"]:
            assert 0 <= line["held"] + line["canceled"] <= line["count"]
    # Nobody asked over the API.
    report = world.report()
    assert (report["mutations"], report["shipped_cancelled"]) == ([], [])
    again = populated(clock, 3, **shares)
    assert (again.true_receipts(), again.true_exchanges()) == (receipts, exchanges)
    assert populated(clock, 4, **shares).true_receipts() != receipts


def test_no_shares_no_claims(clock: Frozen) -> None:
    world = populated(clock, 3)
    assert (world.true_receipts(), world.true_exchanges()) == ([], [])


def test_shares_of_claims_do_not_disturb_other_luck(clock: Frozen) -> None:
    def bought(share: float) -> list[object]:
        world = World(Frozen(clock.at), seed=5)
        world.add_vendor(VENDOR, "a", "b")
        begins = clock.now()
        plan = Shop(orders=30, begins=begins, ends=begins + timedelta(hours=1), return_share=share)
        return [(box.paid_at, box.receiver, len(box.lines)) for box in world.shop(VENDOR, plan)]

    assert bought(0.0) == bought(0.9)


# promise P4, seen from outside


async def test_waybills_of_stopped_pieces_are_seen(seller: Seller, world: World, clock: Frozen) -> None:
    box = instructed(world, socks=1)
    receipt = stop(world, box, {SHIRT: 1})
    clock.advance(seconds=5)
    refused = await seller.invoices(*dtos(box))
    assert refused.json()["data"]["responseList"][0]["resultCode"] == "ORDER_DELIVERY_PARTIAL_STOP_REQUESTED"
    report = world.report()
    assert report["shipped_cancelled"] == []
    (seen,) = report["attempted_cancelled"]
    assert seen == {
        "vendor_id": VENDOR,
        "shipment_box_id": box.box_id,
        "vendor_item_id": SHIRT,
        "kind": "invoice",
        "invoice": "000000000012",
        "why": "stop_requested",
        "since": receipt.created_at.isoformat(),
        "at": clock.now().isoformat(),
        "call": 0,
    }
    world.set_rules(invoice_despite_stop=True)
    taken = await seller.invoices(*dtos(box))
    assert taken.json()["data"]["responseList"][0]["resultCode"] == "OK"
    await seller.invoices(*dtos(box, invoiceNumber="000000000013"), update=True)
    report = world.report()
    assert [(one["kind"], one["vendor_item_id"]) for one in report["shipped_cancelled"]] == [
        ("invoice", SHIRT),
        ("update_invoice", SHIRT),
    ]
    clock.advance(minutes=10)
    world.advance()
    assert receipt.stop == "자동처리(이미출고)"


async def test_waybills_of_cancelled_pieces_are_seen(seller: Seller, world: World) -> None:
    gone, part, refunding = instructed(world), instructed(world, socks=2), instructed(world)
    world.wing_cancel(gone.box_id)
    world.wing_cancel(part.box_id, {SHIRT: 2})
    world.cancel(refunding.box_id, {SHIRT: 1}, by="support")
    await seller.invoices(*dtos(gone))
    await seller.invoices(*dtos(part, invoiceNumber="000000000013"))
    await seller.invoices(*dtos(refunding, invoiceNumber="000000000014"))
    report = world.report()
    (named,) = report["shipped_cancelled"]
    assert (named["shipment_box_id"], named["vendor_item_id"], named["why"]) == (
        part.box_id, SHIRT, "cancelled_line",
    )  # fmt: skip
    assert [(one["shipment_box_id"], one["why"]) for one in report["attempted_cancelled"]] == [
        (gone.box_id, "cancelled"),
        (refunding.box_id, "refund_running"),
    ]


async def test_rows_of_cancelled_options_where_coupang_wants_them(seller: Seller, world: World) -> None:
    world.set_rules(cancelled_items_need_rows=True)
    box = instructed(world, socks=2)
    world.wing_cancel(box.box_id, {SHIRT: 2})
    short = await seller.invoices(*dtos(box)[1:])
    assert short.json()["data"]["responseList"][0]["resultCode"] == "NOT_FOUND_VENDOR_ITEM"
    full = await seller.invoices(*dtos(box))
    assert full.json()["data"]["responseList"][0]["resultCode"] == "OK"
    report = world.report()
    assert (report["shipped_cancelled"], report["attempted_cancelled"]) == ([], [])


async def test_honest_waybills_are_not_suspected(seller: Seller, world: World) -> None:
    """A part is cancelled and the rest ships; a stop comes after the waybill; O11 answers a stop."""
    box = instructed(world, shirts=3)
    await seller.cancel(box, {SHIRT: 1})
    await seller.invoices(*dtos(box))
    world.request_cancel(box.box_id)
    await seller.invoices(*dtos(box))
    await seller.invoices(*dtos(box, invoiceNumber="000000000013"), update=True)
    answered = stop(world, instructed(world))
    number = {"deliveryCompanyCode": "CJGLS", "invoiceNumber": "000000000056"}
    await seller.receipt(answered.receipt_id, "completedShipment", **number)
    withdrawn = instructed(world)
    world.withdraw(stop(world, withdrawn).receipt_id)
    await seller.invoices(*dtos(withdrawn, invoiceNumber="000000000057"))
    report = world.report()
    assert (report["shipped_cancelled"], report["attempted_cancelled"]) == ([], [])


async def test_replacements_of_ended_exchanges_are_seen(seller: Seller, world: World, clock: Frozen) -> None:
    exchange = exchanged(world, delivered(world))
    await seller.exchange(exchange.exchange_id, "receiveConfirmation")
    clock.advance(minutes=10)
    world.withdraw(exchange.exchange_id, by="support")
    assert exchange.new_box_id is not None
    assert (await seller.replacement(exchange.exchange_id, exchange.new_box_id)).status_code == 400
    (seen,) = world.report()["attempted_cancelled"]
    assert (seen["why"], seen["since"]) == ("exchange_ended", clock.now().isoformat())
