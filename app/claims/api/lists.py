"""How cancels, returns and exchanges are listed: one page, oldest first."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from starlette.responses import Response

from app.web import presenters
from app.web.deps import AuthorizedRequest
from app.web.pagination import page, place_of

Place = tuple[datetime, int]
Flow = Callable[..., Awaitable[tuple[list[dict[str, Any]], Place | None]]]


async def listed(
    request: AuthorizedRequest,
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
        request.context,
        request.key.within(vendor_id),
        states=states or (),
        order_id=order_id,
        after=after,
        most=limit,
    )
    items = [presenters.plain(row) for row in rows]
    return page(items, then)
