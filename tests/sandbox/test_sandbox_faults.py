"""Every fault as a client sees it, and whether the change behind it happened."""

import asyncio
import json
import time
from typing import Any

import httpx
import pytest

from app.clock import Frozen
from app.errors import Invalid
from app.sandbox.core.faults import KINDS
from app.sandbox.core.order_entities import Box
from app.sandbox.world.world import World
from tests.support.sandbox_seller import VENDOR, Seller, example


@pytest.fixture
def box(world: World) -> Box:
    return world.order(VENDOR)[0][0]


def times_applied(world: World) -> list[int]:
    return [one["times_applied"] for one in world.report()["mutations"]]


@pytest.mark.parametrize(
    ("kind", "status", "applied", "known"),
    [
        ("504_before", 504, False, "error_504_timeout"),
        ("504_after", 504, True, "error_504_timeout"),
        ("521", 521, False, "error_521_connection"),
        ("521_after", 521, True, "error_521_connection"),
        ("500", 500, False, None),
        ("500_after", 500, True, None),
        ("200_error", 200, False, None),
    ],
)
async def test_upstream_failures(
    seller: Seller, world: World, box: Box, kind: str, status: int, applied: bool, known: str | None
) -> None:
    world.add_fault(kind, route="O6")
    answer = await seller.acknowledge(box.box_id)
    assert answer.status_code == status
    assert answer.json() == (example(known) if known else answer.json())
    assert answer.json()["code"] in ("ERROR", 500)
    assert (box.status == "INSTRUCT") is applied
    assert times_applied(world) == [1] * applied
    # The fault is used up: the repetition meets the truth.
    again = (await seller.acknowledge(box.box_id)).json()["data"]
    assert again["responseCode"] == (99 if applied else 0)
    assert world.report()["applied_twice"] == 0
    assert world.report()["repeated"] == int(applied)


@pytest.mark.parametrize(
    ("options", "status", "known"),
    [
        ({"kind": "403_ip"}, 403, None),
        ({"kind": "401", "variant": "expired"}, 401, "error_401_expired"),
        ({"kind": "401", "variant": "invalid_signature"}, 401, "error_401_invalid_signature"),
        ({"kind": "401", "variant": "hmac_format"}, 401, "error_401_hmac_format"),
        ({"kind": "401", "variant": "unknown_key"}, 401, "error_401_unknown_key"),
        ({"kind": "401", "variant": "not_authorized"}, 401, "error_401_not_authorized"),
        ({"kind": "429", "ban_real_s": 0.0}, 429, "error_429"),
        ({"kind": "status"}, 423, "error_423"),
        ({"kind": "status", "status": 412}, 412, "error_412"),
        ({"kind": "status", "status": 410}, 410, None),
    ],
)
async def test_gateway_refusals(
    seller: Seller, world: World, box: Box, options: dict[str, Any], status: int, known: str | None
) -> None:
    world.add_fault(**options)
    answer = await seller.acknowledge(box.box_id)
    assert answer.status_code == status
    assert answer.json()["code"] == "ERROR"
    if known:
        assert list(answer.json()) == list(example(known))
        assert answer.json()["message"] == example(known)["message"]
    assert box.status == "ACCEPT"
    assert (await seller.acknowledge(box.box_id)).status_code == 200


async def test_address_block_names_the_address(seller: Seller, world: World) -> None:
    world.add_fault("403_ip")
    message = (await seller.day("ACCEPT")).json()["message"]
    assert message == "Your ip address 127.0.0.1 is not allowed for this request."


async def test_scripted_429_bans(seller: Seller, world: World) -> None:
    world.add_fault("429", ban_real_s=3_600)
    assert [(await seller.day("ACCEPT")).status_code for _ in range(3)] == [429] * 3
    world.pardon(VENDOR)
    assert (await seller.day("ACCEPT")).status_code == 200


async def test_edge_block_is_html(seller: Seller, world: World) -> None:
    world.add_fault("403_html")
    answer = await seller.day("ACCEPT")
    assert (answer.status_code, answer.headers["content-type"]) == (403, "text/html")
    assert answer.text == example("error_403_waf")


async def test_block_is_an_empty_redirect(seller: Seller, world: World) -> None:
    world.add_fault("302")
    answer = await seller.day("ACCEPT")
    assert (answer.status_code, answer.text, "location" in answer.headers) == (302, "", True)


@pytest.mark.parametrize(("kind", "applied"), [("drop_before", False), ("drop_after", True)])
async def test_dropped_connections(seller: Seller, world: World, box: Box, kind: str, applied: bool) -> None:
    world.add_fault(kind)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        await seller.acknowledge(box.box_id)
    assert (box.status == "INSTRUCT") is applied
    # The server lives on, and so does the next connection.
    assert (await seller.box(box.box_id)).status_code == 200
    assert world.report()["calls_per_route"]["O6"] == {"0": 1}


@pytest.mark.parametrize(("kind", "applied"), [("truncate_before", False), ("truncate_after", True)])
async def test_truncated_answers(seller: Seller, world: World, box: Box, kind: str, applied: bool) -> None:
    world.add_fault(kind)
    answer = await seller.acknowledge(box.box_id)
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert (box.status == "INSTRUCT") is applied


async def test_time_out_whose_change_comes_late(
    seller: Seller, world: World, box: Box, clock: Frozen
) -> None:
    world.add_fault("504_late", late_s=90)
    assert (await seller.acknowledge(box.box_id)).status_code == 504
    clock.advance(seconds=89)
    assert (await seller.box(box.box_id)).json()["data"]["status"] == "ACCEPT"
    clock.advance(seconds=600)
    assert (await seller.box(box.box_id)).json()["data"]["status"] == "INSTRUCT"
    (mutation,) = world.report()["mutations"]
    assert mutation["applied_at"] == "2026-11-21T03:01:30+00:00"


async def test_delay_is_real_time(seller: Seller, world: World) -> None:
    world.add_fault("delay", delay_ms=60)
    begun = time.monotonic()
    assert (await seller.day("ACCEPT")).status_code == 200
    assert time.monotonic() - begun >= 0.06


async def test_delays_go_with_other_faults(seller: Seller, world: World) -> None:
    world.add_fault("delay", delay_ms=60, times=None)
    world.add_fault("500")
    begun = time.monotonic()
    assert (await seller.day("ACCEPT")).status_code == 500
    assert time.monotonic() - begun >= 0.06


async def test_too_long_a_delay_is_a_time_out(seller: Seller, world: World, box: Box) -> None:
    world.set_rules(gateway_timeout_real_s=0.02)
    world.add_fault("delay", delay_ms=80, times=2)
    assert (await seller.acknowledge(box.box_id)).json() == example("error_504_timeout")
    assert box.status == "INSTRUCT"
    patient = await seller.get(f"ordersheets/{box.box_id}", headers={"X-EXTENDED-TIMEOUT": "90000"})
    assert patient.status_code == 200


async def test_change_applied_after_the_client_gave_up(seller: Seller, world: World, box: Box) -> None:
    """The caller's own time-out: he reads ACCEPT, and the change comes all the same."""
    world.add_fault("delay", delay_ms=150, apply="after", route="O6")
    with pytest.raises(httpx.ReadTimeout):
        await seller.client.put(
            seller.path("ordersheets/acknowledgement", "v4"),
            json={"vendorId": VENDOR, "shipmentBoxIds": [box.box_id]},
            auth=seller.auth,
            timeout=0.05,
        )
    assert (await seller.box(box.box_id)).json()["data"]["status"] == "ACCEPT"
    async with asyncio.timeout(5):
        while not times_applied(world):
            await asyncio.sleep(0.01)
    assert box.status == "INSTRUCT"


async def test_the_gateway_gives_up_in_time_and_the_provider_goes_on(
    seller: Seller, world: World, box: Box, clock: Frozen
) -> None:
    world.set_rules(gateway_timeout_real_s=0.02)
    world.add_fault("delay", delay_ms=60_000, apply="after", route="O6")
    assert (await seller.acknowledge(box.box_id)).json() == example("error_504_timeout")
    assert (await seller.box(box.box_id)).json()["data"]["status"] == "ACCEPT"
    clock.advance(seconds=61)
    assert (await seller.box(box.box_id)).json()["data"]["status"] == "INSTRUCT"
    assert times_applied(world) == [1]


async def test_calls_in_flight_are_counted(seller: Seller, world: World) -> None:
    world.add_fault("delay", delay_ms=80, times=None)
    await asyncio.gather(*(seller.day("ACCEPT") for _ in range(3)))
    await seller.day("ACCEPT")
    assert world.report()["vendors"][VENDOR]["max_in_flight"] == 3
    beside = world.report()["vendors"][VENDOR]["overlaps"][0]
    assert (beside["route"], beside["beside_route"], beside["held_by_fault_s"]) == ("O1", "O1", 0.08)


async def pages(seller: Seller, size: int = 2) -> list[list[int]]:
    """Read a whole list, at most ten pages of it."""
    found, token = [], ""
    for _ in range(10):
        page = (await seller.day("ACCEPT", size=size, token=token)).json()
        found.append([row["shipmentBoxId"] for row in page["data"]])
        token = page["nextToken"]
        if not token:
            break
    return found


async def test_duplicated_page(seller: Seller, world: World) -> None:
    world.order(VENDOR, count=4)
    a, b, c, d = sorted(world.boxes, reverse=True)
    world.add_fault("duplicate_page")
    assert await pages(seller) == [[a, b], [a, b], [c, d]]


@pytest.mark.parametrize("direction", ["skip", "repeat"])
async def test_shifting_page(seller: Seller, world: World, direction: str) -> None:
    world.order(VENDOR, count=4)
    a, b, c, d = sorted(world.boxes, reverse=True)
    world.add_fault("shift_page", direction=direction)
    expected = [[a, b], [d]] if direction == "skip" else [[a, b], [b, c], [d]]
    assert await pages(seller) == expected
    assert await pages(seller) == [[a, b], [c, d]]


async def test_empty_page_with_a_token(seller: Seller, world: World) -> None:
    world.order(VENDOR, count=4)
    a, b, c, d = sorted(world.boxes, reverse=True)
    world.add_fault("empty_page", skip=1)
    world.add_fault("empty_page", skip=0, times=1, route="O2")
    assert await pages(seller) == [[a, b], [], [c, d]]
    world.add_fault("empty_page")
    assert await pages(seller) == [[], [a, b], [c, d]]
    assert (await seller.minute("ACCEPT", "2026-11-21T11:50", "2026-11-21T12:10")).json()["data"] == []


async def test_a_list_that_claims_to_be_empty(seller: Seller, world: World) -> None:
    """A lie in good form: 200, no rows, and no further page; what it hides is there in the next answer."""
    world.order(VENDOR, count=4)
    a, b, c, d = sorted(world.boxes, reverse=True)
    world.add_fault("empty_list", route="O1", skip=1)
    first = (await seller.day("ACCEPT", size=2)).json()
    assert [row["shipmentBoxId"] for row in first["data"]] == [a, b]
    # A further page of a list that is being read is spared: that one would not be a whole list.
    page = (await seller.day("ACCEPT", size=2, token=first["nextToken"])).json()
    assert [row["shipmentBoxId"] for row in page["data"]] == [c, d]
    lie = await seller.day("ACCEPT", size=2)
    assert (lie.status_code, lie.json()["code"], lie.json()["data"], lie.json()["nextToken"]) == (
        200,
        200,
        [],
        "",
    )
    assert await pages(seller) == [[a, b], [c, d]]
    window = "2026-11-21T11:50", "2026-11-21T12:10"
    world.add_fault("empty_list", times=1)
    lie = await seller.minute("ACCEPT", *window)
    assert (lie.status_code, lie.json()["data"]) == (200, [])
    assert len((await seller.minute("ACCEPT", *window)).json()["data"]) == 4
    # A single read is no list.
    world.add_fault("empty_list")
    assert (await seller.box(a)).json()["data"]["shipmentBoxId"] == a
    assert world.report()["faults"] == {"empty_list": 2}


async def test_stale_rows(seller: Seller, world: World) -> None:
    old, new = (boxes[0].box_id for boxes in world.order(VENDOR, count=2))
    world.wing_acknowledge(old)
    world.wing_ship(old, "CJGLS", "000000000012")
    world.add_fault("stale_rows")
    rows = (await seller.day("ACCEPT")).json()["data"]
    assert [(row["shipmentBoxId"], row["status"]) for row in rows] == [(old, "ACCEPT"), (new, "ACCEPT")]
    assert rows[0]["invoiceNumber"] == ""
    assert await seller.ids("ACCEPT") == [new]


async def test_unreadable_row(seller: Seller, world: World) -> None:
    first, second = (boxes[0].box_id for boxes in world.order(VENDOR, count=2))
    world.add_fault("unreadable_row")
    rows = (await seller.day("ACCEPT")).json()["data"]
    assert (rows[0]["shipmentBoxId"], rows[0]["orderItems"]) == (second, None)
    assert rows[1]["orderItems"]
    world.add_fault("unreadable_row", box_id=first, set={"shipmentBoxId": "?"})
    rows = (await seller.day("ACCEPT")).json()["data"]
    assert [row["shipmentBoxId"] for row in rows] == [second, "?"]


async def test_faults_hit_whom_they_are_meant_for(seller: Seller, world: World, box: Box) -> None:
    world.add_fault("500", vendor_id="A00000002")
    world.add_fault("500", route="O3", skip=1, times=2)
    assert (await seller.day("ACCEPT")).status_code == 200
    statuses = [(await seller.box(box.box_id)).status_code for _ in range(5)]
    assert statuses == [200, 500, 500, 200, 200]
    assert world.report()["faults"] == {"500": 2}
    assert [one["hits"] for one in world.faults.listed()] == [0, 2]
    assert world.faults.clear(VENDOR) == 0
    assert world.faults.clear() == 2


async def test_unsigned_calls_use_up_no_fault(seller: Seller, world: World) -> None:
    world.add_fault("500")
    assert (await seller.client.get(seller.path("ordersheets"))).status_code == 401
    assert (await seller.day("ACCEPT")).status_code == 500


def test_impossible_faults(world: World) -> None:
    for options in (
        {"kind": "gremlin"},
        {"kind": "500", "times": 0},
        {"kind": "delay"},
        {"kind": "500", "skip": -1},
    ):
        with pytest.raises(Invalid):
            world.add_fault(**options)  # type: ignore[arg-type]


async def test_every_fault_is_told_apart(seller: Seller, world: World) -> None:
    """No kind falls through to another one's answer unnoticed."""
    for kind in KINDS:
        world.faults.clear()
        world.add_fault(kind, delay_ms=1, ban_real_s=0.0)
        try:
            status = (await seller.day("ACCEPT")).status_code
        except httpx.RemoteProtocolError:
            status = 0
        wanted = {
            "429": 429, "302": 302, "403_html": 403, "403_ip": 403, "401": 401, "status": 423, "500": 500,
            "500_after": 500, "504_before": 504, "504_after": 504, "504_late": 504, "521": 521,
            "521_after": 521, "drop_before": 0, "drop_after": 0,
        }  # fmt: skip
        assert status == wanted.get(kind, 200), kind
