"""What everybody reads: boxes, orders, histories, receivers, effects, and what is allowed now and why not.

Nothing here changes anything. `vendor_ids` is what the caller may know of (None: every vendor); a box of
another vendor is reported exactly like one that does not exist.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from operator import itemgetter
from typing import Any

import orjson

from app.claims.cancels.changes import SCORE, explain_cancel
from app.coupang.couriers import COURIERS, DIRECT
from app.engine.context import PURPOSE_RECEIVER, Context
from app.engine.db import migrate
from app.engine.db.database import Connection, revision
from app.engine.effects import queries as effect_queries
from app.engine.effects import store as effect_store
from app.engine.evidence import store as evidence_store
from app.engine.feeds import coverage
from app.engine.history.actions import judge, while_open
from app.engine.pagination import split_page
from app.engine.vendors import store as vendor_store
from app.engine.visits import circuit_store
from app.errors import Invalid, NotFound, Unavailable
from app.integrity import census_store
from app.machines.boxes import BOX, OBSERVED
from app.orders import lists, lookup
from app.orders import store as box_store
from app.orders.decide import box_facts
from app.orders.lookup import Vendors, with_sums

ASKED: tuple[str, ...] = tuple(event for event in BOX.events if event not in OBSERVED)
"""Events that we ask of Coupang."""
_DIRECTLY = frozenset({"ship_direct", "change_invoice_direct"})
_RECEIVER_FIELDS = ("name", "phone", "addr1", "addr2", "post_code", "message")


async def get_box(context: Context, vendor_ids: Vendors, shipment_box_id: int) -> dict[str, Any]:
    """Return one box with its lines.

    Raises:
        NotFound: No such box for this caller.
    """
    async with context.db.connection() as connection:
        return await lookup.box(connection, vendor_ids, shipment_box_id)


async def list_boxes(
    context: Context,
    vendor_ids: Vendors,
    *,
    states: Sequence[str] = (),
    paid_from: datetime | None = None,
    paid_until: datetime | None = None,
    attention: bool | None = None,
    after: tuple[datetime, int] | None = None,
    most: int,
) -> tuple[list[dict[str, Any]], tuple[datetime, int] | None]:
    """Return boxes, oldest payment first, and where the next page begins (None: there is none)."""
    async with context.db.connection() as connection:
        rows = await lists.list_boxes(
            connection,
            vendor_ids,
            states=states,
            paid_from=paid_from,
            paid_until=paid_until,
            attention=attention,
            after=after,
            most=most + 1,
        )
    return split_page(rows, most, itemgetter("paid_at", "shipment_box_id"))


async def get_order(context: Context, vendor_ids: Vendors, order_id: int) -> list[dict[str, Any]]:
    """Return all boxes of an order with their lines.

    Raises:
        NotFound: No such order for this caller.
    """
    async with context.db.connection() as connection:
        found = await box_store.of_order(connection, vendor_ids, order_id)
    if not found:
        raise NotFound("no such order", order_id=str(order_id))
    for box in found:
        box["lines"] = box["lines"] or []
    return found


async def box_history(context: Context, vendor_ids: Vendors, shipment_box_id: int) -> list[dict[str, Any]]:
    """Return every step a box took, oldest first.

    Raises:
        NotFound: No such box for this caller.
    """
    async with context.db.connection() as connection:
        box = await lookup.box(connection, vendor_ids, shipment_box_id)
        return await box_store.history_of(connection, box["vendor_id"], "box", shipment_box_id)


async def receiver(context: Context, vendor_ids: Vendors, shipment_box_id: int) -> dict[str, Any]:
    """Return who gets a box, with every version seen; an erased receiver is all None. Never log this.

    Raises:
        NotFound: No such box for this caller.
    """
    async with context.db.connection() as connection:
        box = await lookup.box(connection, vendor_ids, shipment_box_id)
        versions = await box_store.receiver_of(connection, box["vendor_id"], shipment_box_id)
    newest = versions[0]["sealed"] if versions else None
    plain = orjson.loads(context.vault.open(newest, PURPOSE_RECEIVER)) if newest is not None else {}
    return {
        "shipment_box_id": shipment_box_id,
        "address_version": box["address_version"],
        "address_final": box["address_final"],
        "receiver": {name: plain.get(name) for name in _RECEIVER_FIELDS},
        "versions": [
            {"version": row["version"], "seen_at": row["seen_at"], "erased": row["sealed"] is None}
            for row in versions
        ],
    }


async def actions(context: Context, vendor_ids: Vendors, shipment_box_id: int) -> list[dict[str, Any]]:
    """Judge every change that may be asked for a box: allowed, or refused by which rules and why.

    A waybill is taken for granted where one is asked for. This and the change itself decide alike.

    Raises:
        NotFound: No such box for this caller.
    """
    async with context.db.connection() as connection:
        box = with_sums(await lookup.box(connection, vendor_ids, shipment_box_id))
        vendor = await vendor_store.find(connection, box["vendor_id"])
        busy = await effect_store.find_open(connection, box["vendor_id"], shipment_box_id)
    at = context.now()
    judged: list[dict[str, Any]] = []
    for event in ASKED:
        facts = box_facts(box, at, waybill=True, direct=event in _DIRECTLY)
        target, refused = judge(BOX, box["state"], event, facts)
        if target is not None and event == "close_undelivered" and not box["invoice_number"]:
            refused.append({"rule": "has_waybill", "unblock": "only a box with a waybill can be closed"})
        judged.append({"action": event, "target": target, "refused_by": refused, "costs": None})
    cancel = explain_cancel(box, vendor["wing_user_id"] if vendor else None)
    judged.append({**cancel, "costs": SCORE})
    for one in judged:
        one["refused_by"] += while_open(busy)
        one["allowed"] = not one["refused_by"]
    return judged


async def get_effect(context: Context, vendor_ids: Vendors, effect_id: int) -> dict[str, Any]:
    """Return one effect.

    Raises:
        NotFound: No such effect for this caller.
    """
    async with context.db.connection() as connection:
        return await lookup.effect(connection, vendor_ids, effect_id)


async def explain_effect(context: Context, vendor_ids: Vendors, effect_id: int) -> dict[str, Any]:
    """Return one effect with `history` (its steps) and `trail` (its tries).

    Raises:
        NotFound: No such effect for this caller.
    """
    async with context.db.connection() as connection:
        effect = await lookup.effect(connection, vendor_ids, effect_id)
        vendor_id = effect["vendor_id"]
        steps = await box_store.history_of(connection, vendor_id, "effect", effect_id)
        tries = await effect_queries.list_attempts(connection, vendor_id, effect_id)
    return {**effect, "history": steps, "trail": tries}


async def list_effects(
    context: Context,
    vendor_ids: Vendors,
    *,
    state: str | None = None,
    kind: str | None = None,
    shipment_box_id: int | None = None,
    before: int | None = None,
    most: int,
) -> tuple[list[dict[str, Any]], int | None]:
    """Return effects, newest first, and where the next page begins (None: there is none).

    Raises:
        Invalid: No family declares such a kind; names those that there are.
    """
    if kind is not None and kind not in context.registry.effect_kinds:
        known = ", ".join(f"'{name}'" for name in context.registry.declared_kinds)
        raise Invalid("there is no such change", ("/kind", f"one of {known}"))
    async with context.db.connection() as connection:
        rows = await effect_queries.list_effects(
            connection,
            vendor_ids,
            state=state,
            kind=kind,
            shipment_box_id=shipment_box_id,
            before=before,
            most=most + 1,
        )
    return split_page(rows, most, itemgetter("effect_id"))


def couriers() -> list[dict[str, Any]]:
    """Return every courier that Coupang takes, in the order of its list."""
    return [
        {
            "code": courier.code,
            "name_ko": courier.name_ko,
            "name_en": courier.name_en,
            "pattern": courier.pattern.pattern if courier.pattern else None,
            "direct": courier.code == DIRECT,
        }
        for courier in COURIERS.values()
    ]


async def check_ready(context: Context) -> None:
    """Make sure that the database answers and has the tables this code was written for.

    Raises:
        Unavailable: It does not.
    """
    async with context.db.connection() as connection:
        found = await revision(connection)
    if found != _head():
        raise Unavailable("the database is not at the newest migration", found=found, wanted=_head())


_head = cache(migrate.head)


@dataclass(frozen=True, slots=True)
class Figures:
    """What the metrics show; no personal data. `uncovered_minutes` is numeric, times are aware."""

    boxes: list[dict[str, Any]]
    effects: list[dict[str, Any]]
    coverage: list[dict[str, Any]]
    calls: list[dict[str, Any]]
    quarantine: list[dict[str, Any]]
    vendors: list[dict[str, Any]]
    due_lag: timedelta
    counts: list[dict[str, Any]]
    """Each vendor's newest census."""
    contradicted: list[dict[str, Any]]
    """Empty lists that contradicted what we held."""
    silence: bool
    """Everybody is silent towards Coupang."""
    at: datetime


async def figures(context: Context) -> Figures:
    """Count everything that the metrics show, in one statement each."""
    at = context.now()
    async with context.db.connection() as connection:
        return Figures(
            boxes=await box_store.count_by_state(connection, None),
            effects=await effect_store.count_by_state(connection, None),
            coverage=await _coverage(context, connection, None),
            calls=await evidence_store.list_tally(connection, None, None),
            quarantine=await evidence_store.count_quarantine(connection, None),
            vendors=await vendor_store.list_vendors(connection, None),
            due_lag=await vendor_store.longest_due(connection, at),
            counts=await census_store.newest(connection, None),
            contradicted=await coverage.count_contradicted(connection),
            silence=await circuit_store.is_open(connection),
            at=at,
        )


async def list_coverage(context: Context, vendor_ids: Vendors) -> list[dict[str, Any]]:
    """Return every feed with what it lacks of the days we promise to catch up."""
    async with context.db.connection() as connection:
        return await _coverage(context, connection, vendor_ids)


async def _coverage(context: Context, connection: Connection, vendor_ids: Vendors) -> list[dict[str, Any]]:
    policy = context.policy
    rows = await coverage.list_coverage(
        connection, vendor_ids, context.now(), policy.catch_up.days, policy.lag, context.registry.covering
    )
    return [{**row, "uncovered_minutes": round(float(row["uncovered_minutes"]), 3)} for row in rows]


async def list_polls(
    context: Context, vendor_ids: Vendors, *, feed: str | None, before: int | None, most: int
) -> tuple[list[dict[str, Any]], int | None]:
    """Return readings of feeds, newest first, and where the next page begins (None: there is none).

    Raises:
        Invalid: There is no such feed; names those that there are.
    """
    if feed is not None and feed not in context.registry.feeds:
        known = ", ".join(f"'{name}'" for name in context.registry.feeds)
        raise Invalid("there is no such feed", ("/feed", f"one of {known}"))
    async with context.db.connection() as connection:
        rows = await coverage.list_runs(connection, vendor_ids, feed, before, most + 1)
    return split_page(rows, most, itemgetter("run_id"))


async def list_quarantine(context: Context, vendor_ids: Vendors, most: int) -> list[dict[str, Any]]:
    """Return rows that could not be read, newest first, without their text."""
    async with context.db.connection() as connection:
        return await evidence_store.list_quarantine(connection, vendor_ids, most)


async def list_calls(context: Context, vendor_ids: Vendors, since: datetime | None) -> list[dict[str, Any]]:
    """Return how often Coupang was called, by vendor, purpose, route and answer."""
    async with context.db.connection() as connection:
        return await evidence_store.list_tally(connection, vendor_ids, since)
