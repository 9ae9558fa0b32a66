"""Everything by hand: for every aggregate and state, what is listed as allowed is done, the rest refused."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx2 import AsyncClient

from app.backoffice.api.manual_move_schemas import Moved, Transitions
from app.engine.caller import US
from app.engine.context import Context
from app.engine.db.database import Database
from app.families import REGISTRY
from app.machines.boxes import BoxState
from app.orders import changes as box_changes
from app.orders.queries import ASKED
from app.orders.waybills.waybills import Waybill
from tests.support.box_stock import BOX, OTHER, SHIRT, SOCKS, VENDOR, Item, put, register
from tests.support.callers import problem
from tests.support.exchange_stock import exchange, tell_exchange
from tests.support.receipt_stock import RECEIPT, receipt, returned, tell

WHY = "the courier called"
NEVER = {"boxes": {"see_cancelled"}}
"""Events that a word might move, were they not to be proven: they are read."""
WAYBILL = {"courier_code": "CJGLS", "invoice_number": "123456789012"}
TABLES = {
    "boxes": ("box", "shipment_box_id", "state"),
    "cancels": ("cancel", "receipt_id", "state"),
    "returns": ("return_", "receipt_id", "state"),
    "return-receptions": ("reception", "subject_id", "state"),
    "exchanges": ("exchange", "exchange_id", "state"),
    "collects": ("exchange", "exchange_id", "collect_state"),
    "redeliveries": ("exchange", "exchange_id", "redelivery_state"),
    "exchange-receptions": ("reception", "subject_id", "state"),
    "effects": ("effect", "effect_id", "state"),
}


async def run(context: Context, statement: str, *values: Any) -> None:
    db: Database = context.db
    async with db.connection() as connection:
        await connection.execute(statement, values)  # type: ignore[call-overload]


async def _box(context: Context) -> int:
    return await put(context, BoxState.INSTRUCT, items=(Item(), Item(SOCKS, 1)))


async def _cancel(context: Context) -> int:
    await put(context, BoxState.INSTRUCT)
    await tell(context, receipt())
    return RECEIPT


async def _return(context: Context) -> int:
    await put(context, BoxState.FINAL_DELIVERING)
    await tell(context, returned(RECEIPT))
    return RECEIPT


async def _exchange(context: Context) -> int:
    exchange_id = await tell_exchange(context, exchange())
    box = "INSERT INTO exchange_box VALUES (%s, %s, %s, '', NULL, NULL)"
    await run(context, box, VENDOR, exchange_id, BOX)
    return exchange_id


async def _effect(context: Context) -> int:
    await put(context, BoxState.INSTRUCT)
    effect = await box_changes.ship(context, US, BOX, Waybill("CJGLS", "123456789012"))
    return int(effect["effect_id"])


MAKE: dict[str, Callable[[Context], Awaitable[int]]] = {
    "boxes": _box,
    "cancels": _cancel,
    "returns": _return,
    "return-receptions": _return,
    "exchanges": _exchange,
    "collects": _exchange,
    "redeliveries": _exchange,
    "exchange-receptions": _exchange,
    "effects": _effect,
}


async def _facts(context: Context, kind: str, row_id: int, good: bool) -> None:
    """Let the facts beside the state speak for most events, or against them."""
    if kind == "boxes":
        await run(context, "UPDATE box SET departed_at = NULL, address_final = %s", good)
        if good:
            await run(context, "UPDATE box SET departed_at = '2026-01-01', invoice_number = '1'")
    if kind == "returns" and good:
        await run(context, "UPDATE receipt SET pickup = 'BY_HAND'")
    if kind in ("returns", "exchanges", "collects", "redeliveries"):
        subject = "return" if kind == "returns" else "exchange"
        await run(
            context,
            """INSERT INTO reception (vendor_id, subject, subject_id, order_id, state, version, state_at)
               VALUES (%s, %s, %s, 1, %s, 1, '2026-11-20')
               ON CONFLICT (vendor_id, subject, subject_id) DO UPDATE SET state = excluded.state""",
            VENDOR,
            subject,
            row_id,
            "PASSED" if good else "EXPECTED",
        )
    if kind in ("exchanges", "collects", "redeliveries"):
        await run(context, "UPDATE exchange SET rejectable = %s", good)
        await run(context, "UPDATE exchange SET state = 'PROGRESS', waybills = '[]', collector_named = false")
        await run(context, "UPDATE exchange SET redelivery_state = 'BEFORE_DIRECTION'")
        collect = "COMPLETE_COLLECT" if good and kind == "redeliveries" else "BEFORE_DIRECTION"
        await run(context, "UPDATE exchange SET collect_state = %s", collect)
    if kind.endswith("receptions") and good:
        # Nothing comes any more: what is on its way may be called off.
        await run(context, "UPDATE return_ SET state = 'WITHDRAWN'")
        await run(context, "UPDATE exchange SET state = 'CANCEL'")


async def _ready(context: Context, kind: str, row_id: int, state: str, good: bool) -> None:
    """Put one into a state, with nothing asked of it, whatever happened before."""
    await _facts(context, kind, row_id, good)
    table, key, column = TABLES[kind]
    await run(context, f"UPDATE {table} SET {column} = %s WHERE {key} = %s", state, row_id)
    if kind == "effects":
        await run(context, "UPDATE effect SET settled_at = NULL")
    else:
        await run(context, "UPDATE effect SET state = 'REJECTED' WHERE state = 'PENDING'")


async def _body(context: Context, event: str, takes: list[str], row_id: int) -> dict[str, Any]:
    body: dict[str, Any] = {"event": event, "reason": WHY}
    for name in takes:
        match name:
            case "courier_code" | "invoice_number":
                body |= WAYBILL
            case "later":
                body["later"] = [str(SOCKS)]
            case "later_date":
                body["later_date"] = "2026-11-25"
            case "code":
                body["code"] = "SOLDOUT"
            case "shipment_box_id":
                async with context.db.connection() as connection:
                    row = await (await connection.execute("SELECT * FROM exchange_box")).fetchone()
                body[name] = str(row["shipment_box_id"]) if row else "1"
            case "lines":
                async with context.db.connection() as connection:
                    found = await connection.execute(
                        """SELECT vendor_item_id FROM receipt_line
                           UNION SELECT vendor_item_id FROM exchange_line"""
                    )
                    options = [one["vendor_item_id"] for one in await found.fetchall()]
                verdict = "DAMAGED" if event == "dispute" else "GOOD"
                body["lines"] = [{"vendor_item_id": str(one), "verdict": verdict} for one in options]
    if takes and event.endswith("_direct"):
        body |= {"courier_code": "DIRECT", "invoice_number": "1"}
    return body


@pytest.mark.parametrize("good", [False, True])
@pytest.mark.parametrize("kind", list(REGISTRY.manual))
async def test_what_is_listed_is_what_happens(
    context: Context, admin: AsyncClient, kind: str, good: bool
) -> None:
    """Every state and event; the list takes for granted what an event needs, so everything is sent."""
    what, row_id = REGISTRY.manual[kind], await MAKE[kind](context)
    path, done, refused = f"/admin/v1/{kind}/{row_id}/transitions", set(), set()
    for state in what.rules.states:
        await _ready(context, kind, row_id, state, good)
        answer = await admin.get(path)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        Transitions.model_validate(told)
        assert (told["aggregate"], told["state"], told["id"]) == (what.name, state, str(row_id))
        assert [one["event"] for one in told["items"]] == list(what.rules.events)
        version = told["version"]
        for item in told["items"]:
            # The next one names the same version: had a refusal moved anything, it would be stale.
            body = await _body(context, item["event"], item["takes"], row_id) | {"version": version}
            answer = await admin.post(path, json=body)
            rules = [one["rule"] for one in item["refused_by"]]
            assert item["allowed"] is not bool(rules)
            if rules:
                no = problem(answer, 409, "transition-refused")
                assert [one["rule"] for one in no["missing"]] == [rule for rule in rules if rule != "state"]
                assert all(one["unblock"] for one in item["refused_by"])
                assert (no["state"], no["event"]) == (state, item["event"])
                assert set(no["allowed"]) == {one["event"] for one in told["items"] if one["allowed"]}
                refused.add(item["event"])
                continue
            Moved.model_validate(answer.json())
            moved = answer.json()
            done.add(item["event"])
            await _ready(context, kind, row_id, state, good)
            if item["by"] == "asking":
                assert answer.status_code == 202, answer.text
                effect = moved["effect"]
                assert effect["asked_by"].startswith("operator:")
                assert answer.headers["location"] == f"/v1/effects/{effect['effect_id']}"
                assert (moved["state"], moved["version"]) == (state, version)
                continue
            assert answer.status_code == 200, answer.text
            version += 1
            assert (moved["state"], moved["version"]) == (item["target"], version)
            step = moved["step"]
            assert (step["source"], step["event"], step["target"]) == (state, item["event"], item["target"])
            assert (step["actor"][:9], step["reason"]) == ("operator:", WHY)
            assert item["by"] == "acting" or step["evidence"]
    assert refused
    assert done or (kind in ("cancels", "exchanges") and not good)
    if good:
        by_nobody = {one["event"] for one in told["items"] if one["by"] == "nobody"}
        never = set(what.rules.events) - done - by_nobody
        assert never == NEVER.get(kind, set()), never
        assert not by_nobody & done


async def test_a_word_means_what_the_same_reading_means(context: Context, admin: AsyncClient) -> None:
    """Goods follow the pick-up, boxes of a return are read again, and what was moved is read soon."""
    exchange_id = await tell_exchange(context, exchange(collectStatus="CompleteDirection"))
    body = {"event": "see_collecting", "reason": WHY}
    path = f"/admin/v1/collects/{exchange_id}/transitions"
    assert (await admin.post(path, json=body)).json()["state"] == "COLLECTING"
    reception = (await admin.get(f"/v1/exchanges/{exchange_id}/history")).json()
    assert [step["event"] for step in reception["collect"]][-1] == "see_collecting"
    goods = await admin.get(f"/admin/v1/exchange-receptions/{exchange_id}/transitions")
    assert goods.json()["state"] == "PICKED_UP"
    box_id = await put(context, BoxState.FINAL_DELIVERING)
    await tell(context, returned(RECEIPT))
    await run(context, "UPDATE box SET doubtful = false; UPDATE receipt SET next_read_at = NULL")
    body = {"event": "see_check", "reason": WHY}
    answer = await admin.post(f"/admin/v1/returns/{RECEIPT}/transitions", json=body)
    assert answer.json()["state"] == "REQUEST_COUPANG_CHECK"
    async with context.db.connection() as connection:
        soon = await (
            await connection.execute(
                """SELECT (SELECT doubtful FROM box WHERE shipment_box_id = %s) AS box,
                          (SELECT next_read_at FROM receipt) AS receipt,
                          (SELECT next_read_at FROM exchange) AS exchange""",
                (box_id,),
            )
        ).fetchone()
    assert soon == {"box": True, "receipt": context.now(), "exchange": context.now()}


async def test_a_wrong_word_about_an_exchange_is_settled_by_the_next_reading(
    context: Context, admin: AsyncClient
) -> None:
    exchange_id = await tell_exchange(context, exchange(collectStatus="CompleteDirection"))
    path = f"/admin/v1/collects/{exchange_id}/transitions"
    await admin.post(path, json={"event": "see_collecting", "reason": WHY})
    # Coupang shows the same row as before, as it was modified before.
    await tell_exchange(context, exchange(collectStatus="CompleteDirection"))
    assert (await admin.get(path)).json()["state"] == "COMPLETE_DIRECTION"
    steps = (await admin.get(f"/v1/exchanges/{exchange_id}/history")).json()["collect"]
    assert steps[-1]["actor"] == "coupang"


async def test_a_stale_version_moves_nothing(context: Context, admin: AsyncClient) -> None:
    await put(context, BoxState.DEPARTURE)
    path = f"/admin/v1/boxes/{BOX}/transitions"
    version = (await admin.get(path)).json()["version"]
    body = {"event": "see_delivering", "reason": WHY, "version": version + 1}
    told = problem(await admin.post(path, json=body), 409, "stale-version")
    assert (told["state"], told["version"]) == ("DEPARTURE", version)
    assert (await admin.get(path)).json()["state"] == "DEPARTURE"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"event": "see_nothing"}, "/event"),
        ({"event": "Ship"}, "/event"),
        ({"event": "see_delivering", **WAYBILL}, "/courier_code"),
        ({"event": "ship", "courier_code": "CJGLS"}, "/invoice_number"),
        ({"event": "ship", **WAYBILL, "later": [str(SOCKS)]}, "/later"),
        ({"event": "ship_part", **WAYBILL}, "/later"),
        ({"event": "ship", "courier_code": "NOBODY", "invoice_number": "1"}, "/courier_code"),
        ({"event": "ship", "version": 0}, "/version"),
        ({"event": "ship", "code": "WHY"}, "/code"),
    ],
)
async def test_bad_input_names_the_field(
    context: Context, admin: AsyncClient, body: dict[str, Any], pointer: str
) -> None:
    await put(context, BoxState.INSTRUCT)
    answer = await admin.post(f"/admin/v1/boxes/{BOX}/transitions", json={"reason": WHY, **body})
    told = problem(answer, 422, "invalid-request")
    assert told["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("kind", ["parcels", "box", "x" * 41])
async def test_an_unknown_aggregate_names_those_that_there_are(admin: AsyncClient, kind: str) -> None:
    path = f"/admin/v1/{kind}/{BOX}/transitions"
    body = {"event": "ship", "reason": WHY}
    for answer in (await admin.get(path), await admin.post(path, json=body)):
        told = problem(answer, 422, "invalid-request")
        assert told["errors"][0]["pointer"] == "/aggregate"
        if len(kind) < 41:
            assert all(f"'{name}'" in told["errors"][0]["detail"] for name in REGISTRY.manual)


async def test_inspection_by_hand_names_the_options(context: Context, admin: AsyncClient) -> None:
    await _return(context)
    path = f"/admin/v1/return-receptions/{RECEIPT}/transitions"
    assert (await admin.post(path, json={"event": "arrive", "reason": WHY})).json()["state"] == "ARRIVED"
    nothing = {"event": "pass_inspection", "reason": WHY}
    told = problem(await admin.post(path, json=nothing), 409, "transition-refused")
    assert [one["rule"] for one in told["missing"]] == ["every_line_judged", "every_line_good"]
    foreign = {**nothing, "lines": [{"vendor_item_id": "1", "verdict": "GOOD"}]}
    told = problem(await admin.post(path, json=foreign), 422, "invalid-request")
    assert told["errors"][0]["pointer"] == "/lines"
    found = {**nothing, "lines": [{"vendor_item_id": str(SHIRT), "verdict": "DAMAGED"}]}
    told = problem(await admin.post(path, json=found), 409, "transition-refused")
    assert [one["rule"] for one in told["missing"]] == ["every_line_good"]
    told = (await admin.post(path, json={**found, "event": "dispute"})).json()
    assert told["state"] == "DISPUTED"
    assert told["step"]["reason"] == WHY


@pytest.mark.parametrize("kind", list(REGISTRY.manual))
async def test_a_foreign_one_is_like_nothing_at_all(context: Context, admin: AsyncClient, kind: str) -> None:
    await register(context, OTHER)
    row_id = await MAKE[kind](context)
    made = await admin.post("/admin/v1/keys", json={"name": "k", "scopes": ["admin"], "vendor_ids": [OTHER]})
    theirs = {"Authorization": f"Bearer {made.json()['key']}"}
    body = {"event": REGISTRY.manual[kind].rules.events[0], "reason": WHY}
    for number in (row_id, row_id + 5):
        path = f"/admin/v1/{kind}/{number}/transitions"
        problem(await admin.get(path, headers=theirs), 404, "not-found")
        problem(await admin.post(path, json=body, headers=theirs), 404, "not-found")


def test_every_event_of_every_machine_has_its_way() -> None:
    for what in REGISTRY.manual.values():
        assert not what.words & what.kept
        assert not set(what.acts) & (what.words | what.kept)
        assert what.words | what.kept | set(what.acts) <= set(what.rules.events)
        # Nobody's word ends the life of something that Coupang keeps.
        ends = {event for _, event, target in what.rules.edges() if target in what.rules.finals}
        if what.name not in ("box", "effect"):
            assert not ends & what.words
    assert set(REGISTRY.manual["boxes"].acts) == set(ASKED)
