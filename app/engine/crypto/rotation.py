"""Rotate the master key: seal everything again under the newest key of the ring."""

from collections.abc import Mapping
from typing import Any

from app.engine.context import (
    PURPOSE_EVIDENCE,
    PURPOSE_QUARANTINE,
    PURPOSE_RECEIVER,
    PURPOSE_REQUESTER,
    PURPOSE_SECRETS,
    Context,
)
from app.engine.crypto import sealed_columns

BATCH = 500


async def rotate(context: Context) -> int:
    """Seal again whatever an older key has sealed; return how many values.

    Batches of their own transactions: it may be stopped and started again at any moment.
    """
    renewed = 0
    for column in sealed_columns.COLUMNS:
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


def _key(column: sealed_columns.Column, row: Mapping[str, Any]) -> list[Any]:
    return [row[name] for name, _ in column.key]


def _reseal(context: Context, column: sealed_columns.Column, row: Mapping[str, Any]) -> bytes:
    purpose = {
        "secret": lambda: str(row["name"]).encode(),
        "vendor": lambda: PURPOSE_SECRETS + str(row["vendor_id"]).encode(),
        "receiver": lambda: PURPOSE_RECEIVER,
        "receipt": lambda: PURPOSE_REQUESTER,
        "exchange": lambda: PURPOSE_REQUESTER,
        "evidence": lambda: PURPOSE_EVIDENCE,
        "quarantine": lambda: PURPOSE_QUARANTINE,
    }[column.table]()
    return context.vault.seal(context.vault.open(row["sealed"], purpose), purpose)
