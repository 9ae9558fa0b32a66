"""Boxes in lists: oldest payment first, a page at a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString

from app.engine.db.database import Connection
from app.engine.db.vendor_scope import fetch_page, first_of
from app.orders import store as box_store

_FILTERED: LiteralString = """
  SELECT x.vendor_id, x.shipment_box_id, x.paid_at FROM box x
  WHERE x.vendor_id = v.vendor_id
    AND (%(paid_from)s::timestamptz IS NULL OR x.paid_at >= %(paid_from)s)
    AND (%(paid_until)s::timestamptz IS NULL OR x.paid_at < %(paid_until)s)
    AND (%(attention)s::boolean IS NULL OR (x.attention IS NOT NULL) = %(attention)s)
    AND (%(after_at)s::timestamptz IS NULL
         OR (x.paid_at, x.shipment_box_id) > (%(after_at)s, %(after_id)s::bigint))"""
_ORDER: LiteralString = "paid_at, shipment_box_id"


def _listing(page: LiteralString) -> LiteralString:
    return f"""
SELECT {box_store.COLUMNS},{box_store.CLAIMED}
FROM ({page}) k JOIN box b USING (vendor_id, shipment_box_id)
ORDER BY k.paid_at, k.shipment_box_id"""


_OF_ALL = _listing(first_of(_FILTERED, _ORDER))
# The boxes that are to be packed are the last of all: they are not looked for among those that have arrived.
_OF_STATES = _listing(
    first_of(
        f"{_FILTERED} AND x.state = s.state",
        _ORDER,
        ", (SELECT DISTINCT unnest(%(states)s::text[])) AS s(state)",
    )
)


async def list_boxes(
    connection: Connection,
    vendor_ids: list[str] | None,
    *,
    states: Sequence[str] = (),
    paid_from: datetime | None = None,
    paid_until: datetime | None = None,
    attention: bool | None = None,
    after: tuple[datetime, int] | None = None,
    most: int,
) -> list[dict[str, Any]]:
    """Return boxes, oldest payment first; `after` is (paid_at, id) of the last row of the page before."""
    return await fetch_page(
        connection,
        _OF_STATES if states else _OF_ALL,
        vendor_ids=vendor_ids,
        states=list(states),
        paid_from=paid_from,
        paid_until=paid_until,
        attention=attention,
        after_at=after[0] if after else None,
        after_id=after[1] if after else None,
        most=most,
    )
