"""What must hold of everything that is stored, at any moment and whatever is under way.

Nothing is missing of which another part is there; what is sealed is opened and compared: evidence with its
name, boxes with the sheets they were stored from.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, LiteralString

from app.engine.context import PURPOSE_EVIDENCE, PURPOSE_RECEIVER, Context
from app.engine.db.database import Connection, fetch
from app.engine.vendors import store as vendor_store
from app.integrity import doctor_sql
from app.orders.past import sheet_of
from app.vault import Sealed

BATCH = 1000
"""Rows that are held in memory at once."""


async def all_faults(context: Context) -> list[str]:
    """Return what does not hold, of every vendor."""
    async with context.db.connection() as connection:
        return [
            f"{vendor['vendor_id']}: {told}"
            for vendor in await vendor_store.list_vendors(connection, None)
            async for _, told in faults(context, connection, vendor["vendor_id"])
        ]


async def faults(context: Context, connection: Connection, vendor_id: str) -> AsyncIterator[tuple[str, str]]:
    """Yield what does not hold: the doctor's check and what to tell; nothing of a person is in it.

    What was erased because its time is over is not missed.
    """

    async def ask(question: LiteralString) -> list[dict[str, Any]]:
        return await fetch(connection, question, vendor_id=vendor_id)

    for row in await ask(doctor_sql.UNRECORDED):
        told = f"was sent {row['attempts']} times, and {row['known']} tries are recorded"
        yield "effects", f"effect {row['effect_id']} {told}"
    for row in await ask(doctor_sql.UNPROVEN):
        told = f"{row['aggregate']} {row['aggregate_id']} v{row['version']}: its evidence is gone"
        yield "history", told
    for row in await ask(doctor_sql.MISDATED):
        told = f"came there at {_time(row['at'])}, not at {_time(row['state_at'])}"
        yield "history", f"{row['aggregate']} {row['aggregate_id']} {told}"
    for row in await ask(doctor_sql.UNGUARDED):
        yield "history", f"trigger {row['name']} is off: rows can be rewritten"
    for row in await ask(doctor_sql.BODILESS):
        lacks = [name for name in ("lines", "receiver") if row[f"no_{name}"]]
        yield "rows", f"box {row['shipment_box_id']} has no {' and no '.join(lacks)}"
    for row in await ask(doctor_sql.LIFELESS):
        yield "rows", f"{row['aggregate']} {row['aggregate_id']} has {row['lacks']}"
    async for row in _rows(connection, vendor_id, doctor_sql.CONFIRMED):
        if _opened(context, row) is None:
            yield "effects", f"effect {row['id']}: the evidence of its confirmation is not what was stored"
    async for row in _rows(connection, vendor_id, doctor_sql.SHEETS):
        for told in _of_box(context, row):
            yield "rows", f"box {row['id']}: {told}"


async def _rows(
    connection: Connection, vendor_id: str, question: LiteralString
) -> AsyncIterator[dict[str, Any]]:
    after = 0
    while rows := await fetch(connection, question, vendor_id=vendor_id, after=after, most=BATCH):
        for row in rows:
            yield row
        if len(rows) < BATCH:
            return
        after = rows[-1]["id"]


def _opened(context: Context, row: dict[str, Any]) -> bytes | None:
    """Return evidence that is what its name says, or what we left of it; None when it is not."""
    try:
        raw = context.vault.open_packed(row["sealed"], PURPOSE_EVIDENCE)
    except Sealed:
        return None
    whole = row["erased_at"] is None
    return raw if not whole or context.vault.digest(raw) == row["digest"] else None


def _of_box(context: Context, row: dict[str, Any]) -> list[str]:
    if row["digest"] is None:
        return ["the sheet that it was stored from is gone"]
    told = [] if _has_receiver(context, row) else ["its receiver is not what was stored"]
    if row["sealed"] is None:
        return told
    raw = _opened(context, row)
    if raw is None:
        return [*told, "the sheet that it was stored from is not what was stored"]
    sheet = sheet_of(raw)
    if sheet is None:
        return told
    said: dict[str, tuple[object, object]] = {
        "order_id": (row["order_id"], sheet.order_id),
        "market_status": (row["market_status"], sheet.status),
        "paid_at": (_time(row["paid_at"]), _time(sheet.paid_at)),
        "lines": (row["lines"], {str(line.vendor_item_id): line.ordered for line in sheet.lines}),
    }
    if sheet.invoice_number and not row["sent_since"]:
        said["invoice_number"] = (row["invoice_number"], sheet.invoice_number)
    return told + [
        f"{name} is {ours}, Coupang said {theirs}" for name, (ours, theirs) in said.items() if ours != theirs
    ]


def _has_receiver(context: Context, row: dict[str, Any]) -> bool:
    if row["sealed_receiver"] is None:
        return True
    try:
        plain = context.vault.open(row["sealed_receiver"], PURPOSE_RECEIVER)
    except Sealed:
        return False
    return bool(context.vault.digest(plain) == row["receiver_digest"])


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%SZ}"
