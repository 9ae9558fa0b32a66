"""Open what is sealed and compare: evidence with its name, boxes with the sheets they were stored from."""

import zlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, LiteralString

from app.flows.house import PURPOSE_EVIDENCE, PURPOSE_RECEIVER, House
from app.flows.moments import sheet_of
from app.store import examinations
from app.store.database import Connection, fetch
from app.vault import Sealed

BATCH = 1000
"""Rows that are held in memory at once."""


async def faults(house: House, connection: Connection, vendor_id: str) -> AsyncIterator[tuple[str, str]]:
    """Yield what is not what it was: the doctor's check and what to tell; nothing of a person is in it.

    What was erased because its time is over is not missed.
    """
    async for row in _rows(connection, vendor_id, examinations.CONFIRMED):
        if _opened(house, row["sealed"], row["digest"]) is None:
            yield "effects", f"effect {row['id']}: the evidence of its confirmation is not what was stored"
    async for row in _rows(connection, vendor_id, examinations.SHEETS):
        for told in _of_box(house, row):
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


def _opened(house: House, sealed: bytes, digest: bytes) -> bytes | None:
    """Return evidence that is what its name says; None when it is not."""
    try:
        raw = house.vault.open_packed(sealed, PURPOSE_EVIDENCE)
    except (Sealed, zlib.error):
        return None
    return raw if house.vault.digest(raw) == digest else None


def _of_box(house: House, row: dict[str, Any]) -> list[str]:
    if row["digest"] is None:
        return ["the sheet that it was stored from is gone"]
    told = [] if _has_receiver(house, row) else ["its receiver is not what was stored"]
    if row["sealed"] is None:
        return told
    raw = _opened(house, row["sealed"], row["digest"])
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
    return told + [
        f"{name} is {ours}, Coupang said {theirs}" for name, (ours, theirs) in said.items() if ours != theirs
    ]


def _has_receiver(house: House, row: dict[str, Any]) -> bool:
    if row["sealed_receiver"] is None:
        return True
    try:
        plain = house.vault.open(row["sealed_receiver"], PURPOSE_RECEIVER)
    except Sealed:
        return False
    return bool(house.vault.digest(plain) == row["receiver_digest"])


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%SZ}"
