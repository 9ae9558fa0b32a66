"""Facts that Coupang leaves open: what the sandbox does by default, and every other value of the rule."""

import asyncio
import gzip
import json
from dataclasses import replace
from typing import Any

import pytest

from app.clock import Frozen
from app.coupang.signing import signature, signed_date
from app.sandbox.control.schemas import described
from app.sandbox.core.order_entities import Box, Receiver
from app.sandbox.core.rules import WORDS, Rules
from app.sandbox.http.app import takes_gzip
from app.sandbox.http.server import Running
from app.sandbox.orders.checkout import BoxSpec, LineSpec
from app.sandbox.world.world import World
from tests.support.sandbox_claims import (
    SHIRT,
    SOCKS,
    accepted,
    delivered,
    exchanged,
    instructed,
    returned,
    stop,
)
from tests.support.sandbox_seller import ACCESS_KEY, PREFIX, SECRET_KEY, VENDOR, Seller, dto, dtos, example

HOME = Receiver("김가상", "50300000001", "서울특별시 가상구 예시로 1", "101호", "01234")


# ids


@pytest.mark.parametrize(("digits", "beyond"), [(18, True), (15, False)])
async def test_box_ids_have_18_or_15_digits(seller: Seller, world: World, digits: int, beyond: bool) -> None:
    world.set_rules(box_id_digits=digits)
    boxes = [accepted(world) for _ in range(120)]
    ids = [box.box_id for box in boxes]
    assert {len(str(one)) for one in ids} == {digits}
    assert all((one > 2**53) is beyond for one in ids)
    # They still grow, and pages go on where they ended.
    assert ids == sorted(set(ids))
    first = (await seller.day("ACCEPT")).json()
    second = await seller.ids("ACCEPT", token=first["nextToken"])
    assert len({*(row["shipmentBoxId"] for row in first["data"]), *second}) == 100


def test_ids_are_18_digits_long_by_default() -> None:
    assert Rules().box_id_digits == 18


async def test_strings_are_no_ids_where_numbers_are_asked(seller: Seller, world: World) -> None:
    for answer in await with_string_ids(seller, world):
        assert answer.status_code == 400


async def test_strings_are_ids_by_rule(seller: Seller, world: World) -> None:
    world.set_rules(string_ids_accepted=True)
    for answer in await with_string_ids(seller, world):
        assert answer.status_code == 200, answer.text
        told = answer.json().get("data", {})
        rows = told.get("responseList", []) if isinstance(told, dict) else []
        assert [one["resultCode"] for one in rows] == ["OK"] * len(rows)
    # A count is a number all the same.
    receipt = stop(world, instructed(world))
    wrong = await seller.receipt(receipt.receipt_id, "stoppedShipment", cancelCount="2")
    assert wrong.status_code == 400


async def with_string_ids(seller: Seller, world: World) -> list[Any]:
    """Every call whose body names something, with its numbers as strings."""
    accept, ship, stopped, gone = accepted(world), instructed(world), instructed(world), accepted(world)
    asked, back = stop(world, stopped), returned(world, delivered(world, number="000000000056"))
    exchange = exchanged(world, delivered(world, number="000000000067"))
    row = {
        **dto(ship, invoiceNumber="000000000078"),
        "shipmentBoxId": str(ship.box_id),
        "orderId": str(ship.order_id),
        "vendorItemId": str(ship.lines[0].vendor_item_id),
    }
    told = {"vendorId": VENDOR, "shipmentBoxIds": [str(accept.box_id)]}
    return [
        await seller.send("PUT", "ordersheets/acknowledgement", told),
        await seller.invoices(row),
        await seller.cancel(gone, orderId=str(gone.order_id), vendorItemIds=[str(SHIRT)]),
        await seller.receipt(
            asked.receipt_id, "stoppedShipment", receiptId=str(asked.receipt_id), cancelCount=2
        ),
        await seller.receipt(back.receipt_id, "receiveConfirmation", receiptId=str(back.receipt_id)),
        await seller.exchange(
            exchange.exchange_id, "receiveConfirmation", exchangeId=str(exchange.exchange_id)
        ),
        await seller.send("POST", "returnWithdrawList", {"cancelIds": [str(back.receipt_id)]}),
    ]


# waybills


async def test_a_date_beside_the_waybill_of_a_whole_box_means_nothing(seller: Seller, world: World) -> None:
    box = instructed(world, socks=1)
    answer = await seller.invoices(*dtos(box, estimatedShippingDate="2026-11-28"))
    assert answer.json()["data"]["responseList"][0]["resultCode"] == "OK"
    assert (box.status, {line.planned for line in box.lines}) == ("DEPARTURE", {""})
    changed = dtos(box, invoiceNumber="000000000023", estimatedShippingDate="2026-11-28")
    answer = await seller.invoices(*changed, update=True)
    assert answer.json()["data"]["responseList"][0]["resultCode"] == "OK"


async def test_a_date_beside_a_waybill_is_refused_by_rule_and_in_a_split(
    seller: Seller, world: World
) -> None:
    split = instructed(world, socks=1)
    rows = dtos(split, splitShipping=True, estimatedShippingDate="2026-11-28")
    answer = await seller.invoices(*rows)
    assert answer.json()["data"]["responseList"][0]["resultCode"] == "INVALID_INVOICE_NUMBER"
    world.set_rules(planned_date_without_split=False)
    whole = instructed(world)
    answer = await seller.invoices(*dtos(whole, estimatedShippingDate="2026-11-28"))
    assert answer.json()["data"]["responseList"][0]["resultCode"] == "INVALID_INVOICE_NUMBER"
    assert whole.status == "INSTRUCT"


@pytest.mark.parametrize("update", [False, True])
async def test_partly_taken_waybills_say_partial_error(seller: Seller, world: World, update: bool) -> None:
    good, bad = (instructed(world), instructed(world))
    world.wing_cancel(bad.box_id)
    if update:
        world.wing_ship(good.box_id, "CJGLS", "000000000045")
    rows = dtos(good) + dtos(bad, invoiceNumber="000000000023")
    for word in (None, "PARTIAL"):
        if word:
            world.set_rules(partial_invoice_message=word)
            another = instructed(world)
            if update:
                world.wing_ship(another.box_id, "CJGLS", "000000000045")
            rows = dtos(another, invoiceNumber="000000000034") + rows[-1:]
        told = (await seller.invoices(*rows, update=update)).json()["data"]
        assert (told["responseCode"], told["responseMessage"]) == (1, word or "PARTIAL_ERROR")


async def test_two_orders_to_one_door_travel_in_one_parcel(seller: Seller, world: World) -> None:
    """A safe number is issued per order: names and address are what must be the same."""
    first, second, stranger = (instructed(world) for _ in range(3))
    for box, digits in ((first, "50300000001"), (second, "50300000002"), (stranger, "50300000003")):
        box.orderer.name = "김가상"
        box.receiver = replace(HOME, safe_digits=digits)
    stranger.receiver = replace(stranger.receiver, addr2="102호")
    codes = []
    for box in (first, second, stranger):
        answer = await seller.invoices(*dtos(box))
        codes.append(answer.json()["data"]["responseList"][0]["resultCode"])
    assert codes == ["OK", "OK", "NOT_ALLOW_INVOICE_NUMBER_RE_UPLOAD"]
    world.set_rules(same_waybill_needs_safe_number=True)
    third = instructed(world)
    third.orderer.name, third.receiver = "김가상", replace(HOME, safe_digits="50300000004")
    answer = await seller.invoices(*dtos(third))
    code = answer.json()["data"]["responseList"][0]["resultCode"]
    assert code == "NOT_ALLOW_INVOICE_NUMBER_RE_UPLOAD"


# rows


@pytest.fixture
def box(world: World) -> Box:
    return world.order(VENDOR, [BoxSpec([LineSpec(SHIRT, 1), LineSpec(SOCKS, 1)])])[0][0]


async def test_v4_rows_know_nothing_of_2025(seller: Seller, world: World, box: Box) -> None:
    new = {"isCod", "extraProperties"}
    assert not new & (await seller.box(box.box_id, "v4")).json()["data"].keys()
    assert new <= (await seller.box(box.box_id)).json()["data"].keys()
    (row,) = (await seller.day("ACCEPT", version="v4")).json()["data"]
    assert not new & row.keys()
    # What options have of their own stays.
    assert row["orderItems"][0]["extraProperties"] == {}
    world.set_rules(v4_new_fields=True)
    known = example("orders_o1_list_day_v4")["data"][0]
    assert list((await seller.box(box.box_id, "v4")).json()["data"]) == list(known)


ZERO = {"currencyCode": "KRW", "units": 0, "nanos": 0}


@pytest.mark.parametrize(
    ("rule", "v4", "v5"), [("as_seen", 0, None), ("null", None, None), ("zero", 0, ZERO)]
)
async def test_no_surcharge_is_null_or_nothing(
    seller: Seller, world: World, box: Box, rule: str, v4: object, v5: object
) -> None:
    world.set_rules(no_remote_price=rule)
    for version, price in (("v4", v4), ("v5", v5)):
        row = (await seller.box(box.box_id, version)).json()["data"]
        assert (row["remotePrice"], row["remoteArea"]) == (price, False)
    island = world.order(VENDOR, [BoxSpec(remote=True)])[0][0]
    assert (await seller.box(island.box_id)).json()["data"]["remotePrice"]["units"] == 3_000


# the gateway


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/v2/providers/openapi/apis/api/v9/nowhere", "Not Found"),
        ("/v2/providers/seller_api/apis/api/v1/marketplace/nowhere", "Not Found"),
        ("/v2/providers/marketplace_openapi/apis/api/v1/nowhere", "Not Found"),
        ("/v2/providers/fms/apis/api/v1/nowhere", "Not Found"),
        ("/v2/providers/openapi", "Not Found"),
        ("/v2/providers", "Not Found"),
        ("/v2/providers/openapy/apis/api/v5/x", "Provider id is not specified correctly."),
        ("/v2/providers//apis/api/v5/x", "Provider id is not specified correctly."),
        ("/v2/providers/openapi/apps/api/v5/x", "Provider id is not specified correctly."),
    ],
)
async def test_only_unknown_providers_are_not_specified_correctly(
    seller: Seller, world: World, path: str, message: str
) -> None:
    answer = await seller.client.get(path, auth=seller.auth)
    assert (answer.status_code, answer.json()["message"]) == (404, message)
    world.set_rules(provider_error_status=400, providers=["openapi"])
    answer = await seller.client.get(path, auth=seller.auth)
    known = (path.split("/")[3:4] == ["openapi"] and "/apps/" not in path) or path == "/v2/providers"
    assert answer.status_code == (404 if known else 400)


@pytest.mark.parametrize(
    ("header", "takes"),
    [
        ("gzip", True),
        ("gzip, deflate, br", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("*", True),
        ("deflate, gzip;q=0.5", True),
        ("", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000, identity", False),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("gzipped", False),
        ("gzip;q=nonsense", False),
    ],
)
async def test_gzip_as_the_caller_weighs_it(seller: Seller, world: World, header: str, takes: bool) -> None:
    assert takes_gzip(header) is takes
    accepted(world)
    window = "createdAtFrom=2026-11-20%2B09:00&createdAtTo=2026-11-21%2B09:00&status=ACCEPT"
    answer = await seller.get(f"ordersheets?{window}", headers={"Accept-Encoding": header})
    assert (answer.headers.get("content-encoding") == "gzip") is takes


@pytest.mark.parametrize(
    ("asked", "status"), [("90000", 200), ("900000", 504), ("9" * 5_000, 504), ("-1", 504), ("x", 504)]
)
async def test_nobody_waits_longer_than_ninety_seconds(
    seller: Seller, world: World, asked: str, status: int
) -> None:
    """In a hundredth of the size: delays of a fault are real time."""
    world.set_rules(gateway_timeout_real_s=0.01, extended_timeout_most_ms=90_000)
    late_ms = 30.0
    if asked.isdecimal() and len(asked) > 5:
        # More than the cap counts as the cap: the provider is later than that.
        world.set_rules(extended_timeout_most_ms=20)
    world.add_fault("delay", delay_ms=late_ms)
    window = "createdAtFrom=2026-11-20%2B09:00&createdAtTo=2026-11-21%2B09:00&status=ACCEPT"
    answer = await seller.get(f"ordersheets?{window}", headers={"X-EXTENDED-TIMEOUT": asked})
    assert answer.status_code == status


# characters that nobody escaped


async def raw(
    running: Running, target: str, signed: str, clock: Frozen, *, pieces: int = 1
) -> tuple[int, bytes]:
    """Send a request line as it is, cut into pieces, signed over another text perhaps; status and body."""
    path, _, query = signed.partition("?")
    date = signed_date(clock.now())
    proof = signature(SECRET_KEY, date, "GET", path, query)
    head = (
        f"GET {target} HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n"
        f"Authorization: CEA algorithm=HmacSHA256, access-key={ACCESS_KEY}, signed-date={date}, "
        f"signature={proof}\r\n\r\n"
    ).encode()
    reader, writer = await asyncio.open_connection(running.host, running.port)
    step = max(1, len(target.encode()) // pieces)
    for start in range(0, len(head), step):
        writer.write(head[start : start + step])
        await writer.drain()
        await asyncio.sleep(0)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    status, _, body = answer.partition(b"\r\n\r\n")
    return int(status.split()[1]), gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


TARGET = (
    f"{PREFIX}/v4/vendors/{VENDOR}/ordersheets?createdAtFrom=2026-11-20&createdAtTo=2026-11-21&status=ACCEPT"
)
KOREAN = f"{TARGET}&memo=가나다"
ESCAPED = f"{TARGET}&memo=%EA%B0%80%EB%82%98%EB%8B%A4"


@pytest.mark.parametrize("pieces", [1, 7, 60])
async def test_unescaped_characters_are_read_as_they_came(
    running: Running, world: World, clock: Frozen, pieces: int
) -> None:
    assert (await raw(running, KOREAN, KOREAN, clock, pieces=pieces))[0] == 200
    status, body = await raw(running, KOREAN, ESCAPED, clock, pieces=pieces)
    assert (status, json.loads(body)["message"]) == (401, "Invalid signature.")
    # In a path they lead nowhere, with the gateway's own words.
    nowhere = f"{PREFIX}/v4/vendors/{VENDOR}/주문"
    status, body = await raw(running, nowhere, nowhere, clock)
    assert (status, json.loads(body)["message"]) == (404, "Not Found")


async def test_unescaped_characters_are_escaped_before_by_rule(
    running: Running, world: World, clock: Frozen
) -> None:
    world.set_rules(raw_utf8="encoded")
    assert (await raw(running, KOREAN, ESCAPED, clock))[0] == 200
    status, body = await raw(running, KOREAN, KOREAN, clock)
    assert (status, json.loads(body)["message"]) == (401, "Invalid signature.")


async def test_unescaped_characters_are_refused_by_rule(
    running: Running, world: World, clock: Frozen
) -> None:
    world.set_rules(raw_utf8="refused")
    status, body = await raw(running, KOREAN, KOREAN, clock)
    assert (status, b"<HTML>" in body) == (400, True)
    assert (await raw(running, ESCAPED, ESCAPED, clock))[0] == 200


async def test_bytes_that_are_no_text_are_answered_too(running: Running, clock: Frozen) -> None:
    reader, writer = await asyncio.open_connection(running.host, running.port)
    writer.write(b"GET /v2/providers/\xff\xfe?\xff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    assert answer.split()[1] == b"401"


# all of them


def test_every_open_fact_says_its_evidence() -> None:
    """Rules of this kind are settings; their docstrings argue the default."""
    documented = described(Rules)
    assert documented.keys() == set(Rules.__slots__)
    for name in ("box_id_digits", "string_ids_accepted", "planned_date_without_split", "v4_new_fields"):
        assert len(documented[name]) > 120, name


def test_words_belong_to_rules_and_hold_their_defaults() -> None:
    rules = Rules()
    for name, words in WORDS.items():
        assert getattr(rules, name) in words


def test_a_time_that_was_whole_may_be_broken_next() -> None:
    assert Rules(list_lag_s=5).changed({"list_lag_s": 2.5}).list_lag_s == 2.5
