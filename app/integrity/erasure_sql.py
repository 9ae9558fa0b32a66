"""Erase who somebody is when the time for it is over, and old readings; what happened to orders stays.

Several may erase at the same time: to erase twice does no harm, and answers that another one holds are
passed over.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString

from app.engine.db.database import Connection, columns, execute, fetch, fetch_one
from app.engine.db.states import among
from app.machines import boxes, cancels, exchanges, returns

# Everything of the order has ended, and nothing has happened to it since. A box whose units are all gone
# keeps the state it was in.
_OVER: LiteralString = f"""
    NOT EXISTS (SELECT FROM box o WHERE o.vendor_id = k.vendor_id AND o.order_id = k.order_id
                  AND (o.state_at >= %(before)s
                       OR (o.state IN {among(boxes.UNDER_WAY)}
                           AND EXISTS (SELECT FROM line l WHERE l.vendor_id = o.vendor_id
                                         AND l.shipment_box_id = o.shipment_box_id AND l.shippable > 0))))
    AND NOT EXISTS (SELECT FROM receipt r
                    LEFT JOIN cancel c USING (vendor_id, receipt_id)
                    LEFT JOIN return_ t USING (vendor_id, receipt_id)
                    WHERE r.vendor_id = k.vendor_id AND r.order_id = k.order_id
                      AND (c.state IN {among(cancels.OPEN)}
                           OR t.state IN {among(returns.OPEN)}
                           OR greatest(c.state_at, t.state_at) >= %(before)s))
    AND NOT EXISTS (SELECT FROM exchange x WHERE x.vendor_id = k.vendor_id AND x.order_id = k.order_id
                      AND (x.state IN {among(exchanges.OPEN)} OR x.state_at >= %(before)s))"""

_RECEIVERS: LiteralString = (
    """
SELECT k.vendor_id, k.shipment_box_id, k.version
FROM (SELECT v.vendor_id, v.shipment_box_id, v.version, v.seen_at, b.order_id
      FROM receiver v JOIN box b USING (vendor_id, shipment_box_id)
      WHERE v.sealed IS NOT NULL AND v.seen_at < %(before)s) k
WHERE"""
    + _OVER
)
_RECEIPTS: LiteralString = (
    """
SELECT k.vendor_id, k.receipt_id FROM receipt k
WHERE k.sealed_requester IS NOT NULL AND k.first_seen_at < %(before)s AND"""
    + _OVER
)
_EXCHANGES: LiteralString = (
    """
SELECT k.vendor_id, k.exchange_id FROM exchange k
WHERE k.sealed_contacts IS NOT NULL AND k.first_seen_at < %(before)s AND"""
    + _OVER
)
_QUARANTINE: LiteralString = """
SELECT vendor_id, digest FROM quarantine WHERE sealed IS NOT NULL AND last_seen_at < %(before)s"""
_EVIDENCE: LiteralString = """
SELECT vendor_id, digest, sealed FROM evidence
WHERE erased_at IS NULL AND seen_at < %(before)s AND kind <> 'operator'"""

ERASE: dict[str, LiteralString] = {
    "receivers": "UPDATE receiver t SET sealed = NULL FROM ("
    + _RECEIVERS
    + """ ORDER BY k.seen_at LIMIT %(most)s) d
WHERE t.vendor_id = d.vendor_id AND t.shipment_box_id = d.shipment_box_id AND t.version = d.version""",
    "requesters": "UPDATE receipt t SET sealed_requester = NULL FROM ("
    + _RECEIPTS
    + """ ORDER BY k.first_seen_at LIMIT %(most)s) d
WHERE t.vendor_id = d.vendor_id AND t.receipt_id = d.receipt_id""",
    "contacts": "UPDATE exchange t SET sealed_contacts = NULL FROM ("
    + _EXCHANGES
    + """ ORDER BY k.first_seen_at LIMIT %(most)s) d
WHERE t.vendor_id = d.vendor_id AND t.exchange_id = d.exchange_id""",
    "unreadable rows": "UPDATE quarantine t SET sealed = NULL FROM ("
    + _QUARANTINE
    + """ ORDER BY last_seen_at LIMIT %(most)s) d
WHERE t.vendor_id = d.vendor_id AND t.digest = d.digest""",
}
"""One statement each erases the oldest, so many at a time."""


READINGS: LiteralString = """
DELETE FROM poll_run t USING (
  SELECT vendor_id, run_id FROM poll_run
  WHERE finished_at < %(before)s AND contradicted = 0 LIMIT %(most)s FOR UPDATE SKIP LOCKED) d
WHERE t.vendor_id = d.vendor_id AND t.run_id = d.run_id"""
"""Readings that nobody asks for any more; lists that contradicted us are counted for ever."""


async def erase(connection: Connection, statement: LiteralString, before: datetime, most: int) -> int:
    """Run one statement of this module; return how many values it has erased."""
    return await execute(connection, statement, before=before, most=most)


async def old_evidence(connection: Connection, before: datetime, most: int) -> list[dict[str, Any]]:
    """Lock and return the oldest answers with whoever is in them: vendor_id, digest, sealed."""
    query = _EVIDENCE + " ORDER BY seen_at LIMIT %(most)s FOR UPDATE SKIP LOCKED"
    return await fetch(connection, query, before=before, most=most)


async def replace_evidence(
    connection: Connection, rows: Sequence[tuple[str, bytes, bytes | None]], at: datetime
) -> None:
    """Store what is left of answers: vendor_id, digest, sealed."""
    query = """
    UPDATE evidence t SET sealed = n.sealed, erased_at = %(at)s
    FROM unnest(%(vendors)s::text[], %(digests)s::bytea[], %(sealed)s::bytea[])
      AS n(vendor_id, digest, sealed)
    WHERE t.vendor_id = n.vendor_id AND t.digest = n.digest"""
    vendors, digests, sealed = columns(rows, 3)
    await execute(connection, query, vendors=vendors, digests=digests, sealed=sealed, at=at)


_OVERDUE: LiteralString = "SELECT " + ", ".join(
    f'(SELECT count(*) FROM ({due}) d WHERE d.vendor_id = %(vendor_id)s) AS "{kind}"'
    for kind, due in {
        "receivers": _RECEIVERS,
        "requesters": _RECEIPTS,
        "contacts": _EXCHANGES,
        "unreadable rows": _QUARANTINE,
        "answers": _EVIDENCE,
    }.items()
)


async def overdue(connection: Connection, vendor_id: str, before: datetime) -> dict[str, int]:
    """Return how much of one vendor should have been erased, by kind of value."""
    row = await fetch_one(connection, _OVERDUE, vendor_id=vendor_id, before=before)
    return {name: count for name, count in (row or {}).items() if count}
