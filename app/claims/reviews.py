"""What operators decide of claims by hand: an order may go although a claim of it could not be read."""

from typing import Any

from app.claims.box_blocks import UNREAD, UNREAD_EXCHANGE
from app.engine.caller import Caller
from app.engine.context import Context
from app.engine.evidence.statements import keep_statement
from app.errors import NotFound
from app.orders.order_blocks.store import free_orders, unread_of
from app.orders.replacement_boxes import SUSPECT


async def release(context: Context, caller: Caller, order_id: int, reason: str) -> list[dict[str, Any]]:
    """Let an order go whose claim somebody has looked at; return the claims that held it.

    The operator's statement is kept as evidence. A claim that is read differently later holds it again.

    Raises:
        NotFound: Nothing of this caller's holds this order.
    """
    at = context.now()
    async with context.db.transaction() as tx:
        held = await unread_of(tx, caller.vendor_ids, order_id)
        if not held:
            raise NotFound("no unread claim holds this order", order_id=str(order_id))
        for vendor_id in sorted({row["vendor_id"] for row in held}):
            mine = [row for row in held if row["vendor_id"] == vendor_id]
            about = {"order": str(order_id), "claims": " ".join(row["digest"].hex() for row in mine)}
            await keep_statement(context, tx, vendor_id, caller, about, reason, at)
            why = (UNREAD, UNREAD_EXCHANGE, SUSPECT)
            await free_orders(tx, vendor_id, why, at, digests=[row["digest"] for row in mine])
    return [
        {
            "digest": row["digest"].hex(),
            "claim_id": None if row["claim_id"] is None else str(row["claim_id"]),
            "why_unread": row["reason"],
            "seen_at": row["seen_at"],
        }
        for row in held
    ]
