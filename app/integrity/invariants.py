"""Check what is stored against the promises: histories are paths, confirmations rest on evidence.

Set-wise: a few statements, whatever the number of rows. Used by the demo; operators' checks build on it.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.engine.context import Context
from app.engine.feeds import coverage
from app.engine.history.verify import chain_faults
from app.integrity import invariant_sql


@dataclass(slots=True)
class Audit:
    """What was found; every list should be empty."""

    counted: Counter[str] = field(default_factory=Counter)
    """Aggregates by the heading that their family gives them: `boxes`, `effects`, `claims` …"""
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

    def counts(self) -> str:
        """Return how much was looked at, in words."""
        return ", ".join(f"{count} {name}" for name, count in self.counted.items())

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
    registry = context.registry
    async with context.db.transaction() as tx:
        for row in await invariant_sql.histories(tx, registry.present, vendor_id):
            aggregate = registry.aggregates[row["aggregate"]]
            found.counted[aggregate.counted_as] += 1
            name = f"{row['aggregate']} {row['aggregate_id']}"
            walked = list(zip(row["sources"], row["events"], row["targets"], strict=True))
            if not aggregate.rules.is_path(walked):
                found.illegal.append(f"{name}: history is not a path")
            elif row["targets"][-1] != row["state"] or len(walked) != row["version"]:
                found.illegal.append(f"{name}: history does not end in {row['state']} v{row['version']}")
        async for fault in chain_faults(tx, registry.present, vendor_id):
            told = f"{fault.aggregate} {fault.aggregate_id} v{fault.version}: {fault.told}"
            found.unchained.append(told)
        found.unproven = [f"effect {row['effect_id']}" for row in await invariant_sql.unproven(tx, vendor_id)]
        found.open_effects = [
            f"effect {row['effect_id']} {row['kind']} {row['state']}"
            for row in await invariant_sql.open_effects(tx, vendor_id)
        ]
        for feed in await coverage.list_coverage(
            tx,
            [vendor_id] if vendor_id else None,
            context.now(),
            days,
            context.policy.lag + slack,
            registry.covering,
            slower,
        ):
            if feed["uncovered_minutes"]:
                minutes = round(float(feed["uncovered_minutes"]))
                found.holes.append(f"{feed['vendor_id']} {feed['feed']}: {minutes} minutes")
    return found


async def live(context: Context) -> dict[str, Any]:
    """Return the figures of a live status, by the words that the families give them (`Family.figures`)."""
    async with context.db.connection() as connection:
        return await invariant_sql.live(connection, context.registry.figures)


async def covered(context: Context, feed: str, start: datetime, end: datetime) -> bool:
    """Tell whether every vendor's feed of this name is covered from `start` to `end`."""
    async with context.db.connection() as connection:
        return not await invariant_sql.uncovered(connection, feed, start, end)


async def call_tally(context: Context) -> list[dict[str, Any]]:
    """Return the calls to Coupang by vendor, hour, purpose, route and answer."""
    async with context.db.connection() as connection:
        return await invariant_sql.tally(connection)
