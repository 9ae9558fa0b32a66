"""What the doctor asks of boxes: what waits, what lacks a part, and whether each is what its sheet says."""

from collections.abc import AsyncIterator
from typing import LiteralString

from app.clock import to_second
from app.engine.context import PURPOSE_RECEIVER, Context
from app.engine.db.database import Connection
from app.engine.db.states import among, literal
from app.engine.evidence.opened import in_batches, opened
from app.engine.family import Examined, Row
from app.machines.boxes import UNDER_WAY
from app.machines.effects import EffectState
from app.orders.declared.past import sheet_of
from app.orders.quantities.store import quantity_faults
from app.vault import Sealed

_OVERDUE: LiteralString = """
SELECT 'box' AS aggregate, shipment_box_id AS aggregate_id, next_read_at AS since FROM box
WHERE vendor_id = %(vendor_id)s AND next_read_at < %(overdue)s"""

# A box of which all units are claimed may be gone, and what a person is asked to look at waits.
_NEVER: LiteralString = f"""
SELECT 'box' AS aggregate, b.shipment_box_id AS aggregate_id, b.next_read_at AS due FROM box b
WHERE b.vendor_id = %(vendor_id)s
  AND (b.next_read_at > %(far)s
       OR (b.next_read_at IS NULL AND b.attention IS NULL
           AND b.state IN {among(UNDER_WAY)}
           AND EXISTS (SELECT FROM line l WHERE l.vendor_id = b.vendor_id
                         AND l.shipment_box_id = b.shipment_box_id AND l.shippable > 0)))"""

# Boxes without lines, or without the receiver whose version they name.
_INCOMPLETE: LiteralString = """
SELECT 'box' AS aggregate, shipment_box_id AS aggregate_id,
       concat_ws(' and ', CASE WHEN no_lines THEN 'no lines' END,
                 CASE WHEN no_receiver THEN 'no receiver' END) AS lacks
FROM (
  SELECT b.shipment_box_id,
         NOT EXISTS (SELECT FROM line l
                     WHERE l.vendor_id = b.vendor_id AND l.shipment_box_id = b.shipment_box_id) AS no_lines,
         NOT EXISTS (SELECT FROM receiver r
                     WHERE r.vendor_id = b.vendor_id AND r.shipment_box_id = b.shipment_box_id
                       AND r.version = b.address_version) AS no_receiver
  FROM box b WHERE b.vendor_id = %(vendor_id)s
) parts
WHERE no_lines OR no_receiver"""

_YOUNG: LiteralString = """
EXISTS (SELECT FROM box b WHERE b.vendor_id = %(vendor_id)s AND b.order_id = o.order_id
          AND (b.market_seen_at > %(overdue)s OR b.next_read_at <= %(at)s))"""

# Receivers of boxes that are under way.
_UNTIMELY: LiteralString = f"""
SELECT 'receiver of box ' || v.shipment_box_id AS named, v.seen_at
FROM box b JOIN receiver v ON v.vendor_id = b.vendor_id AND v.shipment_box_id = b.shipment_box_id
  AND v.version = b.address_version
WHERE b.vendor_id = %(vendor_id)s AND v.sealed IS NULL
  AND b.state IN {among(UNDER_WAY)}
  AND EXISTS (SELECT FROM line l WHERE l.vendor_id = b.vendor_id
                AND l.shipment_box_id = b.shipment_box_id AND l.shippable > 0)"""

# A box whose units are all gone keeps the state it was in.
_OPEN_ORDER: LiteralString = f"""
EXISTS (SELECT FROM box o WHERE o.vendor_id = k.vendor_id AND o.order_id = k.order_id
          AND (o.state_at >= %(before)s
               OR (o.state IN {among(UNDER_WAY)}
                   AND EXISTS (SELECT FROM line l WHERE l.vendor_id = o.vendor_id
                                 AND l.shipment_box_id = o.shipment_box_id AND l.shippable > 0))))"""

# Boxes with the sheet and the receiver they were stored from, still sealed.
_SHEETS: LiteralString = f"""
SELECT b.shipment_box_id AS id, b.order_id, b.market_status, b.paid_at, v.digest, v.sealed, v.erased_at,
       b.invoice_number, EXISTS (
         SELECT FROM effect e
         WHERE e.vendor_id = b.vendor_id AND e.shipment_box_id = b.shipment_box_id
           AND e.state = {literal(EffectState.CONFIRMED)} AND e.settled_at >= b.market_seen_at
           AND e.kind IN ('SHIP', 'CHANGE_INVOICE', 'DECLARE_SHIPPED')
       ) AS sent_since,
       r.digest AS receiver_digest, r.sealed AS sealed_receiver,
       (SELECT jsonb_object_agg(l.vendor_item_id, l.ordered) FROM line l
        WHERE l.vendor_id = b.vendor_id AND l.shipment_box_id = b.shipment_box_id) AS lines
FROM box b
LEFT JOIN evidence v ON v.vendor_id = b.vendor_id AND v.digest = b.content_hash
LEFT JOIN receiver r ON r.vendor_id = b.vendor_id AND r.shipment_box_id = b.shipment_box_id
  AND r.version = b.address_version
WHERE b.vendor_id = %(vendor_id)s AND b.shipment_box_id > %(after)s
ORDER BY b.shipment_box_id LIMIT %(most)s"""


async def contents(
    context: Context, connection: Connection, vendor_id: str
) -> AsyncIterator[tuple[str, str]]:
    """Yield boxes that are not what the sheet says that they were stored from."""
    async for row in in_batches(connection, _SHEETS, vendor_id):
        for told in _of_box(context, row):
            yield "rows", f"box {row['id']}: {told}"


async def units(connection: Connection, vendor_id: str) -> AsyncIterator[tuple[int, str, str]]:
    """Yield the units that do not add up, with their orders."""
    for row in await quantity_faults(connection, vendor_id):
        whose = f"receipt {row['receipt_id']}, " if row["receipt_id"] else ""
        about = f"{whose}box {row['shipment_box_id']}, option {row['vendor_item_id']}"
        told = f"{about}: {row['fault']} is {row['found']}, expected {row['expected']}"
        yield row["order_id"], "quantities", told


EXAMINED = Examined(
    overdue=_OVERDUE,
    never=_NEVER,
    incomplete=_INCOMPLETE,
    young=_YOUNG,
    untimely=_UNTIMELY,
    open_order=_OPEN_ORDER,
    faults=(contents,),
    order_faults=(units,),
)


def _of_box(context: Context, row: Row) -> list[str]:
    if row["digest"] is None:
        return ["the sheet that it was stored from is gone"]
    told = [] if _has_receiver(context, row) else ["its receiver is not what was stored"]
    if row["sealed"] is None:
        return told
    raw = opened(context, row)
    if raw is None:
        return [*told, "the sheet that it was stored from is not what was stored"]
    sheet = sheet_of(raw)
    if sheet is None:
        return told
    said: dict[str, tuple[object, object]] = {
        "order_id": (row["order_id"], sheet.order_id),
        "market_status": (row["market_status"], sheet.status),
        "paid_at": (to_second(row["paid_at"]), to_second(sheet.paid_at)),
        "lines": (row["lines"], {str(line.vendor_item_id): line.ordered for line in sheet.lines}),
    }
    if sheet.invoice_number and not row["sent_since"]:
        said["invoice_number"] = (row["invoice_number"], sheet.invoice_number)
    return told + [
        f"{name} is {ours}, Coupang said {theirs}" for name, (ours, theirs) in said.items() if ours != theirs
    ]


def _has_receiver(context: Context, row: Row) -> bool:
    if row["sealed_receiver"] is None:
        return True
    try:
        plain = context.vault.open(row["sealed_receiver"], PURPOSE_RECEIVER)
    except Sealed:
        return False
    return bool(context.vault.digest(plain) == row["receiver_digest"])
