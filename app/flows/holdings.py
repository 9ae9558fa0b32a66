"""What we hold, as a whole: boxes, receipts, exchanges and changes, for a comparison with the other side."""

from dataclasses import dataclass
from typing import Any

from app.flows.house import House
from app.store import holdings

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


async def read(house: House) -> Holdings:
    """Read everything that is held, at one moment."""
    async with house.db.transaction() as tx:
        return Holdings(
            await holdings.boxes(tx),
            await holdings.receipts(tx),
            await holdings.exchanges(tx),
            await holdings.effects(tx),
        )
