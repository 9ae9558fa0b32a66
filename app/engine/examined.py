"""What the doctor asks of effects and of evidence."""

from collections.abc import AsyncIterator
from typing import LiteralString

from app.clock import to_second
from app.engine.context import Context
from app.engine.db.database import Connection, fetch
from app.engine.db.states import among, literal
from app.engine.evidence.opened import in_batches, opened
from app.engine.family import Examined, Row
from app.machines.effects import AUTOMATIC, IN_REVIEW, EffectState

# Changes that wait for a person, that nobody has settled for too long, or that nobody will look at.
_STUCK: LiteralString = f"""
SELECT e.effect_id, e.kind, e.state, e.subject, e.subject_id, e.not_before > %(far)s AS later,
       coalesce(h.at, e.sent_at, e.not_before) AS since
FROM effect e LEFT JOIN history h
  ON e.state IN {among(IN_REVIEW)} AND h.vendor_id = e.vendor_id AND h.aggregate = 'effect'
     AND h.aggregate_id = e.effect_id AND h.version = e.version
WHERE e.vendor_id = %(vendor_id)s
  AND (e.state IN {among(IN_REVIEW)}
       OR (e.state IN {among(AUTOMATIC)}
           AND (coalesce(e.sent_at, e.not_before) < %(overdue)s OR e.not_before > %(far)s)))
ORDER BY e.effect_id"""

# Changes that were sent more or fewer times than tries are recorded.
_UNRECORDED: LiteralString = """
SELECT e.effect_id, e.attempts, count(a.attempt_id) AS known
FROM effect e LEFT JOIN attempt a
  ON a.vendor_id = e.vendor_id AND a.effect_id = e.effect_id AND a.purpose = 'write'
WHERE e.vendor_id = %(vendor_id)s GROUP BY e.effect_id, e.attempts
HAVING count(a.attempt_id) <> e.attempts ORDER BY 1"""

# What confirmed changes rest on, still sealed; `id` is the place to go on after.
_CONFIRMED: LiteralString = f"""
SELECT e.effect_id AS id, v.digest, v.sealed, v.erased_at
FROM effect e JOIN evidence v ON v.vendor_id = e.vendor_id AND v.digest = e.evidence
WHERE e.vendor_id = %(vendor_id)s AND e.state = {literal(EffectState.CONFIRMED)} AND v.sealed IS NOT NULL
  AND e.effect_id > %(after)s
ORDER BY e.effect_id LIMIT %(most)s"""

# Answers without a note of when they were erased.
_UNTIMELY: LiteralString = """
SELECT 'answer ' || left(encode(digest, 'hex'), 12) AS named, seen_at FROM evidence
WHERE vendor_id = %(vendor_id)s AND sealed IS NULL AND erased_at IS NULL"""


async def stuck(connection: Connection, asked: Row) -> AsyncIterator[tuple[str, str]]:
    """Yield changes that nobody settles, with what a person can do about them."""
    for row in await fetch(connection, _STUCK, **asked):
        since = to_second(row["since"])
        since = f"and nobody looks at it before {since}" if row["later"] else f"since {since}"
        what = f"effect {row['effect_id']} {row['kind']} is {row['state']} {since}"
        ask_for = (
            f"give a verdict: POST /admin/v1/effects/{row['effect_id']}/verdict"
            if row["state"] in IN_REVIEW
            else f"its tries: GET /v1/effects/{row['effect_id']}"
        )
        yield "effects", f"{what}, of {row['subject']} {row['subject_id']}; {ask_for}"


async def unrecorded(_: Context, connection: Connection, vendor_id: str) -> AsyncIterator[tuple[str, str]]:
    """Yield changes whose tries are not all recorded."""
    for row in await fetch(connection, _UNRECORDED, vendor_id=vendor_id):
        told = f"was sent {row['attempts']} times, and {row['known']} tries are recorded"
        yield "effects", f"effect {row['effect_id']} {told}"


async def confirmations(
    context: Context, connection: Connection, vendor_id: str
) -> AsyncIterator[tuple[str, str]]:
    """Yield confirmed changes whose evidence is not what its name says."""
    async for row in in_batches(connection, _CONFIRMED, vendor_id):
        if opened(context, row) is None:
            yield "effects", f"effect {row['id']}: the evidence of its confirmation is not what was stored"


EXAMINED = Examined(untimely=_UNTIMELY, faults=(unrecorded, confirmations), delays=(stuck,))
