"""Who did what to the installation, and when: vendors and keys, never a secret."""

from operator import itemgetter
from typing import Any

from app.flows.cursors import cut
from app.flows.house import House
from app.store import desk


async def list_entries(
    house: House, vendor_ids: list[str] | None, *, subject: str | None, before: int | None, most: int
) -> tuple[list[dict[str, Any]], int | None]:
    """Return the audit log, newest first, and where the next page begins (None: there is none)."""
    async with house.db.connection() as connection:
        rows = await desk.list_entries(connection, vendor_ids, subject=subject, before=before, most=most + 1)
    return cut(rows, most, itemgetter("entry_id"))
