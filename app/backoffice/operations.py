"""What those who run the service read: readiness, figures, coverage, polls, quarantine and calls."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from operator import itemgetter
from typing import Any

from app.engine.caller import Vendors
from app.engine.context import Context
from app.engine.db import migrate
from app.engine.db.database import Connection, revision
from app.engine.effects import store as effect_store
from app.engine.evidence import store as evidence_store
from app.engine.feeds import coverage
from app.engine.pagination import split_page
from app.engine.vendors import store as vendor_store
from app.engine.visits import circuit_store
from app.errors import Invalid, Unavailable
from app.integrity import census_store


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

    states: dict[str, list[dict[str, Any]]]
    """By gauge that a family declares (`Family.state_counts`)."""
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
            states={one.name: await one.count(connection) for one in context.registry.state_counts.values()},
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
