"""What we hold of claims and a list should have shown."""

from collections.abc import Set
from datetime import datetime

from app.claims.empty_lists import sql as missing_rows_sql
from app.engine.context import Context
from app.engine.feeds.windows import Window


async def absent_receipt(
    context: Context, vendor_id: str, window: Window, seen: Set[int], since: datetime
) -> int | None:
    """Return the oldest return or stop request of a window that no list has shown; None: none."""
    async with context.db.connection() as connection:
        return await missing_rows_sql.absent_receipt(
            connection, vendor_id, (window.start, window.end), seen, since
        )
