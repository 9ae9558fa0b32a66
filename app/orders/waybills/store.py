"""Which boxes a waybill number is in use for."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString

from app.engine.db.database import Connection, columns, fetch

# Two boxes may share a number when name and address are the same.
_CARRIERS: LiteralString = """
WITH w AS (
  SELECT * FROM unnest(%(boxes)s::bigint[], %(couriers)s::text[], %(numbers)s::text[]) WITH ORDINALITY
    AS w(box, courier, number, place)
), used AS (
  SELECT w.box AS asking, b.shipment_box_id AS carrier
  FROM w
  JOIN box b ON b.vendor_id = %(vendor_id)s AND b.invoice_number = w.number AND b.shipment_box_id <> w.box
  WHERE (b.courier_code IS NULL OR b.courier_code = w.courier)
    AND coalesce(b.departed_at, b.state_at) >= %(since)s
  UNION ALL
  SELECT w.box, e.box FROM w JOIN w e ON e.number = w.number AND e.courier = w.courier AND e.place < w.place
)
SELECT u.asking, min(u.carrier) AS carrier
FROM used u
JOIN box o ON o.vendor_id = %(vendor_id)s AND o.shipment_box_id = u.asking
JOIN receiver mine ON mine.vendor_id = o.vendor_id AND mine.shipment_box_id = o.shipment_box_id
  AND mine.version = o.address_version
JOIN box c ON c.vendor_id = %(vendor_id)s AND c.shipment_box_id = u.carrier
JOIN receiver theirs ON theirs.vendor_id = c.vendor_id AND theirs.shipment_box_id = c.shipment_box_id
  AND theirs.version = c.address_version
WHERE mine.place <> theirs.place
GROUP BY 1"""


async def carriers(
    connection: Connection, vendor_id: str, waybills: Sequence[tuple[int, str, str]], since: datetime
) -> dict[int, int]:
    """Return, of these waybills, those that another receiver's box carries since then.

    Args:
        connection: Any.
        vendor_id: Whose boxes.
        waybills: (box id, courier code, number); of two in the list the later one is in the wrong.
        since: Earlier uses are forgotten.

    Returns:
        The asking box → the box that carries its number.
    """
    boxes, couriers, numbers = columns(waybills, 3)
    rows = await fetch(
        connection,
        _CARRIERS,
        vendor_id=vendor_id,
        boxes=boxes,
        couriers=couriers,
        numbers=numbers,
        since=since,
    )
    return {row["asking"]: row["carrier"] for row in rows}
