"""Boxes as they were at a past moment."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.coupang.errors import CoupangError
from app.coupang.orders.decode import Sheet, read_sheet_page
from app.engine.db.database import Connection, fetch, fetch_one
from app.engine.family import PastView
from app.machines.cancels import UNANSWERED
from app.orders.lookup import require_box


def sheet_of(raw: bytes) -> Sheet | None:
    """Return the order sheet that was kept as evidence; None when it cannot be read (any more)."""
    try:
        row = read_sheet_page(b'{"code":200,"message":"","data":[' + raw + b"]}").row(0)
    except CoupangError:
        return None
    return row if isinstance(row, Sheet) else None


def _word(raw: bytes) -> dict[str, Any]:
    sheet = sheet_of(raw)
    if sheet is None:
        return {}
    lines = [
        {
            "vendor_item_id": line.vendor_item_id,
            "ordered": line.ordered,
            "held": line.held,
            "cancelled": line.cancelled,
            "shippable": line.ordered - line.held - line.cancelled,
        }
        for line in sorted(sheet.lines, key=lambda line: line.vendor_item_id)
    ]
    return {"status": sheet.status, "lines": lines}


async def _more(
    tx: Connection, vendor_id: str, box_id: int, at: datetime, related: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    holds = await _holds_at(tx, vendor_id, box_id, at)
    return {
        "address_version": await _address_version_at(tx, vendor_id, box_id, at),
        "holds": holds,
        "hold_until": max((hold["expires_at"] for hold in holds), default=None),
        "stop_open": any(one["aggregate"] == "cancel" and one["state"] in UNANSWERED for one in related),
    }


async def _holds_at(
    connection: Connection, vendor_id: str, shipment_box_id: int, at: datetime
) -> list[dict[str, Any]]:
    """Return the holds of a box that were placed and not released by then."""
    query = """SELECT hold_id, placed_by, placed_at, expires_at FROM hold
               WHERE vendor_id = %(vendor_id)s AND shipment_box_id = %(id)s AND placed_at <= %(at)s
                 AND (released_at IS NULL OR released_at > %(at)s) ORDER BY hold_id"""
    return await fetch(connection, query, vendor_id=vendor_id, id=shipment_box_id, at=at)


async def _address_version_at(
    connection: Connection, vendor_id: str, shipment_box_id: int, at: datetime
) -> int | None:
    """Return the newest version of the receiver that was known by then."""
    query = """SELECT max(version) AS version FROM receiver
               WHERE vendor_id = %(vendor_id)s AND shipment_box_id = %(id)s AND seen_at <= %(at)s"""
    row = await fetch_one(connection, query, vendor_id=vendor_id, id=shipment_box_id, at=at)
    return row["version"] if row else None


BOX_VIEW = PastView(
    aggregate="box",
    observed_as="box",
    belonging="""
    SELECT 'effects' AS part, 'effect' AS aggregate, effect_id AS aggregate_id FROM effect
    WHERE vendor_id = %(vendor_id)s AND shipment_box_id = %(id)s""",
    find=require_box,
    word=_word,
    more=_more,
)
