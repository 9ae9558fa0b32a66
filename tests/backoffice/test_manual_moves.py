"""Moves by hand: what is explained as allowed is done, what is explained as refused is refused alike."""

from types import SimpleNamespace
from typing import Any

import pytest

from app.backoffice import manual_moves
from app.engine.context import Context
from app.engine.effects import store as effect_store
from app.engine.evidence import queries as evidence_queries
from app.engine.history.lists import history_of
from app.engine.manual import Given
from app.engine.vendors import store as vendor_store
from app.errors import Invalid, NotFound, Refused, Stale
from app.families import REGISTRY
from app.machines.boxes import BoxState
from app.orders import store as box_store
from app.orders.changes import Caller
from tests.support import exchange_states, receipt_stock
from tests.support.box_stock import BOX, ORDER, OTHER, SHIRT, VENDOR, put, register
from tests.support.exchange_states import EXCHANGE, exchange
from tests.support.receipt_stock import receipt, returned

OPERATOR = Caller("operator:kim", None)
STOP, BACK, SHIPPED = 7, 8, BOX + 1
WAYBILL = Given({"courier_code": "CJGLS", "invoice_number": "600000000001"})


async def stock(context: Context) -> dict[str, int]:
    """Return one of every aggregate that may be moved by hand, all of one vendor."""
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    await put(context, BoxState.INSTRUCT)
    await put(context, BoxState.FINAL_DELIVERING, SHIPPED, order_id=ORDER + 1)
    await receipt_stock.tell(
        context,
        receipt(STOP, box_id=SHIPPED + 1, order_id=ORDER + 2),
        returned(BACK, box_id=SHIPPED, order_id=ORDER + 1),
    )
    await exchange_states.tell(context, exchange(box_id=SHIPPED, order_id=ORDER + 1))
    await put(context, BoxState.ACCEPT, BOX + 5, order_id=ORDER + 5)
    asked = await manual_moves.move(context, OPERATOR, "boxes", BOX + 5, "acknowledge", "the day was busy")
    return {
        "boxes": BOX,
        "cancels": STOP,
        "returns": BACK,
        "return-receptions": BACK,
        "exchanges": EXCHANGE,
        "collects": EXCHANGE,
        "redeliveries": EXCHANGE,
        "exchange-receptions": EXCHANGE,
        "effects": asked["effect"]["effect_id"],
    }


def offers(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {item["event"]: item for item in told["items"]}


async def test_moves_by_hand_are_explained_and_refused_alike(context: Context) -> None:
    things = await stock(context)
    assert things.keys() == REGISTRY.manual.keys()
    for kind, row_id in things.items():
        what = REGISTRY.manual[kind]
        told = offers(await manual_moves.explain(context, OPERATOR, kind, row_id))
        assert tuple(told) == what.rules.events
        allowed = [event for event, item in told.items() if item["allowed"]]
        for event, item in told.items():
            assert item["allowed"] is not bool(item["refused_by"])
            assert all(one["rule"] and one["unblock"] for one in item["refused_by"]), (kind, event)
            if item["allowed"]:
                assert item["by"] != "nobody"
                continue
            given = Given({"later": (SHIRT,)}) if event == "ship_part" else None
            with pytest.raises(Refused) as no:
                await manual_moves.move(context, OPERATOR, kind, row_id, event, "try", given=given)
            members, rules = no.value.members, {one["rule"] for one in item["refused_by"]} - {"state"}
            assert members["event"] == event
            # What an event takes is taken for granted when it is explained, and missing when it is not given.
            assert rules <= {one["rule"] for one in members["missing"]}, (kind, event)
            assert set(members["allowed"]) == set(allowed) - {event}
        with pytest.raises(NotFound):
            await manual_moves.explain(context, Caller("operator:lee", [OTHER]), kind, row_id)


async def test_moves_by_hand_say_who_may_let_them_happen(context: Context) -> None:
    things = await stock(context)
    told = {
        kind: offers(await manual_moves.explain(context, OPERATOR, kind, row_id))
        for kind, row_id in things.items()
    }

    def rules(kind: str, event: str) -> list[str]:
        return [one["rule"] for one in told[kind][event]["refused_by"]]

    assert (told["boxes"]["ship"]["by"], told["boxes"]["ship"]["allowed"]) == ("asking", True)
    assert told["boxes"]["ship"]["takes"] == ["courier_code", "invoice_number"]
    assert (told["boxes"]["see_departure"]["by"], told["boxes"]["see_departure"]["allowed"]) == ("word", True)
    assert rules("boxes", "see_cancelled") == ["is_proven"]
    assert rules("boxes", "acknowledge") == ["state"]
    assert rules("cancels", "see_stopped") == ["only_coupang_shows"]
    assert rules("returns", "see_completed") == ["only_coupang_shows"]
    assert (told["returns"]["see_confirmed"]["by"], rules("returns", "see_confirmed")) == ("word", [])
    assert rules("effects", "send_out") == ["not_by_hand"]
    assert (told["effects"]["drop"]["by"], rules("effects", "drop")) == ("word", [])
    assert told["return-receptions"]["pass_inspection"]["by"] == "acting"
    assert rules("exchanges", "see_rejected") == ["only_coupang_shows"]


async def test_move_by_word_is_kept_with_the_statement_of_its_person(context: Context) -> None:
    await stock(context)
    async with context.db.transaction() as tx:
        await vendor_store.change(tx, VENDOR, due_at=context.now().replace(year=2030))
    before = await manual_moves.explain(context, OPERATOR, "boxes", BOX)
    version = before["version"]
    moved = await manual_moves.move(
        context, OPERATOR, "boxes", BOX, "see_departure", "the courier scanned it", version=version
    )
    assert (moved["state"], moved["version"], moved["effect"]) == ("DEPARTURE", version + 1, None)
    step = moved["step"]
    assert (step["event"], step["source"], step["target"]) == ("see_departure", "INSTRUCT", "DEPARTURE")
    assert (step["actor"], step["cause"], step["reason"]) == (
        "operator:kim",
        "operator",
        "the courier scanned it",
    )
    said = (await evidence_queries.get_evidence(context, None, bytes.fromhex(step["evidence"])))[0]
    assert (said["kind"], said["answer"]["operator"]) == ("operator", "operator:kim")
    assert said["answer"]["about"] == {"box": str(BOX), "event": "see_departure"}
    assert said["answer"]["reason"] == "the courier scanned it"
    async with context.db.connection() as connection:
        row = await vendor_store.find(connection, VENDOR)
        box = await box_store.find(connection, None, BOX)
    assert row is not None
    assert box is not None
    assert (row["due_at"], box["state"]) == (context.now(), "DEPARTURE")


async def test_move_of_another_version_is_stale_and_changes_nothing(context: Context) -> None:
    await stock(context)
    before = await manual_moves.explain(context, OPERATOR, "boxes", BOX)
    for version in (before["version"] - 1, before["version"] + 1):
        with pytest.raises(Stale) as no:
            await manual_moves.move(
                context, OPERATOR, "boxes", BOX, "see_departure", "scanned", version=version
            )
        assert no.value.members == {"state": "INSTRUCT", "version": before["version"]}
    assert await manual_moves.explain(context, OPERATOR, "boxes", BOX) == before


async def test_move_that_asks_stores_an_effect_and_blocks_the_next(context: Context) -> None:
    await stock(context)
    moved = await manual_moves.move(
        context, OPERATOR, "boxes", BOX, "ship", "the desk is down", given=WAYBILL
    )
    effect = moved["effect"]
    assert (moved["state"], effect["kind"], effect["state"]) == ("INSTRUCT", "SHIP", "PENDING")
    async with context.db.connection() as connection:
        steps = await history_of(connection, VENDOR, "effect", effect["effect_id"])
    assert (steps[0]["actor"], steps[0]["reason"]) == ("operator:kim", "the desk is down")
    told = offers(await manual_moves.explain(context, OPERATOR, "boxes", BOX))
    assert [one["rule"] for one in told["ship"]["refused_by"]] == ["no_open_change"]
    assert told["see_departure"]["allowed"], "what was seen is said at any time"
    with pytest.raises(Refused) as no:
        await manual_moves.move(context, OPERATOR, "boxes", BOX, "ship", "again", given=WAYBILL)
    assert [one["rule"] for one in no.value.members["missing"]] == ["no_open_change"]

    dropped = await manual_moves.move(
        context, OPERATOR, "effects", effect["effect_id"], "drop", "wrong label"
    )
    assert (dropped["state"], dropped["effect"]) == ("REJECTED", None)
    async with context.db.connection() as connection:
        row = await effect_store.find(connection, [VENDOR], effect["effect_id"])
    assert row is not None
    assert (row["result_code"], row["result_message"]) == ("DROPPED", "wrong label")


@pytest.mark.parametrize(
    ("event", "given", "pointers"),
    [
        ("fly", Given(), ["/event"]),
        ("acknowledge", WAYBILL, ["/courier_code", "/invoice_number"]),
        ("ship", Given({"lines": (), "code": None}), ["/code", "/lines"]),
        ("ship_part", WAYBILL, ["/later"]),
        ("ship", Given({"courier_code": "CJGLS", "invoice_number": "6"}), ["/invoice_number"]),
    ],
)
async def test_move_with_a_field_its_event_does_not_take_is_invalid(
    event: str, given: Given, pointers: list[str]
) -> None:
    """Before anything is looked up."""
    context: Any = SimpleNamespace(registry=REGISTRY)
    with pytest.raises(Invalid) as no:
        await manual_moves.move(context, OPERATOR, "boxes", BOX, event, "try", given=given)
    assert [error["pointer"] for error in no.value.members["errors"]] == pointers


async def test_reception_by_hand_begins_with_the_first_word(context: Context) -> None:
    await stock(context)
    moved = await manual_moves.move(
        context, OPERATOR, "return-receptions", BACK, "arrive", "it stands at the door"
    )
    assert (moved["state"], moved["version"]) == ("ARRIVED", 2)
    with pytest.raises(Refused):
        await manual_moves.move(context, OPERATOR, "return-receptions", BACK, "arrive", "once more")
