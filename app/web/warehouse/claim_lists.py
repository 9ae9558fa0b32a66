"""How cancels, returns and exchanges are listed: one page, oldest first."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from starlette.responses import Response

from app.web import answers
from app.web.cursors import page, place_of
from app.web.deps import Desk

Place = tuple[datetime, int]
Flow = Callable[..., Awaitable[tuple[list[dict[str, Any]], Place | None]]]


async def listed(
    desk: Desk,
    flow: Flow,
    vendor_id: str | None,
    states: Sequence[str] | None,
    order_id: int | None,
    cursor: str | None,
    limit: int,
) -> Response:
    """Answer with one page of what a flow lists for this caller.

    Raises:
        Invalid: Not a cursor of ours.
    """
    after = place_of(cursor)
    rows, then = await flow(
        desk.house,
        desk.key.within(vendor_id),
        states=states or (),
        order_id=order_id,
        after=after,
        most=limit,
    )
    items = [answers.plain(row) for row in rows]
    return page(items, then)
