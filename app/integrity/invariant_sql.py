"""Set-wise questions of an audit, and the figures of a live status."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, LiteralString

from app.engine.db.database import Connection, fetch
from app.engine.db.states import among, literal
from app.machines.effects import SETTLED, EffectState

_WALKED: LiteralString = """
WITH walked AS (
  SELECT vendor_id, aggregate, aggregate_id, array_agg(source ORDER BY version) AS sources,
         array_agg(event ORDER BY version) AS events, array_agg(target ORDER BY version) AS targets
  FROM history WHERE %(vendor_id)s::text IS NULL OR vendor_id = %(vendor_id)s GROUP BY 1, 2, 3
), present AS ({present})
SELECT p.vendor_id, p.aggregate, p.aggregate_id, p.state, p.version,
       coalesce(w.sources, '{}') AS sources, coalesce(w.events, '{}') AS events,
       coalesce(w.targets, '{-}') AS targets
FROM present p LEFT JOIN walked w USING (vendor_id, aggregate, aggregate_id)
WHERE %(vendor_id)s::text IS NULL OR p.vendor_id = %(vendor_id)s"""


async def histories(
    connection: Connection, present: LiteralString, vendor_id: str | None = None
) -> list[dict[str, Any]]:
    """Return for each aggregate its steps in order, with the state and version it has now."""
    return await fetch(connection, _WALKED.replace("{present}", present), vendor_id=vendor_id)


async def unproven(connection: Connection, vendor_id: str | None = None) -> list[dict[str, Any]]:
    """Return confirmed effects whose evidence is missing."""
    query: LiteralString = f"""
    SELECT e.vendor_id, e.effect_id FROM effect e
    LEFT JOIN evidence v ON v.vendor_id = e.vendor_id AND v.digest = e.evidence
    WHERE e.state = {literal(EffectState.CONFIRMED)} AND v.digest IS NULL
      AND (%(vendor_id)s::text IS NULL OR e.vendor_id = %(vendor_id)s)"""
    return await fetch(connection, query, vendor_id=vendor_id)


async def open_effects(connection: Connection, vendor_id: str | None = None) -> list[dict[str, Any]]:
    """Return effects that are not settled."""
    query = f"""SELECT vendor_id, effect_id, kind, state FROM effect
               WHERE state NOT IN {among(SETTLED)}
                 AND (%(vendor_id)s::text IS NULL OR vendor_id = %(vendor_id)s)
               ORDER BY effect_id"""
    return await fetch(connection, query, vendor_id=vendor_id)


async def live(connection: Connection, figures: Mapping[str, LiteralString]) -> dict[str, Any]:
    """Return the figures of a live status in one statement, by their words."""
    query = "SELECT " + ",\n".join(f'({question}) AS "{word}"' for word, question in figures.items())
    rows = await fetch(connection, query)
    return rows[0]


async def uncovered(
    connection: Connection, feed: str, start: datetime, end: datetime
) -> list[dict[str, Any]]:
    """Return vendors whose feed does not cover [start, end)."""
    query = """
    SELECT v.vendor_id FROM vendor v LEFT JOIN feed f ON f.vendor_id = v.vendor_id AND f.feed = %(feed)s
    WHERE v.state = 'ACTIVE'
      AND NOT coalesce(f.covered, '{}') @> tstzrange(%(start)s, greatest(%(start)s, %(end)s))"""
    return await fetch(connection, query, feed=feed, start=start, end=end)


async def tally(connection: Connection) -> list[dict[str, Any]]:
    """Return the counted calls."""
    query = "SELECT vendor_id, hour, purpose, route, answer, calls FROM tally"
    return await fetch(connection, query)
