"""Who did what to the installation, and when: vendors and keys, never a secret."""

from operator import itemgetter
from typing import Any

from app.engine.access import audit_log_store
from app.engine.context import Context
from app.engine.pagination import split_page


async def list_entries(
    context: Context, vendor_ids: list[str] | None, *, subject: str | None, before: int | None, most: int
) -> tuple[list[dict[str, Any]], int | None]:
    """Return the audit log, newest first, and where the next page begins (None: there is none)."""
    async with context.db.connection() as connection:
        rows = await audit_log_store.list_entries(
            connection, vendor_ids, subject=subject, before=before, most=most + 1
        )
    return split_page(rows, most, itemgetter("entry_id"))
