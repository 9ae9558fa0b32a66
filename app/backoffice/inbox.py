"""Everything that waits for a person: what, since when, until when, why, and what can be done about it."""

from collections.abc import Collection, Mapping
from datetime import datetime
from operator import itemgetter
from typing import Any

from app.backoffice import inbox_store
from app.engine.caller import Vendors
from app.engine.context import Context
from app.engine.pagination import split_page
from app.machines.cancels import COSTS

Place = tuple[datetime, int]
_RETURN = ("actions", "GET", "/v1/returns/{id}/actions")
_EXCHANGE = ("actions", "GET", "/v1/exchanges/{id}/actions")
_REJECT = ("reject", "POST", "/v1/exchanges/{id}/reject")
_READ_RECEIPT = ("resync", "POST", "/admin/v1/receipts/{id}/resync")
_READ_EXCHANGE = ("resync", "POST", "/admin/v1/exchanges/{id}/resync")

# Kind → what can be done: action, method, address.
WAYS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "stop_request": (
        ("stop_shipment", "POST", "/v1/cancels/{id}/stop"),
        ("declare_shipped", "POST", "/v1/cancels/{id}/shipped"),
        _READ_RECEIPT,
    ),
    "return_arrival": (("arrive", "POST", "/v1/returns/{id}/arrive"), _RETURN, _READ_RECEIPT),
    "return_inspection": (("inspect", "POST", "/v1/returns/{id}/inspect"), _RETURN),
    "return_finding": (
        ("accept_despite", "POST", "/admin/v1/returns/{id}/accept"),
        ("inspect_again", "POST", "/v1/returns/{id}/inspect"),
        _READ_RECEIPT,
    ),
    "return_confirmation": (("confirm", "POST", "/v1/returns/{id}/confirm"), _RETURN),
    "return_approval": (("approve", "POST", "/v1/returns/{id}/approve"), _RETURN),
    "return_dispute": (_READ_RECEIPT,),
    "exchange_arrival": (("arrive", "POST", "/v1/exchanges/{id}/arrive"), _REJECT, _EXCHANGE, _READ_EXCHANGE),
    "exchange_inspection": (("inspect", "POST", "/v1/exchanges/{id}/inspect"), _REJECT, _EXCHANGE),
    "exchange_finding": (
        ("accept_despite", "POST", "/admin/v1/exchanges/{id}/accept"),
        ("inspect_again", "POST", "/v1/exchanges/{id}/inspect"),
        _REJECT,
    ),
    "exchange_confirmation": (("confirm", "POST", "/v1/exchanges/{id}/confirm"), _REJECT, _EXCHANGE),
    "exchange_replacement": (("ship", "POST", "/v1/exchanges/{id}/ship"), _EXCHANGE, _READ_EXCHANGE),
    "effect_review": (
        ("rule", "POST", "/admin/v1/effects/{id}/verdict"),
        ("explain", "GET", "/v1/effects/{id}"),
    ),
    "box_attention": (
        ("resync", "POST", "/admin/v1/boxes/{id}/resync"),
        ("transitions", "GET", "/admin/v1/boxes/{id}/transitions"),
    ),
    "receipt_attention": (_READ_RECEIPT,),
    "exchange_attention": (
        _READ_EXCHANGE,
        ("transitions", "GET", "/admin/v1/exchanges/{id}/transitions"),
    ),
    "unread_claim": (("release", "POST", "/admin/v1/orders/{id}/release"),),
    "unread_row": (("look", "GET", "/admin/v1/quarantine"),),
    "hold_over": (
        ("release", "DELETE", "/v1/boxes/{box}/holds/{id}"),
        ("hold_again", "POST", "/v1/boxes/{box}/holds"),
    ),
}


async def list_decisions(
    context: Context,
    vendor_ids: Vendors,
    *,
    kinds: Collection[str] = (),
    overdue: bool | None = None,
    after: Place | None = None,
    most: int,
) -> tuple[list[dict[str, Any]], Place | None]:
    """Return what waits for a person, the nearest deadline first, and where the next page begins."""
    at = context.now()
    async with context.db.connection() as connection:
        rows = await inbox_store.list_waiting(
            connection, vendor_ids, at, kinds=kinds, overdue=overdue, after=after, most=most + 1
        )
    page, then = split_page(rows, most, itemgetter("place_at", "place_id"))
    return [_shown(row, at) for row in page], then


def _shown(row: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    told = {
        name: row[name]
        for name in (
            "vendor_id",
            "kind",
            "subject",
            "id",
            "order_id",
            "shipment_box_id",
            "since",
            "deadline",
            "reason",
        )
    }
    ways = [
        {
            "action": action,
            "method": method,
            "href": href.format(id=row["id"], box=row["shipment_box_id"]),
            "who_pays": COSTS.get(action),
        }
        for action, method, href in WAYS[row["kind"]]
    ]
    overdue = row["deadline"] is not None and row["deadline"] < at
    digest = row["digest"].hex() if row["digest"] else None
    return {**told, "digest": digest, "overdue": overdue, "actions": ways}
