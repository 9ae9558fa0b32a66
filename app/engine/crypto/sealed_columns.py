"""Walk the rows of a sealed column in batches; for the rotation of keys."""

from collections.abc import Sequence
from typing import Any

from app.engine.db.database import Connection, columns, execute, fetch
from app.engine.family import SealedColumn


async def after(
    connection: Connection, column: SealedColumn, last: Sequence[Any] | None, most: int
) -> list[dict[str, Any]]:
    """Lock and return the next rows (key columns and `sealed`) in the order of their key."""
    names = ", ".join(name for name, _ in column.key)
    marks = ", ".join(f"%(k{place})s::{kind}" for place, (_, kind) in enumerate(column.key))
    condition = f"AND ({names}) > ({marks})" if last is not None else ""
    query = f"""SELECT {names}, {column.column} AS sealed FROM {column.table}
                WHERE {column.column} IS NOT NULL {condition}
                ORDER BY {names} LIMIT %(most)s FOR UPDATE"""
    bound = {f"k{place}": value for place, value in enumerate(last or ())}
    return await fetch(connection, query, most=most, **bound)


async def replace(
    connection: Connection, column: SealedColumn, rows: Sequence[tuple[Sequence[Any], bytes]]
) -> None:
    """Write new sealed values: (key, sealed)."""
    names = [name for name, _ in column.key]
    arrays = ", ".join(f"%(k{place})s::{kind}[]" for place, (_, kind) in enumerate(column.key))
    same = " AND ".join(f"t.{name} = n.{name}" for name in names)
    query = f"""UPDATE {column.table} t SET {column.column} = n.sealed
                FROM unnest({arrays}, %(sealed)s::bytea[]) AS n({", ".join(names)}, sealed) WHERE {same}"""
    keys = columns([key for key, _ in rows], len(names))
    bound = {f"k{place}": values for place, values in enumerate(keys)}
    await execute(connection, query, sealed=[sealed for _, sealed in rows], **bound)
