"""Return lists and withdrawals, confirmation and approval of goods, pick-ups by hand."""

from datetime import timedelta
from typing import Any

import pytest

from app.clock import Frozen
from app.errors import Conflict, Invalid
from app.sandbox.core.claim_entities import BY_HAND, COUPANG, NOTHING
from app.sandbox.orders.checkout import BoxSpec
from app.sandbox.world.claims_world import told_why
from app.sandbox.world.world import World
from tests.support.sandbox_claims import (
    SHIRT,
    SOCKS,
    accepted,
    counts,
    delivered,
    departed,
    instructed,
    returned,
    stop,
)
from tests.support.sandbox_seller import VENDOR, Seller


async def statuses(seller: Seller, receipt_id: int) -> list[str]:
    """The lists that show a receipt."""
    return [
        one for one in ("RU", "UC", "PR", "CC") if receipt_id in await seller.receipt_ids(f"status={one}")
    ]


async def message(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["message"]


async def test_each_status_has_its_list(seller: Seller, world: World) -> None:
    world.set_rules(quick_refund_below_krw=0)
    asked = stop(world, instructed(world)).receipt_id
    plain = returned(world, delivered(world)).receipt_id
    assert await statuses(seller, asked) == ["RU", "UC"]
    assert await statuses(seller, plain) == ["UC"]
    await seller.receipt(plain, "receiveConfirmation")
    # No other query exists for confirmed goods.
    assert await statuses(seller, plain) == ["UC"]
    world.wing_dispute(plain)
    assert await statuses(seller, plain) == ["PR"]
    world.decide(plain)
    assert await statuses(seller, plain) == ["CC"]


async def test_pages_of_a_day_list(seller: Seller, world: World) -> None:
    box = delivered(world, shirts=5)
    ids = [returned(world, box, {SHIRT: 1}).receipt_id for _ in range(5)]
    first = (await seller.returns("status=UC&maxPerPage=2")).json()
    second = (await seller.returns(f"status=UC&maxPerPage=2&nextToken={first['nextToken']}")).json()
    third = (await seller.returns(f"status=UC&maxPerPage=2&nextToken={second['nextToken']}")).json()
    found = [row["receiptId"] for page in (first, second, third) for row in page["data"]]
    assert (found, third["nextToken"]) == (ids[::-1], "")
    assert (await seller.returns("status=UC&maxPerPage=51")).status_code == 400


async def test_faults_of_lists(seller: Seller, world: World) -> None:
    box = delivered(world, shirts=3)
    ids = [returned(world, box, {SHIRT: 1}).receipt_id for _ in range(3)]
    first = (await seller.returns("status=UC&maxPerPage=1")).json()
    world.add_fault("duplicate_page", route="R1")
    again = (await seller.returns(f"status=UC&maxPerPage=1&nextToken={first['nextToken']}")).json()
    assert again == first
    world.add_fault("empty_page", route="R1")
    empty = (await seller.returns("status=UC")).json()
    assert (empty["data"], empty["nextToken"] != "") == ([], True)
    world.add_fault("empty_list", route="R1", times=2)
    lie = (await seller.returns("status=UC")).json()
    assert (lie["code"], lie["data"], lie["nextToken"]) == (200, [], "")
    minutes = "searchType=timeFrame&createdAtFrom=2026-11-21T00:00&createdAtTo=2026-11-21T23:59"
    assert (await seller.returns("status=UC", window=minutes)).json()["data"] == []
    assert len((await seller.returns("status=UC")).json()["data"]) == 3
    world.add_fault("unreadable_row", route="R1", claim_id=ids[0])
    rows = (await seller.returns("status=UC")).json()["data"]
    assert [row["returnItems"] is None for row in rows] == [False, False, True]


async def test_windows_filter_by_the_time_of_the_claim(seller: Seller, world: World, clock: Frozen) -> None:
    receipt = returned(world, delivered(world)).receipt_id
    clock.advance(days=3)
    world.decide(receipt)
    old, new = (
        "createdAtFrom=2026-11-21&createdAtTo=2026-11-21",
        "createdAtFrom=2026-11-22&createdAtTo=2026-11-24",
    )
    assert await seller.receipt_ids("status=CC", window=old) == [receipt]
    assert await seller.receipt_ids("status=CC", window=new) == []


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("createdAtTo=2026-11-21&status=UC", "required parameters are missing"),
        ("createdAtFrom=2026-11-20&createdAtTo=2026-11-21&status=XX", "status is invalid"),
        ("createdAtFrom=2026-11-20&createdAtTo=2026-11-21&cancelType=XX", "cancelType is invalid"),
        (
            "createdAtFrom=2026-10-01&createdAtTo=2026-11-21&status=UC",
            "endTime-startTime range should less than31.",
        ),
        (
            "createdAtFrom=2026-11-20%2B09:00&createdAtTo=2026-11-21%2B09:00&status=UC",
            "createdAtFrom should be in the format yyyy-MM-dd",
        ),
        (
            "searchType=timeFrame&createdAtFrom=2026-11-20&createdAtTo=2026-11-21&status=UC",
            "createdAtFrom should be in the format yyyy-MM-dd'T'HH:mm",
        ),
        (
            "searchType=timeFrame&createdAtFrom=2026-11-20T00:00&createdAtTo=2026-11-21T00:00&status=UC",
            "range should less than 1 day",
        ),
    ],
)
async def test_refused_windows(seller: Seller, query: str, text: str) -> None:
    assert await message(await seller.get(f"returnRequests?{query}", "v6")) == (400, text)


async def test_orders_instead_of_a_status(seller: Seller, world: World) -> None:
    box, other = delivered(world), delivered(world, number="000000000013")
    ids = [returned(world, one).receipt_id for one in (box, other)]
    assert await seller.receipt_ids(f"orderId={box.order_id}") == ids[:1]
    window = "searchType=timeFrame&createdAtFrom=2026-11-21T11:00&createdAtTo=2026-11-21T13:00"
    # Minutes know no orders; without a status they show everything, as one report has it.
    assert await seller.receipt_ids(f"orderId={box.order_id}", window=window) == ids[::-1]
    world.set_rules(returns_minute_without_status=False)
    assert (await seller.returns(window=window)).status_code == 400


async def test_lists_run_behind_and_single_reads_do_not(seller: Seller, world: World, clock: Frozen) -> None:
    world.set_rules(receipt_lag_min_s=300, receipt_lag_max_s=300)
    receipt = returned(world, delivered(world)).receipt_id
    clock.advance(seconds=299)
    assert await seller.receipt_ids("status=UC") == []
    assert (await seller.get(f"returnRequests/{receipt}", "v6")).status_code == 200
    clock.advance(seconds=1)
    assert await seller.receipt_ids("status=UC") == [receipt]


async def test_korean_words_of_older_versions(seller: Seller, world: World) -> None:
    world.set_rules(korean_receipt_type=True)
    receipt = returned(world, delivered(world)).receipt_id
    (older,) = (await seller.get(f"returnRequests/{receipt}", "v4")).json()["data"]
    assert (older["receiptType"], older["completeConfirmType"]) == ("반품", "미확인")
    (newer,) = (await seller.get(f"returnRequests/{receipt}", "v6")).json()["data"]
    assert (newer["receiptType"], newer["completeConfirmType"]) == ("RETURN", "UNDEFINED")
    assert older["requesterPhoneNumber"].startswith("0503-")
    assert newer["requesterPhoneNumber"].startswith("+82503")


async def test_somebody_elses_receipt(seller: Seller, world: World) -> None:
    world.add_vendor("A00000002", "two", "two")
    (box,) = world.order("A00000002", [BoxSpec()])[0]
    world.wing_acknowledge(box.box_id)
    receipt = stop(world, box).receipt_id
    status, text = await message(await seller.get(f"returnRequests/{receipt}", "v6"))
    assert (status, "doesn't belong to the vendorId" in text) == (400, True)
    assert await seller.receipt_ids("status=RU") == []


@pytest.mark.parametrize("version", ["v4", "v5"])
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_confirm_then_approve(seller: Seller, world: World, method: str, version: str) -> None:
    world.set_rules(quick_refund_below_krw=0)
    box = delivered(world, socks=2)
    receipt = returned(world, box, {SHIRT: 1, SOCKS: 2}).receipt_id
    assert counts(box) == [(2, 1, 0), (2, 2, 0)]
    early = await seller.receipt(receipt, "approval", cancelCount=3)
    assert early.status_code == 500
    kind: dict[str, Any] = {"method": method, "version": version}
    assert (await seller.receipt(receipt, "receiveConfirmation", **kind)).status_code == 200
    wrong = await seller.receipt(receipt, "approval", cancelCount=2, **kind)
    assert await message(wrong) == (400, "취소반품접수수량과 cancelCount가 일치하지 않습니다.")
    again = await seller.receipt(receipt, "receiveConfirmation")
    assert again.status_code == 400
    assert (await seller.receipt(receipt, "approval", cancelCount=3, **kind)).status_code == 200
    assert counts(box) == [(2, 0, 1), (2, 0, 2)]
    items = (await seller.box(box.box_id)).json()["data"]["orderItems"]
    assert [(one["cancelCount"], one["canceled"]) for one in items] == [(1, False), (2, True)]
    assert [(one["kind"], one["repeats"]) for one in world.report()["mutations"]] == [
        ("receive_return", 1),
        ("approve_return", 0),
    ]


async def test_quick_refund_by_hand_is_complete_with_the_goods(seller: Seller, world: World) -> None:
    receipt = returned(world, delivered(world), collect=BY_HAND)
    assert (await seller.receipt(receipt.receipt_id, "receiveConfirmation")).status_code == 200
    assert (receipt.status, receipt.confirm, receipt.pre_refund) == (
        "RETURNS_COMPLETED",
        "VENDOR_CONFIRM",
        False,
    )
    late = await seller.receipt(receipt.receipt_id, "approval", cancelCount=2)
    assert await message(late) == (400, "이미 반품이 완료되었습니다.")


async def test_dear_goods_are_not_refunded_quickly(world: World) -> None:
    assert returned(world, delivered(world, shirts=5)).quick
    assert not returned(world, delivered(world, shirts=6, number="000000000013")).quick


@pytest.mark.parametrize(
    ("stays", "box_of", "gone"),
    [
        ("undelivered", delivered, False),
        ("undelivered", departed, True),
        ("never", departed, False),
        ("always", delivered, True),
    ],
)
async def test_boxes_given_back_whole(
    seller: Seller, world: World, stays: str, box_of: Any, gone: bool
) -> None:
    world.set_rules(returned_boxes_vanish=stays)
    box = box_of(world)
    world.decide(returned(world, box).receipt_id)
    assert (await seller.box(box.box_id)).status_code == (400 if gone else 200)
    assert counts(box) == [(2, 0, 2)]


async def test_returns_that_do_not_count(seller: Seller, world: World) -> None:
    world.set_rules(returns_move_counts=False)
    box = delivered(world, socks=1)
    receipt = returned(world, box, {SHIRT: 2})
    assert counts(box) == [(2, 0, 0), (1, 0, 0)]
    with pytest.raises(Invalid):
        returned(world, box, {SHIRT: 1})
    world.withdraw(receipt.receipt_id)
    again = returned(world, box, {SHIRT: 1})
    world.decide(again.receipt_id)
    assert counts(box) == [(2, 0, 0), (1, 0, 0)]
    assert [line.free for line in box.lines] == [1, 1]


async def test_withdrawing_gives_back_what_was_held(seller: Seller, world: World, clock: Frozen) -> None:
    box = delivered(world, socks=2)
    first, second = returned(world, box, {SHIRT: 1}), returned(world, box, {SHIRT: 1, SOCKS: 1})
    assert counts(box) == [(2, 2, 0), (2, 1, 0)]
    world.withdraw(first.receipt_id)
    assert (counts(box), box.hold_kind) == ([(2, 1, 0), (2, 1, 0)], "return")
    world.withdraw(second.receipt_id)
    assert (counts(box), box.hold_kind) == ([(2, 0, 0), (2, 0, 0)], "")
    with pytest.raises(Conflict):
        world.withdraw(second.receipt_id)


async def test_customers_withdraw_until_the_scan_support_any_time(seller: Seller, world: World) -> None:
    world.set_rules(quick_refund_below_krw=0)
    receipt = returned(world, delivered(world)).receipt_id
    world.pickup_book(receipt)
    world.pickup_scan(receipt)
    with pytest.raises(Conflict, match="only support"):
        world.withdraw(receipt)
    world.withdraw(receipt, by="support")
    assert await statuses(seller, receipt) == []
    assert (await seller.get(f"returnRequests/{receipt}", "v6")).status_code == 400
    there = (await seller.send("POST", "returnWithdrawList", {"cancelIds": [receipt]})).json()["data"]
    assert there[0]["vendorItemIds"] == [SHIRT]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("dateTo=2026-11-21", "Required String parameter 'dateFrom' is not present"),
        ("dateFrom=2026-11-21", "Required String parameter 'dateTo' is not present"),
        ("dateFrom=2026-11-21&dateTo=2026-11-20", "종료일자는 시작일자보다 작거나 같아야 합니다."),
        (
            "dateFrom=2026-11-14&dateTo=2026-11-21",
            "최대 조회 기간은 7 일 입니다.(The maximum view duration is 7 days)",
        ),
        (
            "dateFrom=20261120&dateTo=2026-11-21",
            "날짜입력을 확인해 주세요. (형식:yyyy-MM-dd) [Please confirm the date input (format:yyyy-MM-dd)]",
        ),
        (
            "dateFrom=2026-11-31&dateTo=2026-11-21",
            "날짜입력을 확인해 주세요. (형식:yyyy-MM-dd) [Please confirm the date input (format:yyyy-MM-dd)]",
        ),
        (
            "dateFrom=2026-11-20&dateTo=2026-11-21&sizePerPage=101",
            "페이지별 최대 표시 갯수(sizePerPage)는 100 입니다. "
            "(The maximum number of indications per page (sizePerPage) is 100)",
        ),
        (
            "dateFrom=2026-11-20&dateTo=2026-11-21&pageIndex=0",
            "pageindex 는 음수 또는 0 일 수 없습니다. (pageindex can not be negative or 0)",
        ),
        (
            "dateFrom=2026-11-20&dateTo=2026-11-21&pageIndex=-1",
            "pageindex 는 음수 또는 0 일 수 없습니다. (pageindex can not be negative or 0)",
        ),
    ],
)
async def test_refused_withdrawal_windows(seller: Seller, query: str, text: str) -> None:
    assert await message(await seller.get(f"returnWithdrawRequests?{query}", "v4")) == (400, text)


async def test_withdrawals_have_both_days_inclusive(seller: Seller, world: World, clock: Frozen) -> None:
    receipt = returned(world, delivered(world)).receipt_id
    clock.advance(hours=11, minutes=59)
    world.withdraw(receipt)
    for query, found in (
        ("dateFrom=2026-11-21&dateTo=2026-11-21", [receipt]),
        ("dateFrom=2026-11-22&dateTo=2026-11-22", []),
        ("dateFrom=2026-11-15&dateTo=2026-11-21", [receipt]),
    ):
        rows = (await seller.get(f"returnWithdrawRequests?{query}", "v4")).json()["data"]
        assert [row["cancelId"] for row in rows] == found
    world.set_rules(withdrawal_range_days=7)
    answer = await seller.get("returnWithdrawRequests?dateFrom=2026-11-14&dateTo=2026-11-21", "v4")
    assert answer.status_code == 200


@pytest.mark.parametrize("ids", [[], None, ["365000003"], list(range(1, 52))])
async def test_refused_withdrawal_ids(seller: Seller, ids: Any) -> None:
    assert (await seller.send("POST", "returnWithdrawList", {"cancelIds": ids})).status_code == 400


async def test_pickup_by_hand(seller: Seller, world: World) -> None:
    box = delivered(world, shirts=4)
    by_hand = returned(world, box, {SHIRT: 1}, collect=BY_HAND)
    assert (await seller.receipt_ids("status=UC")) == [by_hand.receipt_id]
    assert (await seller.pickup(by_hand.receipt_id)).status_code == 200
    (row,) = (await seller.returns("status=UC")).json()["data"]
    assert row["returnDeliveryDtos"] == [
        {"deliveryCompanyCode": "KDEXP", "deliveryInvoiceNo": "00000000014350"}
    ]
    # Nothing guards against the same waybill twice; only the ledger tells.
    assert (await seller.pickup(by_hand.receipt_id)).status_code == 200
    assert world.report()["kinds"]["register_pickup"] == {"applied": 1, "applied_twice": 1, "repeats": 1}
    world.set_rules(pickup_again=False)
    assert (await seller.pickup(by_hand.receipt_id)).status_code == 400
    for collect in (COUPANG, "연동택배"):
        automatic = returned(world, box, {SHIRT: 1}, collect=collect)
        assert (await seller.pickup(automatic.receipt_id)).status_code == 400


@pytest.mark.parametrize(
    ("changes", "status", "text"),
    [
        ({"invoiceNumber": ""}, 400, "Object is null"),
        ({"returnExchangeDeliveryType": None}, 400, "Object is null"),
        ({"returnExchangeDeliveryType": "SWAP"}, 400, "returnExchangeDeliveryType is invalid"),
        ({"receiptId": "365"}, 400, "receiptId should be a number"),
        ({"receiptId": 365999999}, 400, "취소반품접수내역이 존재하지 않습니다."),
        ({"deliveryCompanyCode": "LOTTE"}, 500, "Internal Exception"),
        ({"invoiceNumber": "1"}, 400, "송장번호가 유효하지 않습니다."),
    ],
)
async def test_refused_pickups(
    seller: Seller, world: World, changes: dict[str, Any], status: int, text: str
) -> None:
    receipt = returned(world, delivered(world), collect=BY_HAND)
    assert await message(await seller.pickup(receipt.receipt_id, **changes)) == (status, text)
    assert receipt.pickup.rows == []


async def test_pickups_only_while_unchecked(seller: Seller, world: World) -> None:
    world.set_rules(quick_refund_below_krw=0)
    receipt = returned(world, delivered(world), collect=BY_HAND)
    world.wing_receive(receipt.receipt_id)
    assert (await seller.pickup(receipt.receipt_id)).status_code == 400
    gone = returned(world, delivered(world, number="000000000013"), collect=BY_HAND)
    world.withdraw(gone.receipt_id)
    assert (await seller.pickup(gone.receipt_id)).status_code == 400


async def test_claims_out_of_turn_are_refused(world: World) -> None:
    box = accepted(world)
    with pytest.raises(Conflict):
        returned(world, box)
    with pytest.raises(Invalid):
        returned(world, delivered(world), collect="비둘기")
    with pytest.raises(Invalid):
        told_why("BOREDOM")
    with pytest.raises(Invalid):
        told_why("DEFECT", "NEIGHBOUR")
    asked = stop(world, instructed(world)).receipt_id
    for act in (world.wing_dispute, world.wing_receive, world.wing_approve, world.decide, world.pickup_scan):
        with pytest.raises(Conflict):
            act(asked)
    nothing = returned(world, delivered(world, number="000000000014"), collect=NOTHING).receipt_id
    for step in (world.pickup_book, world.pickup_scan, world.pickup_arrive, world.wing_stop):
        with pytest.raises(Conflict):
            step(nothing)


async def test_wing_answers_stop_requests(seller: Seller, world: World) -> None:
    first, second = instructed(world), instructed(world)
    world.wing_stop(stop(world, first).receipt_id)
    assert first.status == "CANCELLED"
    receipt = stop(world, second)
    with pytest.raises(Invalid):
        world.wing_already_shipped(receipt.receipt_id, "CJGLS", "1")
    world.wing_already_shipped(receipt.receipt_id, "CJGLS", "000000000077")
    assert (second.status, receipt.status, receipt.release) == ("DEPARTURE", "RETURNS_UNCHECKED", "A")
    assert world.report()["mutations"] == []


async def test_wing_cancel_and_support_cancel_leave_receipts(
    seller: Seller, world: World, clock: Frozen
) -> None:
    by_wing, by_support = instructed(world), instructed(world)
    world.wing_cancel(by_wing.box_id)
    world.cancel(by_support.box_id, {SHIRT: 1}, by="support")
    clock.advance(seconds=600)
    rows = (await seller.returns("status=CC")).json()["data"]
    assert [(row["cancelCountSum"], row["completeConfirmType"]) for row in rows] == [
        (1, "CS_CONFIRM"),
        (2, "VENDOR_CONFIRM"),
    ]
    part = accepted(world, socks=1)
    world.cancel(part.box_id, {SOCKS: 1})
    assert await seller.receipt_ids("cancelType=CANCEL") == []
    clock.advance(seconds=600)
    (row,) = (await seller.returns("cancelType=CANCEL")).json()["data"]
    assert (row["cancelCountSum"], row["returnItems"][0]["vendorItemId"]) == (1, SOCKS)
    assert row["returnItems"][0]["shipmentBoxId"] == part.box_id
    assert world.vendor(VENDOR).claims == 3
    assert clock.now() - part.paid_at == timedelta(seconds=600)
