"""What we hold of exchanges and a list should have shown."""

from datetime import datetime

from app.engine.context import Context
from app.engine.feeds.windows import Window
from app.exchanges import missing_rows_sql


async def holds_exchange(context: Context, vendor_id: str, window: Window, since: datetime) -> bool:
    """Tell whether an exchange of this window was known before `since`."""
    async with context.db.connection() as connection:
        return await missing_rows_sql.holds_exchange(connection, vendor_id, (window.start, window.end), since)
