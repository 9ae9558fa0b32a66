"""Claims over the control API; a journal and a seed that bring them back."""

from pathlib import Path
from typing import Any

import pytest

from app.clock import Frozen
from app.sandbox.core.claim_entities import BY_HAND
from app.sandbox.core.rules import Rules
from app.sandbox.http.server import Running
from app.sandbox.world.population import Shop
from app.sandbox.world.world import World
from tests.support.loopback_client import client_of
from tests.support.sandbox_claims import SHIRT, accepted, delivered, departed, instructed
from tests.support.sandbox_seller import ACCESS_KEY, SECRET_KEY, VENDOR, Seller, dtos


async def post(seller: Seller, path: str, **body: Any) -> Any:
    answer = await seller.client.post(f"/_sandbox/{path}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def read(seller: Seller, path: str) -> Any:
    answer = await seller.client.get(f"/_sandbox/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_stop_by_script(seller: Seller, world: World) -> None:
    box = instructed(world)
    lines = [{"vendor_item_id": SHIRT, "count": 1}]
    made = await post(
        seller, "receipts", box_id=box.box_id, kind="stop", lines=lines, reason="WRONGADDRESS", detail="이사"
    )
    receipt = f"receipts/{made['receipt_id']}"
    assert (made["status"], made["open"], made["count"]) == ("RELEASE_STOP_UNCHECKED", True, 1)
    (row,) = (await seller.returns("status=RU")).json()["data"]
    assert (row["reasonCode"], row["cancelReason"]) == ("WRONGADDRESS", "이사")
    assert (await read(seller, f"boxes/{box.box_id}"))["lines"][0]["held"] == 1
    shown = await post(seller, f"{receipt}/wing", act="stop")
    assert (shown["status"], shown["release_stop_status"]) == ("RETURNS_COMPLETED", "처리(출고중지)")
    assert await read(seller, receipt) == shown
    other = await post(seller, "receipts", box_id=instructed(world).box_id, kind="stop")
    number = {"delivery_company_code": "CJGLS", "invoice_number": "000000000077"}
    shown = await post(seller, f"receipts/{other['receipt_id']}/wing", act="already_shipped", **number)
    assert shown["release_status"] == "A"


async def test_a_cancel_by_script(seller: Seller, world: World) -> None:
    made = await post(seller, "receipts", box_id=accepted(world).box_id, kind="cancel", reason="CHEAPER")
    assert (made["kind"], made["status"], made["reason"]) == ("cancel", "RETURNS_COMPLETED", "CHEAPER")
    part = accepted(world, socks=1)
    lines = [{"vendor_item_id": SHIRT, "count": 1}]
    body = {"box_id": part.box_id, "kind": "cancel", "lines": lines}
    answer = await seller.client.post("/_sandbox/receipts", json=body)
    assert (answer.status_code, part.hold_kind) == (404, "refund")


async def test_a_return_by_script(seller: Seller, world: World) -> None:
    world.set_rules(quick_refund_below_krw=0)
    box = delivered(world, shirts=4)
    lines = [{"vendor_item_id": SHIRT, "count": 1}]
    made = [
        await post(
            seller, "receipts", box_id=box.box_id, lines=lines, collect=BY_HAND, reason="DEFECT",
            fault="COUPANG", by="support",
        )
        for _ in range(4)
    ]  # fmt: skip
    first, second, third, fourth = (f"receipts/{one['receipt_id']}" for one in made)
    assert (made[0]["fault"], made[0]["charge_krw"]) == ("COUPANG", 3_000)
    number = {"delivery_company_code": "KDEXP", "invoice_number": "00000000014350"}
    await post(seller, f"{first}/courier", act="book", **number)
    shown = await post(seller, f"{first}/courier", act="scan")
    assert shown["pickup"]["rows"] == [number]
    await post(seller, f"{first}/courier", act="arrive")
    await post(seller, f"{first}/wing", act="receive")
    await post(seller, f"{first}/wing", act="dispute")
    shown = await post(seller, f"{first}/support", act="decide", lost=True)
    assert shown["confirm"] == "CS_LOSS_CONFIRM"
    assert [one["status"] for one in shown["history"]] == [
        "RETURNS_UNCHECKED", "VENDOR_WAREHOUSE_CONFIRM", "REQUEST_COUPANG_CHECK", "RETURNS_COMPLETED",
    ]  # fmt: skip
    await post(seller, f"{second}/wing", act="receive")
    assert (await post(seller, f"{second}/wing", act="approve"))["open"] is False
    assert (await post(seller, f"{third}/customer", act="withdraw"))["status"] == "WITHDRAWN"
    assert (await post(seller, f"{fourth}/support", act="withdraw"))["history"][-1]["by"] == "support"
    listed = await read(seller, f"receipts?vendor_id={VENDOR}")
    assert [one["receipt_id"] for one in listed] == [one["receipt_id"] for one in made]
    assert await read(seller, "receipts?vendor_id=A00000009") == []
    overview = await read(seller, "")
    assert (overview["receipts"], overview["exchanges"]) == (4, 0)


async def test_exchanges_by_script(seller: Seller, world: World, clock: Frozen) -> None:
    box = delivered(world, shirts=4)
    lines = [{"vendor_item_id": SHIRT, "count": 1}]
    made = [await post(seller, "exchanges", box_id=box.box_id, lines=lines) for _ in range(4)]
    first, second, third, fourth = (f"exchanges/{one['exchange_id']}" for one in made)
    for act in ("book", "scan", "arrive"):
        await post(seller, f"{first}/courier", act=act)
    await post(seller, f"{first}/wing", act="receive")
    clock.advance(minutes=10)
    shown = await read(seller, first)
    assert (shown["status"], shown["collect_status"]) == ("PROGRESS", "CompleteCollect")
    new_box = await read(seller, f"boxes/{shown['new_shipment_box_id']}")
    assert (new_box["exchange_id"], new_box["status"]) == (made[0]["exchange_id"], "INSTRUCT")
    assert (await post(seller, f"{second}/wing", act="reject"))["status"] == "REJECT"
    assert (await post(seller, f"{third}/customer", act="withdraw"))["status"] == "CANCEL"
    assert (await post(seller, f"{fourth}/courier", act="fail"))["collect_status"] == "DirectionFail"
    assert (await post(seller, f"{fourth}/support", act="withdraw"))["cancel_reason"] == "고객 철회"
    listed = await read(seller, f"exchanges?vendor_id={VENDOR}")
    assert [one["status"] for one in listed] == ["PROGRESS", "REJECT", "CANCEL", "CANCEL"]


async def test_wing_users_by_script(seller: Seller, world: World) -> None:
    keys = {"vendor_id": VENDOR, "access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
    await post(seller, "vendors", **keys, wing_users=["examplewing"])
    box = accepted(world)
    assert (await seller.cancel(box, userId="other")).status_code == 400
    assert (await seller.cancel(box)).status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("receipts", {"box_id": 1}, 404),
        ("receipts", {}, 422),
        ("receipts", {"box_id": 1, "kind": "wish"}, 422),
        ("receipts/1/customer", {"act": "withdraw"}, 404),
        ("exchanges", {"box_id": 1}, 404),
        ("exchanges/1/wing", {"act": "receive"}, 404),
        ("rules", {"stop_request_in_uc": "MAYBE"}, 422),
        ("rules", {"returned_boxes_vanish": "sometimes"}, 422),
    ],
)
async def test_wrong_scripts(seller: Seller, path: str, body: dict[str, Any], status: int) -> None:
    answer = await seller.client.post(f"/_sandbox/{path}", json=body)
    assert answer.status_code == status, answer.text
    assert set(answer.json()) >= {"error", "detail"}


async def test_acts_that_nobody_knows(seller: Seller, world: World) -> None:
    box = delivered(world)
    receipt, exchange = (
        world.request_return(box.box_id, {SHIRT: 1}), world.request_exchange(box.box_id, {SHIRT: 1}),
    )  # fmt: skip
    paths = [f"receipts/{receipt.receipt_id}/{who}" for who in ("customer", "support", "wing", "courier")]
    paths += [f"exchanges/{exchange.exchange_id}/{who}" for who in ("customer", "support", "wing", "courier")]
    for path in paths:
        answer = await seller.client.post(f"/_sandbox/{path}", json={"act": "sing"})
        assert (answer.status_code, answer.json()["error"]) == (422, "invalid-request"), path
    # A receipt is no exchange, nor the other way round.
    assert (await seller.client.get(f"/_sandbox/receipts/{exchange.exchange_id}")).status_code == 404
    assert (await seller.client.get(f"/_sandbox/exchanges/{receipt.receipt_id}")).status_code == 404
    late = departed(world, number="000000000099")
    answer = await seller.client.post("/_sandbox/receipts", json={"box_id": late.box_id, "collect": "비둘기"})
    assert answer.status_code == 422


async def test_ledger_knows_thirteen_kinds(seller: Seller, world: World, clock: Frozen) -> None:
    """All changes in one life each; none of them twice."""
    world.set_rules(quick_refund_below_krw=0)
    ship, swap, give = (accepted(world, shirts=4) for _ in range(3))
    for box in (ship, swap, give):
        await seller.acknowledge(box.box_id)
    for number, box in enumerate((swap, give)):
        await seller.invoices(*dtos(box, invoiceNumber=f"00000000003{number}"))
        world.deliver(box.box_id)
    await seller.cancel(ship, {SHIRT: 1})
    world.request_cancel(ship.box_id, {SHIRT: 1})
    first = world.receipts_of_box(ship.box_id)[-1].receipt_id
    await seller.receipt(first, "stoppedShipment", cancelCount=1)
    world.request_cancel(ship.box_id, {SHIRT: 1})
    second = world.receipts_of_box(ship.box_id)[-1].receipt_id
    number = {"deliveryCompanyCode": "CJGLS", "invoiceNumber": "000000000012"}
    await seller.receipt(second, "completedShipment", **number)
    await seller.invoices(*dtos(ship, invoiceNumber="000000000013"), update=True)
    back = world.request_return(give.box_id, collect=BY_HAND).receipt_id
    await seller.pickup(back)
    await seller.receipt(back, "receiveConfirmation")
    await seller.receipt(back, "approval", cancelCount=4)
    exchanges = [world.request_exchange(swap.box_id, {SHIRT: 1}) for _ in range(2)]
    await seller.exchange(exchanges[0].exchange_id, "rejection", exchangeRejectCode="SOLDOUT")
    await seller.exchange(exchanges[1].exchange_id, "receiveConfirmation")
    clock.advance(minutes=10)
    world.advance()
    await seller.replacement(exchanges[1].exchange_id, exchanges[1].new_box_id or 0)
    clock.advance(days=30)
    await seller.complete(ship.box_id, "000000000013")
    report = world.report()
    applied = {kind: figures["applied"] for kind, figures in report["kinds"].items()}
    assert applied == {
        "acknowledge": 3, "invoice": 2, "update_invoice": 1, "cancel": 1, "stop_shipment": 1,
        "already_shipped": 1, "complete": 1, "receive_return": 1, "approve_return": 1, "register_pickup": 1,
        "receive_exchange": 1, "reject_exchange": 1, "ship_exchange": 1,
    }  # fmt: skip
    assert (report["applied_twice"], report["repeated"]) == (0, 0)
    assert (report["shipped_cancelled"], report["attempted_cancelled"]) == ([], [])


def fresh(clock: Frozen) -> World:
    return World(clock, seed=5, rules=Rules(limit_per_second=0, list_lag_s=0, acknowledge_lag_max_s=0))


async def test_claims_survive_a_restart(clock: Frozen, tmp_path: Path) -> None:
    journal, world = tmp_path / "journal", fresh(clock)
    async with Running(world, journal=journal) as sandbox, client_of(sandbox.url) as client:
        keys = {"vendor_id": VENDOR, "access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
        await client.post("/_sandbox/vendors", json=keys)
        await client.post("/_sandbox/orders", json={"vendor_id": VENDOR, "count": 4})
        seller = Seller(client, clock, VENDOR, ACCESS_KEY, SECRET_KEY)
        stopped, cancelled, swapped, given = world.boxes.values()
        await seller.cancel(cancelled)
        for box in (stopped, swapped, given):
            await seller.acknowledge(box.box_id)
        asked = await post(seller, "receipts", box_id=stopped.box_id, kind="stop")
        for n, box in enumerate((swapped, given)):
            clock.advance(minutes=1)
            await seller.invoices(*dtos(box, invoiceNumber=f"00000000001{n}"))
            await post(seller, f"boxes/{box.box_id}/courier", act="deliver")
        back = await post(seller, "receipts", box_id=given.box_id)
        swap = await post(seller, "exchanges", box_id=swapped.box_id)
        clock.advance(hours=30)
        await seller.exchange(swap["exchange_id"], "receiveConfirmation")
        clock.advance(hours=1)
        number = {"deliveryCompanyCode": "CJGLS", "invoiceNumber": "000000000056"}
        await seller.receipt(asked["receipt_id"], "completedShipment", **number)
        world.advance()
        new_box_id = world.exchange(swap["exchange_id"]).new_box_id
        assert new_box_id is not None
        await seller.replacement(swap["exchange_id"], new_box_id)
    clock.advance(days=9)
    before = (world.truth(), world.true_receipts(), world.true_exchanges(), world.report()["mutations"])
    assert {one["receipt_id"] for one in before[1]} >= {asked["receipt_id"], back["receipt_id"]}
    assert before[2][0]["status"] == "SUCCESS"
    again = fresh(clock)
    async with Running(again, journal=journal):
        after = (again.truth(), again.true_receipts(), again.true_exchanges(), again.report()["mutations"])
        assert after == before


async def play(clock: Frozen, seed: int) -> bytes:
    """Sell, answer every claim over the wire and return the transcript."""
    world = World(
        clock, seed=seed, rules=Rules(limit_per_second=0, transcript=True, scan_min_s=60, deliver_min_s=60)
    )
    world.add_vendor(VENDOR, ACCESS_KEY, SECRET_KEY)
    begins = clock.now()
    plan = Shop(
        orders=40, begins=begins, ends=begins.replace(hour=12), cancel_share=0.1, cancel_accept_share=0.1,
        cancel_instruct_share=0.2, return_share=0.3, exchange_share=0.3,
    )  # fmt: skip
    world.shop(VENDOR, plan)
    days = "2026-11-20", "2026-12-10"
    async with Running(world) as running, client_of(running.url) as client:
        seller = Seller(client, clock, VENDOR, ACCESS_KEY, SECRET_KEY)
        for _ in range(24):
            clock.advance(hours=7)
            await seller.acknowledge(*await seller.ids("ACCEPT", first=days[0], last=days[1]))
            window = f"createdAtFrom={days[0]}&createdAtTo={days[1]}"
            for row in (await seller.returns("status=RU", window=window)).json()["data"]:
                await seller.receipt(row["receiptId"], "stoppedShipment", cancelCount=row["cancelCountSum"])
            for row in (await seller.returns("status=UC", window=window)).json()["data"]:
                await seller.receipt(row["receiptId"], "receiveConfirmation")
            await seller.returns("cancelType=CANCEL", window=window)
            for box_id in await seller.ids("INSTRUCT", first=days[0], last=days[1]):
                rows = dtos(box := world.box(box_id), invoiceNumber=f"{box_id % 10**12:012d}")
                # A row for a cancelled option would ship it.
                left = [row for row, line in zip(rows, box.lines, strict=True) if line.canceled < line.count]
                await seller.invoices(*left)
            for row in (await seller.exchanges("status=PROGRESS&maxPerPage=50")).json()["data"]:
                await seller.exchange(row["exchangeId"], "receiveConfirmation")
                for group in row["deliveryInvoiceGroupDtos"]:
                    number = f"{group['shipmentBoxId'] % 10**12:012d}"
                    await seller.replacement(row["exchangeId"], group["shipmentBoxId"], invoiceNumber=number)
    report = world.report()
    assert report["applied_twice"] == 0
    assert report["kinds"]["receive_return"]["applied"] > 0
    assert report["kinds"]["stop_shipment"]["applied"] > 0
    assert report["kinds"]["ship_exchange"]["applied"] > 0
    assert report["shipped_cancelled"] == []
    return world.transcript()


async def test_same_seed_same_claims_byte_for_byte(clock: Frozen) -> None:
    first = await play(Frozen(clock.at), 1)
    assert first == await play(Frozen(clock.at), 1)
    assert first != await play(Frozen(clock.at), 2)
