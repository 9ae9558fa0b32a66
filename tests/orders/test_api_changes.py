"""Changes: asked, waited for, refused; and nothing is written when the request breaks a rule."""

import asyncio
from typing import Any

import pytest
from httpx2 import AsyncClient

from app.coupang.orders.decode import Results, RowResult
from app.engine.context import Context
from app.engine.effects import outbox
from app.engine.visits import leases
from app.machines.boxes import BoxState
from app.orders.effects.kinds import OrderKind
from app.orders.effects.sends import settle_rows
from app.web.effect_schemas import EffectPage, ExplainedEffect
from app.web.schemas import Effect
from tests.support.box_stock import BOX, SHIRT, SOCKS, VENDOR, Item, put
from tests.support.callers import Callers, problem

WAYBILL = {"courier_code": "CJGLS", "invoice_number": "123456789012"}
TWO = (Item(), Item(SOCKS, 1))


async def written(context: Context) -> dict[str, int]:
    """Count what a change would leave behind."""
    counts = {}
    async with context.db.connection() as connection:
        for table in ("effect", "history", "attempt", "evidence"):
            row = await (await connection.execute(f"SELECT count(*) AS n FROM {table}")).fetchone()
            counts[table] = row["n"] if row else -1
    return counts


async def answer_as_coupang(context: Context, kind: str, code: str = "OK") -> None:
    """Take what waits, and settle it as a visit would when Coupang answers."""
    lease = await leases.begin(context, VENDOR)
    assert lease is not None
    batch = await outbox.take(context, VENDOR, lease.epoch, kind)
    assert batch is not None
    rows = tuple(RowResult(effect["shipment_box_id"], code == "OK", code) for effect in batch.effects)
    await settle_rows(context, VENDOR, lease.epoch, batch, Results(0, "", rows, b'{"said":1}'))


async def test_acknowledge_is_202_with_the_effect(context: Context, writer: AsyncClient) -> None:
    await put(context)
    answer = await writer.post(f"/v1/boxes/{BOX}/acknowledge")
    assert answer.status_code == 202
    told = answer.json()
    Effect.model_validate(told)
    assert (told["kind"], told["state"], told["final"]) == ("ACKNOWLEDGE", "PENDING", False)
    assert told["asked_by"].startswith("key:")
    assert answer.headers["location"] == f"/v1/effects/{told['effect_id']}"
    again = (await writer.get(answer.headers["location"])).json()
    ExplainedEffect.model_validate(again)
    assert {name: again[name] for name in told} == told
    assert [(step["event"], step["target"]) for step in again["history"]] == [("ask", "PENDING")]


async def test_effect_tells_its_tries_and_moves_the_box(context: Context, writer: AsyncClient) -> None:
    await put(context)
    asked = (await writer.post(f"/v1/boxes/{BOX}/acknowledge")).json()
    context.clock.advance(minutes=2)  # type: ignore[attr-defined]
    await answer_as_coupang(context, OrderKind.ACKNOWLEDGE)
    told = (await writer.get(f"/v1/effects/{asked['effect_id']}")).json()
    ExplainedEffect.model_validate(told)
    assert (told["state"], told["final"], told["tries"], len(told["trail"])) == ("CONFIRMED", True, 1, 1)
    assert [step["event"] for step in told["history"]] == ["ask", "send_out", "confirm"]
    assert len(told["evidence"]) == 32
    assert (await writer.get(f"/v1/boxes/{BOX}")).json()["state"] == "INSTRUCT"


@pytest.mark.parametrize("prefer", ["wait=2", "respond-async, wait=2", 'wait="2"', "wait=999"])
async def test_prefer_wait_gives_the_outcome(context: Context, writer: AsyncClient, prefer: str) -> None:
    await put(context, BoxState.INSTRUCT)
    asking = asyncio.create_task(
        writer.post(f"/v1/boxes/{BOX}/ship", json=WAYBILL, headers={"Prefer": prefer})
    )
    async with asyncio.timeout(5):
        while not (await writer.get("/v1/effects")).json()["items"]:
            await asyncio.sleep(0.01)
    # It is urgent: sent without lingering for company, although no time passes.
    await answer_as_coupang(context, OrderKind.SHIP)
    answer = await asking
    assert answer.status_code == 200
    assert answer.json()["state"] == "CONFIRMED"
    assert answer.headers["preference-applied"] == "wait=2"


async def test_waiting_ends_with_202(context: Context, writer: AsyncClient) -> None:
    await put(context)
    for prefer, applied in (("wait=0", "wait=0"), ("wait=soon", None), ("handling=lenient", None)):
        key = {"Prefer": prefer, "Idempotency-Key": "same"}
        answer = await writer.post(f"/v1/boxes/{BOX}/acknowledge", headers=key)
        assert answer.status_code == 202
        assert answer.headers.get("preference-applied") == applied


async def test_idempotency_key_asks_once(context: Context, writer: AsyncClient, callers: Callers) -> None:
    await put(context, BoxState.INSTRUCT)
    key = {"Idempotency-Key": "order-17"}
    first = await writer.post(f"/v1/boxes/{BOX}/ship", json=WAYBILL, headers=key)
    second = await writer.post(f"/v1/boxes/{BOX}/ship", json=WAYBILL, headers=key)
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    other = {**WAYBILL, "invoice_number": "123456789013"}
    problem(await writer.post(f"/v1/boxes/{BOX}/ship", json=other, headers=key), 409, "conflict")
    # Another caller's key of the same name is another key.
    neighbour = await callers.make("warehouse:write", vendors=[VENDOR])
    told = problem(await neighbour.post(f"/v1/boxes/{BOX}/ship", json=WAYBILL, headers=key), 409, "conflict")
    assert told["effect"] == first.json()["effect_id"]


async def test_many_at_once_ask_once(context: Context, writer: AsyncClient) -> None:
    await put(context)
    same = [writer.post(f"/v1/boxes/{BOX}/acknowledge", headers={"Idempotency-Key": "k"}) for _ in range(8)]
    answers = await asyncio.gather(*same)
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["effect_id"] for answer in answers}) == 1
    await put(context, box_id=BOX + 1)
    answers = await asyncio.gather(*(writer.post(f"/v1/boxes/{BOX + 1}/acknowledge") for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [202] + [409] * 7


async def test_split_takes_ids_as_strings_or_integers(context: Context, writer: AsyncClient) -> None:
    for number, later in enumerate([str(SOCKS), SOCKS]):
        await put(context, BoxState.INSTRUCT, BOX + number, items=TWO)
        body = {**WAYBILL, "later": [later], "later_date": "2026-11-25"}
        answer = await writer.post(f"/v1/boxes/{BOX + number}/ship", json=body)
        assert answer.status_code == 202, answer.text
        told = answer.json()
        assert told["event"] == "ship_part"
        assert told["payload"]["later_date"] == "2026-11-25"
        assert told["payload"]["lines"] == [
            {"vendor_item_id": str(SHIRT), "now": True},
            {"vendor_item_id": str(SOCKS), "now": False},
        ]


async def test_change_invoice_and_close(context: Context, writer: AsyncClient) -> None:
    await put(context, BoxState.DEPARTURE)
    body = {"courier_code": "DIRECT", "invoice_number": "1"}
    told = (await writer.post(f"/v1/boxes/{BOX}/invoice", json=body)).json()
    assert (told["kind"], told["event"]) == ("CHANGE_INVOICE", "change_invoice_direct")
    await put(context, BoxState.DEPARTURE, BOX + 1)
    refused = problem(await writer.post(f"/v1/boxes/{BOX + 1}/close"), 409, "transition-refused")
    assert [one["rule"] for one in refused["missing"]] == ["departed_thirty_days_ago"]
    context.clock.advance(days=30)  # type: ignore[attr-defined]
    assert (await writer.post(f"/v1/boxes/{BOX + 1}/close")).json()["kind"] == "CLOSE_UNDELIVERED"


async def test_refusal_names_rule_remedy_and_what_is_possible(context: Context, writer: AsyncClient) -> None:
    await put(context, BoxState.INSTRUCT, items=(Item(held=1),))
    told = problem(await writer.post(f"/v1/boxes/{BOX}/ship", json=WAYBILL), 409, "transition-refused")
    assert (told["state"], told["event"]) == ("INSTRUCT", "ship")
    assert [one["rule"] for one in told["missing"]] == ["nothing_held"]
    assert "cancel" in told["missing"][0]["unblock"]
    assert told["allowed"] == []


BAD_BODIES: list[tuple[Any, str, str]] = [
    ({}, "/courier_code", "required"),
    ({**WAYBILL, "courier_code": "ACME"}, "/courier_code", "not a code"),
    ({**WAYBILL, "courier_code": ""}, "/courier_code", "at least 1"),
    ({**WAYBILL, "courier_code": 7}, "/courier_code", "string"),
    ({**WAYBILL, "courier_code": "CJ\x00"}, "/courier_code", "not a code"),
    ({**WAYBILL, "invoice_number": "12345"}, "/invoice_number", "numbers match"),
    ({**WAYBILL, "invoice_number": "1234-5678-9012"}, "/invoice_number", "digits only"),
    ({**WAYBILL, "invoice_number": "١٢٣٤٥٦٧٨٩٠"}, "/invoice_number", "digits only"),
    ({**WAYBILL, "invoice_number": "1" * 5000}, "/invoice_number", "at most 40"),
    ({**WAYBILL, "invoice_number": 123456789012}, "/invoice_number", "string"),
    ({**WAYBILL, "later": [SOCKS]}, "/later_date", "together"),
    ({**WAYBILL, "later_date": "2026-11-25"}, "/later_date", "together"),
    ({**WAYBILL, "later": [1], "later_date": "2026-11-25"}, "/later", "not an item"),
    ({**WAYBILL, "later": [SHIRT, SOCKS], "later_date": "2026-11-25"}, "/later", "at least one"),
    ({**WAYBILL, "later": [8.5e10], "later_date": "2026-11-25"}, "/later/0", "19 digits"),
    ({**WAYBILL, "later": [True], "later_date": "2026-11-25"}, "/later/0", "19 digits"),
    ({**WAYBILL, "later": [2**63], "later_date": "2026-11-25"}, "/later/0", "19 digits"),
    ({**WAYBILL, "later": [SOCKS], "later_date": "25.11.2026"}, "/later_date", "a day"),
    ({**WAYBILL, "later": [SOCKS], "later_date": "2026-02-30"}, "/later_date", "a day"),
    ({**WAYBILL, "later": [SOCKS], "later_date": 1_800_000_000}, "/later_date", "a day"),
    ({**WAYBILL, "split": True}, "/split", "unknown field"),
    ({**WAYBILL, "a/b~c": 1}, "/a~1b~0c", "unknown field"),
    ([WAYBILL], "", "dictionary"),
    (None, "", "required"),
]


@pytest.mark.parametrize(("body", "pointer", "rule"), BAD_BODIES)
async def test_bad_body_names_field_and_rule_and_writes_nothing(
    context: Context, writer: AsyncClient, body: Any, pointer: str, rule: str
) -> None:
    await put(context, BoxState.INSTRUCT, items=TWO)
    before = await written(context)
    told = problem(await writer.post(f"/v1/boxes/{BOX}/ship", json=body), 422, "invalid-request")
    assert told["errors"][0]["pointer"] == pointer
    assert rule in told["errors"][0]["detail"]
    assert await written(context) == before


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"courier_code": "\xff"}',
        b"[" * 100_000,
        b'{"later": [' + b"9" * 5000 + b"]}",
        b'{"\\ud800": 1}',
        b'{"courier_code": "\\ud800", "invoice_number": "1"}',
        b'{"courier_code": NaN}',
    ],
)
async def test_malformed_json_is_a_problem(context: Context, writer: AsyncClient, raw: bytes) -> None:
    await put(context, BoxState.INSTRUCT)
    before = await written(context)
    answer = await writer.post(
        f"/v1/boxes/{BOX}/ship", content=raw, headers={"Content-Type": "application/json"}
    )
    assert problem(answer, 422, "invalid-request")["errors"]
    assert await written(context) == before


@pytest.mark.parametrize("key", ["", "with blank", "x" * 201, "nul\x00", "schön".encode()])
async def test_idempotency_key_has_a_rule(context: Context, writer: AsyncClient, key: str | bytes) -> None:
    await put(context)
    answer = await writer.post(f"/v1/boxes/{BOX}/acknowledge", headers=[("Idempotency-Key", key)])
    told = problem(answer, 422, "invalid-request")
    assert (told["errors"][0]["in"], told["errors"][0]["pointer"]) == ("header", "/Idempotency-Key")


async def test_effects_are_listed_newest_first_in_pages(context: Context, writer: AsyncClient) -> None:
    ids = []
    for number in range(5):
        await put(context, box_id=BOX + number)
        ids.append((await writer.post(f"/v1/boxes/{BOX + number}/acknowledge")).json()["effect_id"])
    first = (await writer.get("/v1/effects", params={"limit": 3})).json()
    EffectPage.model_validate(first)
    rest = (await writer.get("/v1/effects", params={"limit": 3, "cursor": first["next_cursor"]})).json()
    assert [one["effect_id"] for one in first["items"] + rest["items"]] == ids[::-1]
    assert rest["next_cursor"] is None
    one = (await writer.get("/v1/effects", params={"shipment_box_id": BOX + 2})).json()["items"]
    assert [effect["effect_id"] for effect in one] == [ids[2]]
    assert (await writer.get("/v1/effects", params={"state": "CONFIRMED"})).json()["items"] == []
    assert len((await writer.get("/v1/effects", params={"kind": "ACKNOWLEDGE"})).json()["items"]) == 5
    problem(await writer.get("/v1/effects", params={"kind": "RETURN"}), 422, "invalid-request")
