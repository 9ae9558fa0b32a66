"""Exchanges: lists, goods received, refusals, the replacement and its way."""

from typing import Any

import pytest

from app.clock import Frozen
from app.errors import Conflict, Invalid
from app.sandbox.core.claim_entities import BY_HAND, NOTHING, Exchange
from app.sandbox.world.world import World
from tests.support.sandbox_claims import SHIRT, SOCKS, accepted, counts, delivered, exchanged, returned
from tests.support.sandbox_seller import Seller, dtos


async def row_of(seller: Seller, exchange: Exchange) -> dict[str, Any]:
    rows = (await seller.exchanges()).json()["data"]
    found: dict[str, Any] = next(row for row in rows if row["exchangeId"] == exchange.exchange_id)
    return found


async def received(seller: Seller, world: World, clock: Frozen, **more: Any) -> tuple[Exchange, int]:
    """An exchange whose replacement waits for its waybill, and the id of its box."""
    exchange = exchanged(world, delivered(world), {SHIRT: 1}, **more)
    await seller.exchange(exchange.exchange_id, "receiveConfirmation")
    clock.advance(minutes=10)
    world.advance()
    assert exchange.new_box_id is not None
    return exchange, exchange.new_box_id


async def test_pages_and_filters(seller: Seller, world: World, clock: Frozen) -> None:
    box, other = delivered(world, shirts=12), delivered(world, number="000000000013")
    ids = [exchanged(world, box, {SHIRT: 1}).exchange_id for _ in range(12)]
    clock.advance(hours=1)
    last = exchanged(world, other).exchange_id
    world.wing_reject(last, "SOLDOUT")
    first = (await seller.exchanges()).json()
    assert [row["exchangeId"] for row in first["data"]] == [last, *ids[:2:-1]]
    second = (await seller.exchanges(f"nextToken={first['nextToken']}")).json()
    assert ([row["exchangeId"] for row in second["data"]], second["nextToken"]) == (ids[2::-1], "")
    world.set_rules(exchange_token_repeats=True)
    second = (await seller.exchanges(f"nextToken={first['nextToken']}")).json()
    assert second["nextToken"] == first["nextToken"]
    for query, found in (
        ("status=REJECT", [last]),
        (f"orderId={other.order_id}", [last]),
        ("status=SUCCESS", []),
        ("maxPerPage=50", [last, *ids[::-1]]),
    ):
        rows = (await seller.exchanges(query)).json()["data"]
        assert [row["exchangeId"] for row in rows] == found
    window = "createdAtFrom=2026-11-21T12:30:00&createdAtTo=2026-11-21T13:00:00"
    rows = (await seller.exchanges(window=window)).json()["data"]
    assert [row["exchangeId"] for row in rows] == [last]


@pytest.mark.parametrize(
    ("window", "query", "text"),
    [
        ("createdAtFrom=2026-11-20T00:00:00", "", "required parameters are missing"),
        (
            "createdAtFrom=2026-11-20&createdAtTo=2026-11-21",
            "",
            "createdAtFrom should be in the format yyyy-MM-dd'T'HH:mm:ss",
        ),
        (
            "createdAtFrom=2026-11-21T00:00:00&createdAtTo=2026-11-20T00:00:00",
            "",
            "createdAtFrom should be earlier than createdAtTo",
        ),
        (
            "createdAtFrom=2026-11-13T23:59:58&createdAtTo=2026-11-21T00:00:00",
            "",
            "createdAtTo - createdAtFrom should less then 7day",
        ),
        (
            "createdAtFrom=2026-11-20T00:00:00&createdAtTo=2026-11-21T00:00:00",
            "status=DONE",
            "status is invalid",
        ),
        (
            "createdAtFrom=2026-11-20T00:00:00&createdAtTo=2026-11-21T00:00:00",
            "orderId=x",
            "orderId is invalid",
        ),
        (
            "createdAtFrom=2026-11-20T00:00:00&createdAtTo=2026-11-21T00:00:00",
            "maxPerPage=51",
            "maxPerPage should be 1 to 50",
        ),
    ],
)
async def test_refused_lists(seller: Seller, window: str, query: str, text: str) -> None:
    answer = await seller.exchanges(query, window=window)
    assert (answer.status_code, answer.json()["message"]) == (400, text)


async def test_seven_days_exactly(seller: Seller) -> None:
    window = "createdAtFrom=2026-11-14T00:00:00&createdAtTo=2026-11-21T00:00:00"
    assert (await seller.exchanges(window=window)).status_code == 200


async def test_the_way_of_an_exchange(seller: Seller, world: World, clock: Frozen) -> None:
    exchange = exchanged(world, delivered(world), {SHIRT: 1})
    row = await row_of(seller, exchange)
    assert (row["exchangeStatus"], row["collectStatus"], row["rejectable"]) == (
        "RECEIPT",
        "BeforeDirection",
        True,
    )
    world.pickup_book(exchange.exchange_id)
    row = await row_of(seller, exchange)
    assert row["collectStatus"] == "CompleteDirection"
    assert len(row["returnDeliveryDtos"][0]["deliveryInvoiceNo"]) == 12
    world.pickup_scan(exchange.exchange_id)
    row = await row_of(seller, exchange)
    assert (row["exchangeStatus"], row["collectStatus"], row["rejectable"]) == (
        "PROGRESS",
        "Collecting",
        False,
    )
    assert row["modifiedByType"] == "TRACKING"
    world.set_rules(exchange_collecting="Delivering")
    assert (await row_of(seller, exchange))["collectStatus"] == "Delivering"
    world.pickup_arrive(exchange.exchange_id)
    row = await row_of(seller, exchange)
    # Only the seller's word makes the collection complete.
    assert (row["collectStatus"], row["collectCompleteDate"], row["successable"]) == (
        "Delivering",
        None,
        True,
    )
    for_pickup = row["exchangeAddressDtoV1"]
    await seller.exchange(exchange.exchange_id, "receiveConfirmation", method="PATCH")
    clock.advance(minutes=10)
    row = await row_of(seller, exchange)
    assert row["collectStatus"] == "CompleteCollect"
    address = row["exchangeAddressDtoV1"]
    assert address["returnMobile"] == for_pickup["returnMobile"]
    # The number for the replacement is issued when the goods are back.
    assert address["deliveryMobile"] != for_pickup["deliveryMobile"]
    (group,) = row["deliveryInvoiceGroupDtos"]
    box_id = group["shipmentBoxId"]
    sheet = (await seller.box(box_id)).json()["data"]
    assert (sheet["status"], sheet["orderItems"][0]["shippingCount"]) == ("INSTRUCT", 1)
    assert sheet["receiver"]["safeNumber"] == f"+82{address['deliveryMobile'].replace('-', '')[1:]}"
    await seller.replacement(exchange.exchange_id, box_id)
    for act, status, delivery, ends in (
        (None, "DEPARTURE", "CompleteDirection", "PROGRESS"),
        (world.scan, "DELIVERING", "Delivering", "PROGRESS"),
        (world.deliver, "FINAL_DELIVERY", "CompleteDelivery", "SUCCESS"),
    ):
        if act:
            act(box_id)
        row = await row_of(seller, exchange)
        (parcel,) = row["deliveryInvoiceGroupDtos"][0]["deliveryInvoiceDtos"]
        assert (parcel["statusCode"], row["deliveryStatus"], row["exchangeStatus"]) == (
            status,
            delivery,
            ends,
        )
        assert (parcel["deliverCode"], parcel["invoiceNumber"]) == ("CJGLS", "000000000123")
    kinds = [(one["kind"], one["about"], one["times_applied"]) for one in world.report()["mutations"]]
    assert kinds == [("receive_exchange", "exchange", 1), ("ship_exchange", "exchange", 1)]


async def test_replacement_goes_by_itself_once_it_is_shipped(
    seller: Seller, world: World, clock: Frozen
) -> None:
    exchange, box_id = await received(seller, world, clock)
    world.set_rules(couriers=True)
    await seller.replacement(exchange.exchange_id, box_id)
    clock.advance(days=4)
    world.advance()
    assert [status for status, _, _ in exchange.history] == ["RECEIPT", "PROGRESS", "SUCCESS"]


async def test_replacement_by_the_sellers_own_van(seller: Seller, world: World, clock: Frozen) -> None:
    exchange, box_id = await received(seller, world, clock)
    number = {"goodsDeliveryCode": "DIRECT", "invoiceNumber": "7"}
    assert (await seller.replacement(exchange.exchange_id, box_id, **number)).status_code == 200
    row = await row_of(seller, exchange)
    assert (row["deliveryStatus"], row["exchangeStatus"]) == ("VendorDirect", "PROGRESS")
    clock.advance(days=7)
    world.advance()
    assert exchange.status == "SUCCESS"


async def test_new_box_comes_later_and_not_into_the_lists(
    seller: Seller, world: World, clock: Frozen
) -> None:
    world.set_rules(exchange_box_min_s=400, exchange_box_max_s=400)
    exchange = exchanged(world, delivered(world))
    await seller.exchange(exchange.exchange_id, "receiveConfirmation")
    clock.advance(seconds=399)
    assert (await row_of(seller, exchange))["deliveryInvoiceGroupDtos"] == []
    assert (await seller.get(f"{exchange.order_id}/ordersheets")).json()["data"][0][
        "status"
    ] == "FINAL_DELIVERY"
    clock.advance(seconds=1)
    (group,) = (await row_of(seller, exchange))["deliveryInvoiceGroupDtos"]
    box_id = group["shipmentBoxId"]
    rows = (await seller.get(f"{exchange.order_id}/ordersheets")).json()["data"]
    assert [row["shipmentBoxId"] for row in rows] == [exchange.box_id, box_id]
    assert (await seller.get(f"ordersheets/{box_id}/history")).status_code == 200
    assert await seller.ids("INSTRUCT") == []
    assert (await seller.minute("INSTRUCT", "2026-11-21T11:00", "2026-11-21T13:00")).json()["data"] == []
    world.set_rules(exchange_box_in_lists=True)
    assert await seller.ids("INSTRUCT") == [box_id]


async def test_confirming_again_makes_no_second_box(seller: Seller, world: World, clock: Frozen) -> None:
    exchange, _ = await received(seller, world, clock)
    boxes = len(world.boxes)
    assert (await seller.exchange(exchange.exchange_id, "receiveConfirmation")).status_code == 400
    clock.advance(hours=1)
    world.advance()
    assert len(world.boxes) == boxes
    assert world.report()["kinds"]["receive_exchange"] == {"applied": 1, "applied_twice": 0, "repeats": 1}


@pytest.mark.parametrize("code", ["SOLDOUT", "WITHDRAW"])
async def test_refusals(seller: Seller, world: World, code: str) -> None:
    box = delivered(world)
    exchange = exchanged(world, box)
    wrong = await seller.exchange(exchange.exchange_id, "rejection", exchangeRejectCode="BORED")
    assert wrong.status_code == 400
    # The older sample sends the id as a string, and the WING user beside it.
    body = {"exchangeRejectCode": code, "exchangeId": str(exchange.exchange_id), "userId": "examplewing"}
    path = f"exchangeRequests/{exchange.exchange_id}/rejection"
    answer = await seller.send("PATCH", path, {"vendorId": seller.vendor_id, **body})
    assert answer.json()["data"]["resultCode"] == "SUCCESS"
    row = await row_of(seller, exchange)
    assert (row["exchangeStatus"], row["collectStatus"], row["rejectable"]) == ("REJECT", "Withdraw", False)
    again = await seller.exchange(exchange.exchange_id, "rejection", exchangeRejectCode=code)
    assert again.status_code == 400
    assert world.report()["kinds"]["reject_exchange"] == {"applied": 1, "applied_twice": 0, "repeats": 1}
    assert (await seller.exchange(exchange.exchange_id, "receiveConfirmation")).status_code == 400
    # The pieces are the customer's again.
    assert exchanged(world, box).status == "RECEIPT"


async def test_too_late_to_refuse(seller: Seller, world: World) -> None:
    exchange = exchanged(world, delivered(world))
    world.pickup_scan(exchange.exchange_id)
    answer = await seller.exchange(exchange.exchange_id, "rejection", exchangeRejectCode="SOLDOUT")
    assert answer.status_code == 400
    with pytest.raises(Conflict):
        world.wing_reject(exchange.exchange_id, "SOLDOUT")


@pytest.mark.parametrize(
    ("changes", "status", "text"),
    [
        ({"goodsDeliveryCode": "LOTTE"}, 500, "Internal Exception"),
        ({"invoiceNumber": "1"}, 400, "송장번호가 유효하지 않습니다."),
        (
            {"invoiceNumber": "000000000012"},
            400,
            "이미 저장된 송장번호가 있어 송장번호 등록이 불가능합니다. "
            "(동일송장번호 업로드 조건 : 수취인정보 동일)",
        ),
        ({"shipmentBoxId": "642538970006401002"}, 400, "교환접수내역이 존재하지 않습니다."),
        ({"exchangeId": "101000001"}, 400, "교환접수내역이 존재하지 않습니다."),
        ({"vendorId": "A00000009"}, 400, "Invalid vendor ID"),
        ({"shipmentBoxId": None}, 400, "shipmentBoxId should be a number"),
    ],
)
async def test_refused_replacements(
    seller: Seller, world: World, clock: Frozen, changes: dict[str, Any], status: int, text: str
) -> None:
    exchange, box_id = await received(seller, world, clock)
    answer = await seller.replacement(exchange.exchange_id, box_id, **changes)
    assert (answer.status_code, answer.json()["message"]) == (status, text)
    assert world.box(box_id).status == "INSTRUCT"


async def test_replacement_needs_an_array_and_takes_numbers(
    seller: Seller, world: World, clock: Frozen
) -> None:
    exchange, box_id = await received(seller, world, clock)
    path = f"exchangeRequests/{exchange.exchange_id}/invoices"
    row = {"exchangeId": exchange.exchange_id, "vendorId": seller.vendor_id, "shipmentBoxId": box_id}
    row |= {"goodsDeliveryCode": "CJGLS", "invoiceNumber": "000000000123"}
    for body in (row, [], ["x"], {"rows": [row]}, [row, row]):
        assert (await seller.send("POST", path, body)).status_code == 400
    assert (await seller.send("POST", path, [row])).status_code == 200
    again = await seller.send("POST", path, [row])
    assert again.json()["message"].startswith(
        f"shipmentBoxId ({box_id})'s status [DEPARTURE] is not suitable"
    )
    assert world.report()["kinds"]["ship_exchange"] == {"applied": 1, "applied_twice": 0, "repeats": 1}


async def test_wrong_box_can_be_swallowed(seller: Seller, world: World, clock: Frozen) -> None:
    world.set_rules(wrong_exchange_box_accepted=True)
    exchange, box_id = await received(seller, world, clock)
    answer = await seller.replacement(exchange.exchange_id, exchange.box_id)
    assert answer.json()["data"]["resultCode"] == "SUCCESS"
    assert (world.box(box_id).status, world.box(exchange.box_id).invoice) == ("INSTRUCT", "000000000012")
    assert world.report()["kinds"]["ship_exchange"]["applied"] == 0


@pytest.mark.parametrize("route", ["E3", "E4"])
async def test_200_can_hide_a_failure(seller: Seller, world: World, clock: Frozen, route: str) -> None:
    exchange, box_id = await received(seller, world, clock)
    world.add_fault("row_error", route=route, message="다시 시도해 주세요.")
    if route == "E3":
        answer = await seller.exchange(exchange.exchange_id, "rejection", exchangeRejectCode="SOLDOUT")
    else:
        answer = await seller.replacement(exchange.exchange_id, box_id)
    assert (answer.status_code, answer.json()["data"]["resultCode"]) == (200, "FAIL")
    assert (exchange.status, world.box(box_id).status) == ("PROGRESS", "INSTRUCT")


async def test_ordinary_waybills_are_not_for_replacements(
    seller: Seller, world: World, clock: Frozen
) -> None:
    exchange, box_id = await received(seller, world, clock)
    box = world.box(box_id)
    rows = dtos(box, invoiceNumber="000000000055")
    row = (await seller.invoices(*rows)).json()["data"]["responseList"][0]
    assert row["resultCode"] == "INVALID_STATUS"
    world.set_rules(invoice_for_exchange_box=True)
    row = (await seller.invoices(*rows)).json()["data"]["responseList"][0]
    assert row["resultCode"] == "OK"
    # The seller's cancel does not reach replacements.
    assert (await seller.cancel(box, {SHIRT: 1})).status_code == 400
    assert exchange.new_box_id == box_id


async def test_withdrawn_exchanges_stay_in_the_list(seller: Seller, world: World, clock: Frozen) -> None:
    box = delivered(world, socks=1)
    exchange = exchanged(world, box, {SHIRT: 1})
    with pytest.raises(Invalid):
        returned(world, box, {SHIRT: 2})
    world.withdraw(exchange.exchange_id)
    row = await row_of(seller, exchange)
    assert (row["exchangeStatus"], row["cancelReason"]) == ("CANCEL", "고객 철회")
    assert returned(world, box, {SHIRT: 2, SOCKS: 1}).count == 3
    late, box_id = await received(seller, world, clock)
    with pytest.raises(Conflict, match="only support"):
        world.withdraw(late.exchange_id)
    world.withdraw(late.exchange_id, by="support")
    assert world.box(box_id).status == "CANCELLED"
    row = await row_of(seller, late)
    assert (row["exchangeStatus"], row["deliveryStatus"]) == ("CANCEL", "Withdraw")
    with pytest.raises(Conflict):
        world.withdraw(late.exchange_id, by="support")


async def test_withdrawn_before_the_new_box_came(seller: Seller, world: World, clock: Frozen) -> None:
    world.set_rules(exchange_box_min_s=300)
    exchange = exchanged(world, delivered(world))
    await seller.exchange(exchange.exchange_id, "receiveConfirmation")
    world.withdraw(exchange.exchange_id, by="support")
    clock.advance(hours=1)
    world.advance()
    assert exchange.new_box_id is None


async def test_pickups_of_exchanges(seller: Seller, world: World) -> None:
    box = delivered(world, shirts=4)
    by_hand, failing, nothing = (
        exchanged(world, box, {SHIRT: 1}, collect=collect) for collect in (BY_HAND, BY_HAND, NOTHING)
    )
    assert (await row_of(seller, by_hand))["returnDeliveryDtos"] == []
    assert (await seller.pickup(by_hand.exchange_id, "EXCHANGE")).status_code == 200
    row = await row_of(seller, by_hand)
    assert (row["collectStatus"], row["modifiedByType"]) == ("CompleteDirection", "VENDOR")
    assert (await seller.pickup(by_hand.exchange_id, "EXCHANGE")).status_code == 400
    assert (await seller.pickup(by_hand.exchange_id, "RETURN")).status_code == 400
    assert world.report()["kinds"]["register_pickup"] == {"applied": 1, "applied_twice": 0, "repeats": 1}
    world.pickup_fail(failing.exchange_id)
    assert (await row_of(seller, failing))["collectStatus"] == "DirectionFail"
    world.pickup_scan(by_hand.exchange_id)
    world.pickup_fail(by_hand.exchange_id)
    assert (await row_of(seller, by_hand))["collectStatus"] == "Fail"
    row = await row_of(seller, nothing)
    assert (row["collectStatus"], row["collectInformationsDto"]) == ("NoCollect", None)
    assert counts(box) == [(4, 0, 0)]


async def test_faults_of_the_list(seller: Seller, world: World) -> None:
    box = delivered(world, shirts=3)
    ids = [exchanged(world, box, {SHIRT: 1}).exchange_id for _ in range(3)]
    first = (await seller.exchanges("maxPerPage=1")).json()
    world.add_fault("duplicate_page", route="E1")
    again = (await seller.exchanges(f"maxPerPage=1&nextToken={first['nextToken']}")).json()
    assert again == first
    world.add_fault("empty_page", route="E1")
    assert (await seller.exchanges()).json()["data"] == []
    world.add_fault("empty_list", route="E1")
    lie = (await seller.exchanges()).json()
    assert (lie["code"], lie["data"], lie["nextToken"]) == (200, [], "")
    assert len((await seller.exchanges()).json()["data"]) == 3
    world.add_fault("unreadable_row", route="E1", claim_id=ids[0])
    rows = (await seller.exchanges()).json()["data"]
    assert [row["exchangeItemDtoV1s"] is None for row in rows] == [False, False, True]


async def test_exchanges_out_of_turn(seller: Seller, world: World, clock: Frozen) -> None:
    with pytest.raises(Conflict):
        exchanged(world, accepted(world))
    exchange = exchanged(world, delivered(world))
    with pytest.raises(Invalid):
        world.wing_reject(exchange.exchange_id, "BORED")
    world.wing_receive(exchange.exchange_id)
    with pytest.raises(Conflict):
        world.wing_receive(exchange.exchange_id)
    # What the seller holds in his hands no courier fails to fetch.
    with pytest.raises(Conflict):
        world.pickup_fail(exchange.exchange_id)
    world.withdraw(exchange.exchange_id, by="support")
    for act in (world.pickup_book, world.pickup_scan, world.pickup_arrive, world.pickup_fail):
        with pytest.raises(Conflict):
            act(exchange.exchange_id)
    assert (await seller.exchange(999, "receiveConfirmation")).status_code == 400
