"""Effects and their attempts: asking, taking in batches, recording each try before and after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString

from psycopg.types.json import Jsonb
from sqlalchemy import select

from app.engine.db.database import Connection, columns, execute, fetch, fetch_one
from app.engine.db.states import among, literal
from app.engine.db.vendor_scope import VENDORS
from app.engine.effects.tables import Effect
from app.engine.history import chain
from app.machines.effects import OPEN, EffectState


@dataclass(frozen=True, slots=True)
class Intent:
    """A change to be asked of Coupang, as it is stored.

    Attributes:
        box_state: The state of the subject in which this is asked.
        subject: `box`, `cancel` or `return`.
        subject_id: Receipt id of a cancel or return; None for a box.
    """

    kind: str
    event: str
    shipment_box_id: int | None
    order_id: int
    box_state: str
    payload: dict[str, Any]
    not_before: datetime
    intent_key: str | None = None
    subject: str = "box"
    subject_id: int | None = None


_TOLD: LiteralString = (
    chain.births(
        """SELECT 'effect', effect_id, %(initial)s::text, 'ask', %(asked_by)s::text, %(cause)s::text,
                  %(reason)s::text, NULL::bytea
           FROM asked"""
    )
    + "\nSELECT * FROM asked"
)


async def ask(
    connection: Connection,
    vendor_id: str,
    intents: Sequence[Intent],
    *,
    initial: str,
    asked_by: str,
    cause: str,
    at: datetime,
) -> list[dict[str, Any]]:
    """Store effects in their first state with their first history row; skip subjects with an open effect.

    Returns:
        Those stored, with all their columns.
    """
    query: LiteralString = (
        """
    WITH asked AS (
      INSERT INTO effect (vendor_id, kind, event, subject, subject_id, shipment_box_id, order_id, payload,
                          state, version, box_state, intent_key, asked_by, asked_at, not_before)
      SELECT %(vendor_id)s, i.kind, i.event, i.subject, i.subject_id, i.box, i.order_id, i.payload,
             %(initial)s, 1, i.box_state, i.intent_key, %(asked_by)s, %(at)s, i.not_before
      FROM unnest(%(kind)s::text[], %(event)s::text[], %(box)s::bigint[], %(order_id)s::bigint[],
                  %(box_state)s::text[], %(payload)s::jsonb[], %(not_before)s::timestamptz[],
                  %(intent_key)s::text[], %(subject)s::text[], %(subject_id)s::bigint[])
           AS i(kind, event, box, order_id, box_state, payload, not_before, intent_key, subject, subject_id)
      ON CONFLICT DO NOTHING
      RETURNING *
    ), """
        + _TOLD
    )
    names = (
        "kind",
        "event",
        "box",
        "order_id",
        "box_state",
        "payload",
        "not_before",
        "intent_key",
        "subject",
        "subject_id",
    )
    values = columns(
        [
            (
                intent.kind,
                intent.event,
                intent.shipment_box_id,
                intent.order_id,
                intent.box_state,
                Jsonb(intent.payload),
                intent.not_before,
                intent.intent_key,
                intent.subject,
                intent.shipment_box_id if intent.subject_id is None else intent.subject_id,
            )
            for intent in intents
        ],
        len(names),
    )
    bound = dict(zip(names, values, strict=True))
    return await fetch(
        connection,
        query,
        **chain.keyed(connection, vendor_id, at),
        initial=initial,
        asked_by=asked_by,
        cause=cause,
        reason=None,
        **bound,
    )


async def ask_while(
    connection: Connection,
    vendor_id: str,
    intent: Intent,
    *,
    box_version: int,
    initial: str,
    asked_by: str,
    reason: str | None,
    at: datetime,
    fresh_number: str | None = None,
) -> dict[str, Any] | None:
    """Store one effect of a box while the box is in the version it was decided on; one statement.

    Args:
        connection: Any.
        vendor_id: Whose box.
        intent: What is asked.
        box_version: The version it was decided on.
        initial: The effect's first state.
        asked_by: The actor.
        reason: Why, when a person acts by hand.
        at: The present time.
        fresh_number: Store it only if no other box carries this waybill number; None does not look.

    Returns:
        The effect, or None: the box has moved on, another effect of it is open, the key is used, or the
        number is.
    """
    query: LiteralString = (
        """
    WITH asked AS (
      INSERT INTO effect (vendor_id, kind, event, subject, subject_id, shipment_box_id, order_id, payload,
                          state, version, box_state, intent_key, asked_by, asked_at, not_before)
      SELECT b.vendor_id, %(kind)s, %(event)s, 'box', b.shipment_box_id, b.shipment_box_id, b.order_id,
             %(payload)s, %(initial)s, 1, %(box_state)s, %(intent_key)s, %(asked_by)s, %(at)s, %(not_before)s
      FROM box b
      WHERE b.vendor_id = %(vendor_id)s AND b.shipment_box_id = %(box)s AND b.version = %(box_version)s
        AND (%(fresh_number)s::text IS NULL
             OR NOT EXISTS (SELECT FROM box c WHERE c.vendor_id = b.vendor_id
                              AND c.invoice_number = %(fresh_number)s
                              AND c.shipment_box_id <> b.shipment_box_id))
      ON CONFLICT DO NOTHING
      RETURNING *
    ), """
        + _TOLD
    )
    return await fetch_one(
        connection,
        query,
        **chain.keyed(connection, vendor_id, at),
        kind=str(intent.kind),
        event=intent.event,
        box=intent.shipment_box_id,
        box_state=str(intent.box_state),
        box_version=box_version,
        payload=Jsonb(intent.payload),
        intent_key=intent.intent_key,
        not_before=intent.not_before,
        initial=initial,
        asked_by=asked_by,
        cause=asked_by,
        reason=reason,
        fresh_number=fresh_number,
    )


async def find(connection: Connection, vendor_ids: list[str] | None, effect_id: int) -> dict[str, Any] | None:
    """Return one effect, or None; `vendor_ids` None means every vendor."""
    query = f"SELECT * FROM effect WHERE effect_id = %(effect_id)s AND vendor_id = ANY({VENDORS})"
    return await fetch_one(connection, query, effect_id=effect_id, vendor_ids=vendor_ids)


async def find_by_key(connection: Connection, vendor_id: str, intent_key: str) -> dict[str, Any] | None:
    """Return the effect that was asked under this idempotency key, or None."""
    query = select(Effect.__table__).where(Effect.vendor_id == vendor_id, Effect.intent_key == intent_key)
    return await fetch_one(connection, query)


async def find_open(
    connection: Connection, vendor_id: str, subject_id: int, subject: str = "box"
) -> dict[str, Any] | None:
    """Return the open effect of a box (or of a receipt, as `cancel` or `return`), or None."""
    query = f"""SELECT * FROM effect WHERE vendor_id = %(vendor_id)s AND subject = %(subject)s
               AND subject_id = %(subject_id)s AND state IN {among(OPEN)}"""
    return await fetch_one(connection, query, vendor_id=vendor_id, subject=subject, subject_id=subject_id)


async def due(
    connection: Connection,
    vendor_id: str,
    state: str,
    at: datetime,
    most: int,
    *,
    kind: str | None = None,
    company: timedelta = timedelta(0),
    lock: bool = False,
) -> list[dict[str, Any]]:
    """Return effects of one state that are due, with their box's `paid_at`, oldest first; locked on demand.

    Once one is due, those that were never sent and would be due within `company` come along: they share
    its call. Those of unknown outcome have `doubted_at`, the time since when it is.
    """
    query: LiteralString = f"""
    SELECT e.*, coalesce((SELECT b.paid_at FROM box b WHERE b.vendor_id = e.vendor_id
                            AND b.shipment_box_id = e.shipment_box_id), e.asked_at) AS paid_at,
           CASE WHEN e.state = {literal(EffectState.UNKNOWN)} THEN
             (SELECT h.at FROM history h WHERE h.vendor_id = e.vendor_id AND h.aggregate = 'effect'
                AND h.aggregate_id = e.effect_id AND h.version = e.version)
           END AS doubted_at
    FROM effect e
    WHERE vendor_id = %(vendor_id)s AND state = %(state)s
      AND (%(kind)s::text IS NULL OR kind = %(kind)s)
      AND (not_before <= %(at)s OR (attempts = 0 AND not_before <= %(at)s + %(company)s
           AND EXISTS (SELECT FROM effect d WHERE d.vendor_id = e.vendor_id AND d.state = e.state
                         AND d.kind = e.kind AND d.not_before <= %(at)s)))
    ORDER BY not_before, effect_id LIMIT %(most)s"""
    return await fetch(
        connection,
        f"{query} FOR UPDATE" if lock else query,
        vendor_id=vendor_id,
        state=state,
        at=at,
        most=most,
        kind=kind,
        company=company,
    )


async def kinds_due(connection: Connection, vendor_id: str, state: str, at: datetime) -> set[str]:
    """Return the kinds of which an effect of one state is due, without locking anything."""
    query = """SELECT DISTINCT kind FROM effect
               WHERE vendor_id = %(vendor_id)s AND state = %(state)s AND not_before <= %(at)s"""
    rows = await fetch(connection, query, vendor_id=vendor_id, state=state, at=at)
    return {row["kind"] for row in rows}


async def by_ids(connection: Connection, vendor_id: str, effect_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Lock and return these effects, oldest first."""
    query = """SELECT * FROM effect WHERE vendor_id = %(vendor_id)s AND effect_id = ANY(%(ids)s)
               ORDER BY effect_id FOR UPDATE"""
    return await fetch(connection, query, vendor_id=vendor_id, ids=list(effect_ids))


async def open_for(
    connection: Connection, vendor_id: str, shipment_box_ids: Sequence[int], state: str
) -> list[dict[str, Any]]:
    """Lock and return the effects of these boxes that are in one state."""
    query = """SELECT * FROM effect WHERE vendor_id = %(vendor_id)s AND shipment_box_id = ANY(%(ids)s)
               AND state = %(state)s FOR UPDATE"""
    return await fetch(connection, query, vendor_id=vendor_id, ids=list(shipment_box_ids), state=state)


async def begin_attempts(
    connection: Connection,
    vendor_id: str,
    effect_ids: Sequence[int],
    *,
    purpose: str,
    epoch: int,
    worker: str,
    at: datetime,
) -> dict[int, int]:
    """Record tries before they are sent; return attempt id by effect id."""
    query = """
    INSERT INTO attempt (vendor_id, effect_id, purpose, epoch, worker, sent_at)
    SELECT %(vendor_id)s, id, %(purpose)s, %(epoch)s, %(worker)s, %(at)s FROM unnest(%(ids)s::bigint[]) AS id
    RETURNING attempt_id, effect_id"""
    rows = await fetch(
        connection,
        query,
        vendor_id=vendor_id,
        ids=list(effect_ids),
        purpose=purpose,
        epoch=epoch,
        worker=worker,
        at=at,
    )
    return {row["effect_id"]: row["attempt_id"] for row in rows}


async def end_attempts(
    connection: Connection,
    vendor_id: str,
    ended: Sequence[tuple[int, str, str | None, bytes | None]],
    at: datetime,
) -> None:
    """Record how tries ended: (attempt id, outcome, detail, evidence digest)."""
    query = """
    UPDATE attempt a SET answered_at = %(at)s, outcome = e.outcome, detail = e.detail, evidence = e.evidence
    FROM unnest(%(ids)s::bigint[], %(outcomes)s::text[], %(details)s::text[], %(evidences)s::bytea[])
         AS e(id, outcome, detail, evidence)
    WHERE a.vendor_id = %(vendor_id)s AND a.attempt_id = e.id"""
    ids, outcomes, details, evidences = columns(ended, 4)
    await execute(
        connection,
        query,
        vendor_id=vendor_id,
        at=at,
        ids=ids,
        outcomes=outcomes,
        details=details,
        evidences=evidences,
    )


async def postpone(
    connection: Connection, vendor_id: str, effect_ids: Sequence[int], not_before: datetime
) -> None:
    """Look at these effects again from `not_before` on; their state stays."""
    query = """UPDATE effect SET not_before = %(not_before)s
               WHERE vendor_id = %(vendor_id)s AND effect_id = ANY(%(ids)s)"""
    await execute(connection, query, vendor_id=vendor_id, ids=list(effect_ids), not_before=not_before)


async def postpone_each(
    connection: Connection, vendor_id: str, waiting: Sequence[tuple[int, datetime]]
) -> None:
    """Look at these effects again, each at its time; their state stays."""
    query = """UPDATE effect e SET not_before = w.not_before
               FROM unnest(%(ids)s::bigint[], %(ats)s::timestamptz[]) AS w(effect_id, not_before)
               WHERE e.vendor_id = %(vendor_id)s AND e.effect_id = w.effect_id"""
    ids, ats = columns(waiting, 2)
    await execute(connection, query, vendor_id=vendor_id, ids=ids, ats=ats)


async def rewrite(connection: Connection, vendor_id: str, effect_id: int, payload: Mapping[str, Any]) -> None:
    """Store what is really asked for, where it is less than what was intended."""
    query = """UPDATE effect SET payload = %(payload)s
               WHERE vendor_id = %(vendor_id)s AND effect_id = %(effect_id)s"""
    await execute(connection, query, vendor_id=vendor_id, effect_id=effect_id, payload=Jsonb(dict(payload)))


async def count_by_state(connection: Connection, vendor_ids: list[str] | None) -> list[dict[str, Any]]:
    """Return how many effects of each kind each vendor has in each state."""
    query = """SELECT vendor_id, kind, state, count(*) AS effects FROM effect
               WHERE %(vendor_ids)s::text[] IS NULL OR vendor_id = ANY(%(vendor_ids)s) GROUP BY 1, 2, 3"""
    return await fetch(connection, query, vendor_ids=vendor_ids)
