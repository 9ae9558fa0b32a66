"""The control API over HTTP, and the server as a command runs it."""

import asyncio
import socket
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from app.clock import Fast, Frozen
from app.sandbox.core.rules import Rules
from app.sandbox.http.server import Running, serve
from app.sandbox.world.world import World
from tests.support.loopback_client import client_of
from tests.support.sandbox_seller import ACCESS_KEY, SECRET_KEY, VENDOR, Seller, dtos


async def post(seller: Seller, path: str, **body: Any) -> Any:
    answer = await seller.client.post(f"/_sandbox/{path}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def read(seller: Seller, path: str) -> Any:
    answer = await seller.client.get(f"/_sandbox/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_whole_life_by_script(seller: Seller) -> None:
    placed = await post(
        seller,
        "orders",
        vendor_id=VENDOR,
        paid_at="2026-11-20T10:00:00+09:00",
        boxes=[{"lines": [{"vendor_item_id": 85000000001, "count": 3}, {"count": 1}]}],
        receiver={"name": "김가상", "post_code": "01234"},
    )
    (order,) = placed["orders"]
    (box_id,) = order["shipment_box_ids"]
    shown = await post(seller, f"boxes/{box_id}/customer", act="change_address", receiver={"addr2": "9호"})
    assert (shown["receiver"]["addr2"], shown["receiver"]["name"]) == ("9호", "김가상")
    await post(seller, f"boxes/{box_id}/acknowledge-lag", seconds=60)
    await seller.acknowledge(box_id)
    shown = await read(seller, f"boxes/{box_id}")
    assert (shown["status"], shown["shown"]) == ("INSTRUCT", "ACCEPT")
    assert (await post(seller, "clock", advance_s=60))["now"] == "2026-11-21T03:01:00+00:00"
    held = [{"vendor_item_id": 85000000001, "count": 2}]
    shown = await post(seller, f"boxes/{box_id}/customer", act="request_cancel", lines=held)
    assert shown["lines"][0]["held"] == 2
    await post(seller, f"boxes/{box_id}/customer", act="withdraw_cancel")
    number = {"delivery_company_code": "CJGLS", "invoice_number": "000000000012"}
    shown = await post(seller, f"boxes/{box_id}/wing", act="ship", **number)
    assert shown["status"] == "DEPARTURE"
    await post(seller, f"boxes/{box_id}/courier", act="never")
    await post(seller, f"boxes/{box_id}/courier", act="scan")
    shown = await post(seller, f"boxes/{box_id}/courier", act="deliver")
    assert [one["status"] for one in shown["history"]] == [
        "ACCEPT", "INSTRUCT", "DEPARTURE", "DELIVERING", "FINAL_DELIVERY",
    ]  # fmt: skip
    assert await read(seller, f"boxes?vendor_id={VENDOR}") == [shown]
    assert await read(seller, "boxes?vendor_id=A00000009") == []


async def test_cancels_by_script(seller: Seller) -> None:
    placed = await post(seller, "orders", vendor_id=VENDOR, count=3)
    ids = [one["shipment_box_ids"][0] for one in placed["orders"]]
    assert (await post(seller, f"boxes/{ids[0]}/customer", act="cancel"))["status"] == "CANCELLED"
    assert (await post(seller, f"boxes/{ids[1]}/wing", act="acknowledge"))["status"] == "INSTRUCT"
    assert (await post(seller, f"boxes/{ids[1]}/wing", act="cancel"))["status"] == "CANCELLED"


async def test_ledger_and_calls(seller: Seller, world: World) -> None:
    (box,) = world.order(VENDOR)[0]
    await seller.acknowledge(box.box_id)
    await post(seller, "faults", kind="504_after", route="O7", vendor_id=VENDOR)
    await seller.invoices(*dtos(box))
    ledger = await read(seller, "ledger")
    assert ledger["calls_per_route"] == {"O6": {"200": 1}, "O7": {"504": 1}}
    assert [(one["kind"], one["call"]) for one in ledger["mutations"]] == [("acknowledge", 0), ("invoice", 1)]
    assert (ledger["applied"], ledger["applied_twice"]) == (2, 0)
    (last,) = await read(seller, "calls?since=1")
    assert last == {
        "n": 1,
        "vendor_id": VENDOR,
        "route": "O7",
        "method": "POST",
        "status": 504,
        "at": "2026-11-21T03:00:00+00:00",
        "fault": "504_after",
    }


async def test_rules_faults_and_reset(seller: Seller, world: World) -> None:
    assert (await post(seller, "rules", list_lag_s=5, order_as_array=False))["list_lag_s"] == 5
    assert (await read(seller, "rules"))["order_as_array"] is False
    await post(seller, "faults", kind="500", times=None)
    listed = await read(seller, "faults")
    assert [(one["kind"], one["times"]) for one in listed["faults"]] == [("500", None)]
    assert "504_after" in listed["kinds"]
    cleared = await seller.client.delete("/_sandbox/faults")
    assert cleared.json() == {"removed": 1}
    await post(seller, "orders", vendor_id=VENDOR)
    await post(seller, "reset", keep_vendors=True, seed=9)
    assert (world.seed, world.boxes, world.rules.order_as_array) == (9, {}, True)
    assert (await seller.day("ACCEPT")).status_code == 200
    assert (await read(seller, "ledger"))["calls"] == 1
    await post(seller, "reset")
    assert (await seller.day("ACCEPT")).status_code == 401


async def test_vendors_and_shop(seller: Seller, world: World) -> None:
    await post(seller, "vendors", vendor_id="C00000002", access_key="a", secret_key="b")
    window = {"from": "2026-11-20T00:00:00+09:00", "until": "2026-11-21T00:00:00+09:00"}
    made = await post(seller, "shop", vendor_id="C00000002", orders=20, two_box_share=1.0, **window)
    assert made == {"orders": 20, "boxes": 40}
    made = await post(seller, "shop", vendor_id="C00000002", orders_per_hour=2, **window)
    assert made["orders"] == 48
    overview = await read(seller, "")
    assert overview["vendors"] == [VENDOR, "C00000002"]
    world.add_fault("429", vendor_id=VENDOR, ban_real_s=3_600)
    await seller.day("ACCEPT")
    await post(seller, f"vendors/{VENDOR}/pardon")
    assert (await seller.day("ACCEPT")).status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("vendors", {"vendor_id": "X1", "access_key": "a", "secret_key": "b"}, 422),
        ("vendors", {"vendor_id": "A00000002", "access_key": ACCESS_KEY, "secret_key": "b"}, 422),
        ("vendors", {"vendor_id": "A00000002"}, 422),
        ("orders", {"vendor_id": "A00000009"}, 404),
        ("orders", {"vendor_id": VENDOR, "paid_at": "2026-11-20T10:00:00"}, 422),
        ("orders", {"vendor_id": VENDOR, "boxes": []}, 422),
        ("orders", {"vendor_id": VENDOR, "boxes": [{"lines": []}]}, 422),
        ("orders", {"vendor_id": VENDOR, "boxes": [{"lines": [{"colour": "red"}]}]}, 422),
        ("orders", {"vendor_id": VENDOR, "receiver": {"planet": "Mars"}}, 422),
        ("orders", {"vendor_id": VENDOR, "count": 0}, 422),
        ("shop", {"vendor_id": VENDOR, "orders": 1}, 422),
        ("boxes/1/customer", {"act": "cancel"}, 404),
        ("boxes/1/customer", {"act": "sing"}, 422),
        ("boxes/1/courier", {"act": "sing"}, 422),
        ("boxes/1/wing", {"act": "sing"}, 422),
        ("rules", {"gravity": 9.81}, 422),
        ("rules", {"list_lag_s": "long"}, 422),
        ("rules", {"order_as_array": 1}, 422),
        ("faults", {"kind": "gremlin"}, 422),
        ("faults", {"times": 1}, 422),
        ("clock", {}, 422),
        ("clock", {"set": "soon"}, 422),
    ],
)
async def test_wrong_scripts_say_what_is_wrong(
    seller: Seller, path: str, body: dict[str, Any], status: int
) -> None:
    answer = await seller.client.post(f"/_sandbox/{path}", json=body)
    assert answer.status_code == status, answer.text
    assert set(answer.json()) >= {"error", "detail"}


async def test_control_has_no_secret_doors(seller: Seller) -> None:
    broken = await seller.client.post("/_sandbox/orders", content=b"{")
    assert (broken.status_code, broken.json()["error"]) == (422, "invalid-request")
    assert (await seller.client.post("/_sandbox/orders", json=[])).status_code == 422
    assert (await seller.client.get("/_sandbox/orders")).status_code == 405
    assert (await seller.client.get("/_sandbox/nothing")).status_code == 404
    # What is done here is not a call to Coupang.
    assert (await read(seller, "ledger"))["calls"] == 0


async def test_clock_is_set_or_refuses(seller: Seller, clock: Frozen) -> None:
    await post(seller, "clock", set="2026-12-01T00:00:00+09:00")
    assert clock.now() == datetime(2026, 11, 30, 15, tzinfo=UTC)
    assert await read(seller, "clock") == {"now": "2026-11-30T15:00:00+00:00", "factor": 0.0}
    running = World(Fast(datetime(2026, 11, 1, tzinfo=UTC), 1_790_000_000.0, 2.0))
    async with Running(running) as sandbox, client_of(sandbox.url) as client:
        refused = await client.post("/_sandbox/clock", json={"advance_s": 1})
        assert (refused.status_code, refused.json()["error"]) == (409, "conflict")


async def test_transcript_over_http(seller: Seller, world: World) -> None:
    world.set_rules(transcript=True)
    await seller.day("ACCEPT")
    kept = await seller.client.get("/_sandbox/transcript")
    assert kept.content == world.transcript() != b""


def test_rules_are_typed() -> None:
    assert Rules().changed({"list_lag_s": 5}).list_lag_s == 5
    assert Rules().list_lag_s == 600


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@pytest.mark.parametrize("cancelled", [True, False])
async def test_serve_ends_cleanly(clock: Frozen, cancelled: bool) -> None:
    port, stop = free_port(), asyncio.Event()
    vendors = [(VENDOR, ACCESS_KEY, SECRET_KEY)]
    task = asyncio.create_task(serve("127.0.0.1", port, seed=3, clock=clock, vendors=vendors, stop=stop))
    async with client_of(f"http://127.0.0.1:{port}") as client:
        async with asyncio.timeout(5):
            while True:
                try:
                    overview = await client.get("/_sandbox/")
                    break
                except httpx.ConnectError:
                    await asyncio.sleep(0.01)
        assert (overview.json()["seed"], overview.json()["vendors"]) == (3, [VENDOR])
        if cancelled:
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        else:
            stop.set()
            await task
        with pytest.raises(httpx.TransportError):
            await client.get("/_sandbox/")
