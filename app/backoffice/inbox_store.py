"""Everything that waits for a person, in one list: one statement over all that may wait."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any, LiteralString

from app.engine.caller import Vendors
from app.engine.db.database import Connection, fetch

_LISTED: LiteralString = """
WITH waiting (kind, subject, id, digest, order_id, shipment_box_id, since, deadline, reason, vendor_id) AS (
  {waiting}
), placed AS (
  -- What has no deadline comes after everything that has one, the longest waiting first.
  SELECT w.*, coalesce(w.deadline, w.since + interval '10 years') AS place_at,
         hashtextextended(concat_ws(':', w.vendor_id, w.kind, w.id, encode(w.digest, 'hex')), 0)
           & 9223372036854775807 AS place_id
  FROM waiting w
)
SELECT * FROM placed
WHERE (%(vendor_ids)s::text[] IS NULL OR vendor_id = ANY(%(vendor_ids)s))
  AND (cardinality(%(kinds)s::text[]) = 0 OR kind = ANY(%(kinds)s))
  AND (%(overdue)s::boolean IS NULL OR coalesce(deadline < %(at)s, false) = %(overdue)s)
  AND (%(after_at)s::timestamptz IS NULL OR (place_at, place_id) > (%(after_at)s, %(after_id)s::bigint))
ORDER BY place_at, place_id LIMIT %(most)s"""


@cache
def _listed(waiting: LiteralString) -> LiteralString:
    return _LISTED.replace("{waiting}", waiting)


async def list_waiting(
    connection: Connection,
    waiting: LiteralString,
    vendor_ids: Vendors,
    at: datetime,
    *,
    kinds: Collection[str] = (),
    overdue: bool | None = None,
    after: tuple[datetime, int] | None = None,
    most: int,
) -> list[dict[str, Any]]:
    """Return what waits for a person, the nearest deadline first; one statement.

    Args:
        connection: Any.
        waiting: What may wait (`Registry.waiting`).
        vendor_ids: Vendors to look at; None means every vendor.
        at: Now; what is overdue is measured by it.
        kinds: Only these; empty: all.
        overdue: Only what is (not) past its deadline; None: both.
        after: (place_at, place_id) of the last row of the page before.
        most: Rows of a page.
    """
    return await fetch(
        connection,
        _listed(waiting),
        vendor_ids=vendor_ids,
        at=at,
        kinds=list(kinds),
        overdue=overdue,
        after_at=after[0] if after else None,
        after_id=after[1] if after else None,
        most=most,
    )
