"""Which vendors a caller may know of, written so that every question finds an index.

Keys begin with the vendor. A question about "these vendors, or all of them" is answered by naming them all;
`IS NULL OR` would read whole tables.
"""

from typing import Any, LiteralString

from app.engine.db.database import Connection

VENDORS: LiteralString = "coalesce(%(vendor_ids)s::text[], ARRAY(SELECT vendor_id FROM vendor))"
"""The vendors of a caller; all when `vendor_ids` is null."""


def first_of(rows: LiteralString, order: LiteralString, each: LiteralString = "") -> LiteralString:
    """Return a query of the first rows of all vendors of a caller.

    Each vendor's first rows come from its own index, and are merged: rows beyond the page are never sorted.

    Args:
        rows: A query of one vendor's rows, ending in its conditions, of which one is `… = v.vendor_id`.
        order: Output columns with their direction.
        each: What else has first rows of its own, with an index for it: a further item of FROM.
    """
    return (
        "SELECT p.* FROM unnest("
        + VENDORS
        + ") AS v(vendor_id)"
        + each
        + "\nCROSS JOIN LATERAL (\n"
        + rows
        + "\n  ORDER BY "
        + order
        + " LIMIT %(most)s\n) p\nORDER BY "
        + order
        + " LIMIT %(most)s"
    )


async def fetch_page(connection: Connection, query: LiteralString, **params: Any) -> list[dict[str, Any]]:
    """Run a query with filters that may be absent, planned for those that are there.

    A prepared one would be planned once for all: a rare state and a common one, with and without a cursor.
    """
    cursor = await connection.execute(query, params, prepare=False)
    return await cursor.fetchall()
