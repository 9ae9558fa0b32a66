"""Check what is stored against the promises: histories are paths, confirmations rest on evidence.

Set-wise: a few statements, whatever the number of rows. Used by the demo; operators' checks build on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.engine.context import Context
from app.engine.feeds import coverage
from app.engine.feeds.feeds import ORDERS
from app.engine.history.verify import chain_faults
from app.integrity import invariant_sql
from app.machines.boxes import BOX
from app.machines.cancels import CANCEL
from app.machines.collects import COLLECT
from app.machines.effects import EFFECT
from app.machines.exchanges import EXCHANGE
from app.machines.kernel import Rules
from app.machines.receptions import RECEPTION
from app.machines.redeliveries import REDELIVERY
from app.machines.returns import RETURN


@dataclass(slots=True)
class Audit:
    """What was found; every list should be empty."""

    boxes: int = 0
    effects: int = 0
    claims: int = 0
    """Cancels, returns and receptions."""
    illegal: list[str] = field(default_factory=list)
    """Aggregates whose history is not a path of their machine, or does not end in their state."""
    unproven: list[str] = field(default_factory=list)
    """Confirmed effects without stored evidence."""
    unchained: list[str] = field(default_factory=list)
    """Aggregates whose history is not the one that was written."""
    open_effects: list[str] = field(default_factory=list)
    """Effects that are not settled yet."""
    holes: list[str] = field(default_factory=list)
    """Feeds with creation times that coverage lacks."""

    @property
    def broken(self) -> list[str]:
        """Every finding that breaks a promise."""
        return self.illegal + self.unproven + self.unchained


async def audit(
    context: Context,
    *,
    vendor_id: str | None = None,
    days: int = 30,
    slack: timedelta = timedelta(0),
    slower: Mapping[str, timedelta] | None = None,
) -> Audit:
    """Check every aggregate of one vendor, or of all.

    Args:
        context: What every use case is given.
        vendor_id: Whose; None: everybody's.
        days: Of coverage that are looked at.
        slack: How long ago coverage must reach, beyond the lag.
        slower: What is added to that for a feed whose turns are further apart.
    """
    found = Audit()
    rules: dict[str, Rules[Any]] = {
        "box": BOX,
        "effect": EFFECT,
        "cancel": CANCEL,
        "return": RETURN,
        "return_reception": RECEPTION,
        "exchange_reception": RECEPTION,
        "exchange": EXCHANGE,
        "collect": COLLECT,
        "redelivery": REDELIVERY,
    }
    async with context.db.transaction() as tx:
        for row in await invariant_sql.histories(tx, vendor_id):
            match row["aggregate"]:
                case "box":
                    found.boxes += 1
                case "effect":
                    found.effects += 1
                case _:
                    found.claims += 1
            name = f"{row['aggregate']} {row['aggregate_id']}"
            walked = list(zip(row["sources"], row["events"], row["targets"], strict=True))
            if not rules[row["aggregate"]].is_path(walked):
                found.illegal.append(f"{name}: history is not a path")
            elif row["targets"][-1] != row["state"] or len(walked) != row["version"]:
                found.illegal.append(f"{name}: history does not end in {row['state']} v{row['version']}")
        async for fault in chain_faults(tx, vendor_id):
            told = f"{fault.aggregate} {fault.aggregate_id} v{fault.version}: {fault.told}"
            found.unchained.append(told)
        found.unproven = [f"effect {row['effect_id']}" for row in await invariant_sql.unproven(tx, vendor_id)]
        found.open_effects = [
            f"effect {row['effect_id']} {row['kind']} {row['state']}"
            for row in await invariant_sql.open_effects(tx, vendor_id)
        ]
        for feed in await coverage.list_coverage(
            tx, [vendor_id] if vendor_id else None, context.now(), days, context.policy.lag + slack, slower
        ):
            if feed["uncovered_minutes"]:
                minutes = round(float(feed["uncovered_minutes"]))
                found.holes.append(f"{feed['vendor_id']} {feed['feed']}: {minutes} minutes")
    return found


async def live(context: Context) -> dict[str, Any]:
    """Return the figures of a live status: boxes and effects by state, calls, last look."""
    async with context.db.connection() as connection:
        return await invariant_sql.live(connection)


async def covered(context: Context, start: datetime, end: datetime) -> bool:
    """Tell whether every vendor's orders are covered from `start` to `end`."""
    async with context.db.connection() as connection:
        return not await invariant_sql.uncovered(connection, ORDERS, start, end)


async def box_states(context: Context) -> list[dict[str, Any]]:
    """Return state and waybill of every box, for a comparison with the sandbox."""
    async with context.db.connection() as connection:
        return await invariant_sql.box_states(connection)


async def unseen_cancels(context: Context) -> set[int]:
    """Return the boxes that are known by their cancel only, because no list ever showed them."""
    async with context.db.connection() as connection:
        return {row["shipment_box_id"] for row in await invariant_sql.unseen_cancels(connection)}


async def call_tally(context: Context) -> list[dict[str, Any]]:
    """Return the calls to Coupang by vendor, hour, purpose, route and answer."""
    async with context.db.connection() as connection:
        return await invariant_sql.tally(connection)
