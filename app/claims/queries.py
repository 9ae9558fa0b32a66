"""What everybody reads of claims: cancels with the decision they ask for, and returns.

Nothing here changes anything. `vendor_ids` is what the caller may know of (None: every vendor).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from app.claims import store as claim_store
from app.claims.lookup import require_receipt
from app.engine.caller import Vendors
from app.engine.context import Context
from app.engine.db.database import Connection
from app.engine.effects import store as effect_store
from app.engine.history.actions import judge
from app.engine.history.lists import history_of
from app.engine.pagination import split_page
from app.machines.cancels import CANCEL, COSTS, CancelFacts, CancelState

Place = tuple[datetime, int]
CALLS = {"stop_shipment": "stop", "declare_shipped": "shipped"}
"""Answer to a stop request → the last part of its address."""


async def list_cancels(
    context: Context,
    vendor_ids: Vendors,
    *,
    states: Sequence[str] = (),
    order_id: int | None = None,
    after: Place | None = None,
    most: int,
) -> tuple[list[dict[str, Any]], Place | None]:
    """Return cancels, oldest first, and where the next page begins (None: there is none)."""
    return await _list(context, "cancel", vendor_ids, states, order_id, after, most)


async def list_returns(
    context: Context,
    vendor_ids: Vendors,
    *,
    states: Sequence[str] = (),
    order_id: int | None = None,
    after: Place | None = None,
    most: int,
) -> tuple[list[dict[str, Any]], Place | None]:
    """Return returns, oldest first, and where the next page begins (None: there is none)."""
    return await _list(context, "return", vendor_ids, states, order_id, after, most)


async def _list(
    context: Context,
    aggregate: str,
    vendor_ids: Vendors,
    states: Sequence[str],
    order_id: int | None,
    after: Place | None,
    most: int,
) -> tuple[list[dict[str, Any]], Place | None]:
    async with context.db.connection() as connection:
        rows = await claim_store.list_receipts(
            connection,
            aggregate,
            vendor_ids,
            states=states,
            order_id=order_id,
            after=after,
            most=most + 1,
        )
    return split_page(rows, most, itemgetter("opened_at", "receipt_id"))


async def get_cancel(context: Context, vendor_ids: Vendors, receipt_id: int) -> dict[str, Any]:
    """Return one cancel with `lines`, `boxes`, `decision` and `history`.

    The decision is None unless a stop request waits for its answer.

    Raises:
        NotFound: No such cancel for this caller.
    """
    async with context.db.transaction() as tx:
        row = await _whole(tx, "cancel", vendor_ids, receipt_id)
        decision = None
        if row["state"] == CancelState.REQUESTED:
            decision = {"deadline": row["decide_by"], "options": await _options(tx, row)}
        return {**row, "decision": decision}


async def get_return(context: Context, vendor_ids: Vendors, receipt_id: int) -> dict[str, Any]:
    """Return one return with `lines`, `boxes` and `history`.

    Raises:
        NotFound: No such return for this caller.
    """
    async with context.db.transaction() as tx:
        return await _whole(tx, "return", vendor_ids, receipt_id)


async def _whole(tx: Connection, aggregate: str, vendor_ids: Vendors, receipt_id: int) -> dict[str, Any]:
    row = await require_receipt(tx, aggregate, vendor_ids, receipt_id)
    vendor_id = row["vendor_id"]
    meant = await claim_store.boxes_of(tx, vendor_id, [receipt_id])
    return {
        **row,
        "lines": await claim_store.lines_of(tx, vendor_id, receipt_id),
        "boxes": [{"shipment_box_id": one["shipment_box_id"], "state": one["state"]} for one in meant],
        "history": await history_of(tx, vendor_id, aggregate, receipt_id),
    }


async def _options(tx: Connection, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Judge both answers: the same guards decide when one is asked."""
    leaving = await claim_store.is_leaving(tx, row["vendor_id"], row["receipt_id"])
    busy = await effect_store.find_open(tx, row["vendor_id"], row["receipt_id"], "cancel")
    told = []
    for event, way in CALLS.items():
        facts = CancelFacts(
            handed_over=event == "declare_shipped", waybill=True, waybill_sent=leaving, whole=True
        )
        _, refused = judge(CANCEL, row["state"], event, facts, busy)
        told.append(
            {
                "action": event,
                "method": "POST",
                "call": f"/v1/cancels/{row['receipt_id']}/{way}",
                "who_pays": COSTS[event],
                "allowed": not refused,
                "refused_by": refused,
            }
        )
    return told
