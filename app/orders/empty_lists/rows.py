"""Stored rows that a list should have shown, for the polls."""

from collections.abc import Set
from datetime import datetime
from typing import Any

from app.engine.context import Context
from app.engine.feeds.windows import Window
from app.orders.empty_lists import sql as missing_rows_sql


async def absent_box(
    context: Context, vendor_id: str, window: Window, seen: Set[int], since: datetime
) -> dict[str, Any] | None:
    """Return the oldest box of a window that no list, read since then, has shown; None: none."""
    async with context.db.connection() as connection:
        return await missing_rows_sql.absent_box(
            connection, vendor_id, (window.start, window.end), seen, since
        )
