"""What is asked all day touches as many rows in a full database as in an empty one."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from app.backoffice import inbox_store
from app.claims import store as claim_store
from app.coupang.orders.decode import read_sheet_page
from app.engine.context import Context
from app.engine.db.database import Connection
from app.engine.effects import lists as effect_lists
from app.engine.effects import store as effect_store
from app.engine.feeds import coverage
from app.engine.vendors import vendors
from app.exchanges import store as exchange_store
from app.machines.boxes import BoxState
from app.orders import lists
from app.orders import store as box_store
from app.orders.ingest import take_page
from app.orders.permits import store as permit_store
from tests.support.box_stock import BOX, OTHER, VENDOR, sheet

ROWS = 20_000
PAGE = 50
NOTHING = ("effects in review", "the oldest open exchange", "a permit")
"""Asked for what is not there."""


async def many(connection: Connection, table: str, rows: int, **over: str) -> None:
    """Multiply the rows of a table; `over` says what differs, as SQL of `t` and `g`."""
    cursor = await connection.execute(
        """SELECT column_name AS name FROM information_schema.columns
           WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'
             AND identity_generation IS NULL ORDER BY ordinal_position""",
        [table],
    )
    names = [row["name"] for row in await cursor.fetchall()]
    values = ", ".join(over.get(name, f"t.{name}") for name in names)
    await connection.execute(
        f"""INSERT INTO {table} ({", ".join(names)})
            SELECT {values} FROM {table} t, generate_series(1, {rows}) g""".encode()
    )


async def fill(context: Context) -> None:
    """Let much have happened, and little be open."""
    at = context.now()
    for vendor_id in (VENDOR, OTHER):
        await vendors.register_or_rotate(context, vendor_id, "access", "secret")
    row = sheet(BOX, BoxState.FINAL_DELIVERING, paid_at=at - timedelta(days=90))
    body = json.dumps({"code": 200, "message": "OK", "data": [row]}).encode()
    await take_page(context, VENDOR, read_sheet_page(body), cause="feed:orders", at=at)
    later = "t.{0} + g * interval '1 minute'"
    async with context.db.transaction() as tx:
        await many(
            tx,
            "box",
            ROWS,
            shipment_box_id="t.shipment_box_id + g",
            order_id="t.order_id + g",
            paid_at=later.format("paid_at"),
            state=f"CASE WHEN g > {ROWS - PAGE} THEN 'INSTRUCT' ELSE t.state END",
        )
        await tx.execute(
            """INSERT INTO effect (vendor_id, kind, event, subject, subject_id, shipment_box_id, order_id,
                                   payload, state, version, box_state, asked_by, asked_at, not_before)
               SELECT vendor_id, 'SHIP', 'ship', 'box', shipment_box_id, shipment_box_id, order_id, '{}',
                      'CONFIRMED', 3, 'INSTRUCT', 'us', paid_at, paid_at FROM box"""
        )
        await tx.execute(
            """INSERT INTO receipt (vendor_id, receipt_id, order_id, receipt_type, market_status,
                                    release_stop_status, market_seen_at, content_hash, opened_at, count_sum,
                                    pickup, pre_refund, completion, fault_by, reason_code, reason_text,
                                    waybills, first_seen_at)
               SELECT vendor_id, order_id, order_id, 'RETURN', 'RETURNS_COMPLETED', '', paid_at, '\\x00',
                      paid_at, 1, 'NONE', false, 'VENDOR_CONFIRM', 'CUSTOMER', '', '', '[]', paid_at
               FROM box"""
        )
        await tx.execute(
            f"""INSERT INTO return_ (vendor_id, receipt_id, order_id, state, version, state_at,
                                    reception_begun)
               SELECT vendor_id, receipt_id, order_id,
                      CASE WHEN receipt_id % {ROWS // 20} = 0 THEN 'RETURNS_UNCHECKED'
                           ELSE 'RETURNS_COMPLETED' END, 1, opened_at, true FROM receipt""".encode()
        )
        await tx.execute(
            """INSERT INTO exchange (vendor_id, exchange_id, order_id, state, version, state_at,
                                     collect_state, collect_version, redelivery_state, redelivery_version,
                                     content_hash, rejectable, fault_by, reason_code, reason_text, waybills,
                                     collector_named, requested_at, first_seen_at)
               SELECT vendor_id, receipt_id, order_id, 'SUCCESS', 1, opened_at, 'COMPLETE_COLLECT', 1,
                      'COMPLETE_DELIVERY', 1, '\\x00', false, 'CUSTOMER', '', '', '[]', false, opened_at,
                      opened_at
               FROM receipt"""
        )
        await tx.execute(
            f"""INSERT INTO poll_run (vendor_id, feed, "window", epoch, started_at, finished_at, pages, rows,
                                     changed, unreadable, contradicted, outcome)
               SELECT '{VENDOR}', CASE WHEN g % 10 = 0 THEN 'stops' ELSE 'accept' END, 'empty', 1, now(),
                      now(), 1, 0, 0, 0, 0, 'OK' FROM generate_series(1, {ROWS}) g""".encode()
        )
    async with context.db.connection() as connection:
        await connection.execute("VACUUM ANALYZE")


def touched(plan: dict[str, Any]) -> float:
    """Return how many rows the scans of a plan have looked at, those that were thrown away too."""
    own = 0.0
    if "Scan" in plan["Node Type"]:
        seen = plan["Actual Rows"] + sum(
            plan.get(f"Rows Removed by {why}", 0) for why in ("Filter", "Index Recheck")
        )
        own = seen * plan["Actual Loops"]
    return own + sum(touched(one) for one in plan.get("Plans", ()))


async def rows_touched(
    connection: Connection, ask: Callable[[Connection], Awaitable[Any]]
) -> tuple[float, Any]:
    """Ask, and return how many rows the server looked at, and the answer."""
    execute, seen = connection.execute, 0.0

    async def explained(query: Any, params: Any = None, **options: Any) -> Any:
        nonlocal seen
        cursor = await execute("EXPLAIN (ANALYZE, FORMAT JSON) " + query, params, **options)
        row = await cursor.fetchone()
        assert row is not None
        seen += touched(row["QUERY PLAN"][0]["Plan"])
        return await execute(query, params, **options)

    connection.execute = explained  # type: ignore[method-assign]
    try:
        answer = await ask(connection)
        return seen, answer
    finally:
        connection.execute = execute  # type: ignore[method-assign]


async def test_what_is_asked_all_day_does_not_read_the_past(context: Context) -> None:
    await fill(context)
    everybody: list[str] | None = None
    both = [VENDOR, OTHER]
    async with context.db.connection() as connection:
        rows = await lists.list_boxes(connection, everybody, most=PAGE)
        after = (rows[-1]["paid_at"], rows[-1]["shipment_box_id"])
        return_states = ["RETURNS_UNCHECKED"]
        asks: dict[str, Callable[[Connection], Awaitable[Any]]] = {
            "a box": lambda c: box_store.find(c, everybody, BOX + 7),
            "an order": lambda c: box_store.of_order(c, everybody, rows[3]["order_id"]),
            "boxes": lambda c: lists.list_boxes(c, everybody, most=PAGE),
            "boxes of two": lambda c: lists.list_boxes(c, both, most=PAGE),
            "boxes, next page": lambda c: lists.list_boxes(c, both, after=after, most=PAGE),
            "boxes to pack": lambda c: lists.list_boxes(c, everybody, states=["INSTRUCT"], most=PAGE),
            "an effect": lambda c: effect_store.find(c, everybody, ROWS // 2),
            "effects": lambda c: _effects(c, everybody),
            "effects, next page": lambda c: _effects(c, both, before=ROWS // 2),
            "effects in review": lambda c: _effects(c, everybody, state="REVIEW"),
            "returns": lambda c: claim_store.list_receipts(c, "return", everybody, most=PAGE),
            "open returns": lambda c: claim_store.list_receipts(
                c, "return", both, states=return_states, most=PAGE
            ),
            "what a visit watches": lambda c: claim_store.open_receipts(
                c, VENDOR, ["REQUESTED"], return_states
            ),
            "a return": lambda c: claim_store.find(c, "return", everybody, rows[5]["order_id"]),
            "exchanges": lambda c: exchange_store.list_exchanges(c, everybody, most=PAGE),
            "an exchange": lambda c: exchange_store.find(c, everybody, rows[5]["order_id"]),
            "readings": lambda c: coverage.list_runs(c, everybody, None, None, PAGE),
            "readings of a feed": lambda c: coverage.list_runs(c, both, "stops", None, PAGE),
            "decisions": lambda c: inbox_store.list_waiting(
                c, context.registry.waiting, everybody, context.now(), most=PAGE
            ),
            "the oldest open exchange": lambda c: exchange_store.oldest_open(c, VENDOR),
            "a permit": lambda c: permit_store.find(c, everybody, 1),
        }
        seen: dict[str, float] = {}
        for name, ask in asks.items():
            # Again and again, as in a process that has run for a while: its plans are those that stay.
            for _ in range(7):
                seen[name], answer = await rows_touched(connection, ask)
            assert answer or name in NOTHING, name
    assert {name: rows for name, rows in seen.items() if rows > 6 * PAGE} == {}


def _effects(connection: Connection, vendor_ids: list[str] | None, **only: Any) -> Awaitable[Any]:
    told = {"state": None, "kind": None, "shipment_box_id": None, "before": None, **only}
    return effect_lists.list_effects(connection, vendor_ids, **told, most=PAGE)
