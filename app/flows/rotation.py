"""Rotate the master key: seal everything again under the newest key of the ring."""

from collections.abc import Mapping
from typing import Any

from app.flows.house import (
    PURPOSE_EVIDENCE,
    PURPOSE_QUARANTINE,
    PURPOSE_RECEIVER,
    PURPOSE_REQUESTER,
    PURPOSE_SECRETS,
    House,
)
from app.store import sealed

BATCH = 500


async def rotate(house: House) -> int:
    """Seal again whatever an older key has sealed; return how many values.

    Batches of their own transactions: it may be stopped and started again at any moment.
    """
    renewed = 0
    for column in sealed.COLUMNS:
        last: list[Any] | None = None
        while True:
            async with house.db.transaction() as tx:
                rows = await sealed.after(tx, column, last, BATCH)
                old = [row for row in rows if not house.vault.is_current(row["sealed"])]
                if old:
                    again = [(_key(column, row), _reseal(house, column, row)) for row in old]
                    await sealed.replace(tx, column, again)
                    renewed += len(old)
            if len(rows) < BATCH:
                break
            last = _key(column, rows[-1])
    return renewed


def _key(column: sealed.Column, row: Mapping[str, Any]) -> list[Any]:
    return [row[name] for name, _ in column.key]


def _reseal(house: House, column: sealed.Column, row: Mapping[str, Any]) -> bytes:
    purpose = {
        "secret": lambda: str(row["name"]).encode(),
        "vendor": lambda: PURPOSE_SECRETS + str(row["vendor_id"]).encode(),
        "receiver": lambda: PURPOSE_RECEIVER,
        "receipt": lambda: PURPOSE_REQUESTER,
        "exchange": lambda: PURPOSE_REQUESTER,
        "evidence": lambda: PURPOSE_EVIDENCE,
        "quarantine": lambda: PURPOSE_QUARANTINE,
    }[column.table]()
    return house.vault.seal(house.vault.open(row["sealed"], purpose), purpose)
