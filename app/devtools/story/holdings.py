"""What we hold at the end of a story, for the comparison with what is true."""

from dataclasses import dataclass
from typing import Any

from app.engine.context import Context
from app.integrity import snapshot

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
    unseen: frozenset[int] = frozenset()
    """Boxes that are known by their cancel only, because no list ever showed them."""

    @property
    def sales(self) -> list[Row]:
        """Return the boxes that were bought; those of replacements are no sales."""
        return [row for row in self.boxes if row["exchange_id"] is None]


async def read_holdings(context: Context) -> Holdings:
    """Read everything that is held, at one moment."""
    held = await snapshot.read(context)
    return Holdings(
        held["boxes"],
        held["receipts"],
        held["exchanges"],
        held["effects"],
        frozenset(row["shipment_box_id"] for row in held["unseen_cancels"]),
    )
