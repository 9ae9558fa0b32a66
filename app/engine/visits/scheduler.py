"""APScheduler is the clock of every worker and nothing more.

Each tick claims the vendors that are due and defers their visits. N replicas tick, none doubles (the claim
skips locked rows), any may die. Memory store, coalesced, one at a time.
"""

import logging

import psycopg
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from procrastinate.exceptions import ConnectorException
from psycopg_pool import PoolTimeout

from app.engine.context import Context
from app.engine.visits import leases
from app.engine.visits.engine import Engine

log = logging.getLogger(__name__)


async def tick(context: Context, engine: Engine) -> int:
    """Ask for a visit to every vendor that is due; return how many were due.

    Whose clock is wrong does not know who is.
    """
    if not engine.manager.agrees:
        return 0
    try:
        due = await leases.claim_due(context)
        for vendor_id in due:
            await engine.ask(vendor_id)
    except (psycopg.Error, ConnectorException, PoolTimeout) as error:
        # The database is, or was, unavailable; the next tick tries again on a live connection.
        log.warning("tick failed: %s", type(error).__name__)
        await context.db.discard_dead()
        return 0
    return len(due)


async def erase(context: Context, engine: Engine) -> dict[str, int]:
    """Erase what is known of people whose time is over; return how much of each kind.

    Whose clock is wrong does not know whose is, and what is erased does not come back.
    """
    if not engine.manager.agrees:
        return {}
    done: dict[str, int] = {}
    try:
        for eraser in context.registry.erasers:
            done |= await eraser(context)
    except (psycopg.Error, PoolTimeout) as error:
        log.warning("erasing failed: %s", type(error).__name__)
        return {}
    if done:
        log.info("erased: %s", ", ".join(f"{count} {kind}" for kind, count in done.items()))
    return done


def build_scheduler(context: Context, engine: Engine, tick_s: float, erase_s: float) -> AsyncIOScheduler:
    """Build the scheduler that ticks, and erases now and then; the caller starts and stops it."""
    scheduler = AsyncIOScheduler(timezone="UTC")
    scheduler.add_job(
        tick,
        "interval",
        seconds=tick_s,
        args=(context, engine),
        id="tick",
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )
    scheduler.add_job(
        erase,
        "interval",
        seconds=erase_s,
        args=(context, engine),
        id="erase",
        # Each worker at its own moment.
        jitter=erase_s / 10,
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )
    return scheduler
