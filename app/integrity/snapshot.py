"""What we hold, as a whole: boxes, receipts, exchanges and changes, for a comparison with the other side."""

from dataclasses import dataclass
from typing import Any

from app.engine.context import Context
from app.integrity import snapshot_sql

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Holdings:
    """Everything we hold at one moment."""

    boxes: list[Row]
    """With `lines`."""
    receipts: list[Row]
    """With `lines`, `cancel_state`, `return_state`, `reception_state` and `inspection`."""
    exchanges: list[Row]
    """With `lines`, `boxes`, `reception_state` and `inspection`."""
    effects: list[Row]

    @property
    def sales(self) -> list[Row]:
        """Return the boxes that were bought; those of replacements are no sales."""
        return [row for row in self.boxes if row["exchange_id"] is None]


async def read(context: Context) -> Holdings:
    """Read everything that is held, at one moment."""
    async with context.db.transaction() as tx:
        return Holdings(
            await snapshot_sql.boxes(tx),
            await snapshot_sql.receipts(tx),
            await snapshot_sql.exchanges(tx),
            await snapshot_sql.effects(tx),
        )
