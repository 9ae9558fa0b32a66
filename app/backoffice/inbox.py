"""Everything that waits for a person: what, since when, until when, why, and what can be done about it."""

from collections.abc import Collection, Mapping
from datetime import datetime
from operator import itemgetter
from typing import Any

from app.backoffice import inbox_store
from app.engine.caller import Vendors
from app.engine.context import Context
from app.engine.pagination import split_page
from app.engine.registry import Registry
from app.errors import Invalid

Place = tuple[datetime, int]


async def list_decisions(
    context: Context,
    vendor_ids: Vendors,
    *,
    kinds: Collection[str] = (),
    overdue: bool | None = None,
    after: Place | None = None,
    most: int,
) -> tuple[list[dict[str, Any]], Place | None]:
    """Return what waits for a person, the nearest deadline first, and where the next page begins.

    Raises:
        Invalid: Nothing of such a kind may wait; names what may.
    """
    registry = context.registry
    if unknown := [kind for kind in kinds if kind not in registry.inbox]:
        known = ", ".join(f"'{name}'" for name in registry.inbox)
        raise Invalid(f"nothing waits as {unknown[0]}", ("/kind", f"one of {known}"))
    at = context.now()
    async with context.db.connection() as connection:
        rows = await inbox_store.list_waiting(
            connection,
            registry.waiting,
            vendor_ids,
            at,
            kinds=kinds,
            overdue=overdue,
            after=after,
            most=most + 1,
        )
    page, then = split_page(rows, most, itemgetter("place_at", "place_id"))
    return [_shown(registry, row, at) for row in page], then


def _shown(registry: Registry, row: Mapping[str, Any], at: datetime) -> dict[str, Any]:
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
            "action": way.action,
            "method": way.method,
            "href": way.href.format(id=row["id"], box=row["shipment_box_id"]),
            "who_pays": way.who_pays,
        }
        for way in registry.inbox[row["kind"]].ways
    ]
    overdue = row["deadline"] is not None and row["deadline"] < at
    digest = row["digest"].hex() if row["digest"] else None
    return {**told, "digest": digest, "overdue": overdue, "actions": ways}
