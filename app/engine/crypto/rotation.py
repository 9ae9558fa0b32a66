"""Rotate the master key: seal everything again under the newest key of the ring."""

from collections.abc import Mapping
from typing import Any

from app.engine.context import Context
from app.engine.crypto import sealed_columns
from app.engine.family import SealedColumn

BATCH = 500


async def rotate(context: Context) -> int:
    """Seal again whatever an older key has sealed; return how many values.

    Batches of their own transactions: it may be stopped and started again at any moment.
    """
    renewed = 0
    for column in context.registry.sealed_columns:
        last: list[Any] | None = None
        while True:
            async with context.db.transaction() as tx:
                rows = await sealed_columns.after(tx, column, last, BATCH)
                old = [row for row in rows if not context.vault.is_current(row["sealed"])]
                if old:
                    again = [(_key(column, row), _reseal(context, column, row)) for row in old]
                    await sealed_columns.replace(tx, column, again)
                    renewed += len(old)
            if len(rows) < BATCH:
                break
            last = _key(column, rows[-1])
    return renewed


def _key(column: SealedColumn, row: Mapping[str, Any]) -> list[Any]:
    return [row[name] for name, _ in column.key]


def _reseal(context: Context, column: SealedColumn, row: Mapping[str, Any]) -> bytes:
    purpose = column.purpose(row)
    return context.vault.seal(context.vault.open(row["sealed"], purpose), purpose)
