"""The table of holds: boxes kept back, with reason and end."""

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.engine.db.base import Base


class Hold(Base):
    """A person keeps a box back, for a reason and until a time; it ends by the clock or by a release."""

    __tablename__ = "hold"
    vendor_id: Mapped[str] = mapped_column(primary_key=True)
    hold_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    shipment_box_id: Mapped[int]
    reason: Mapped[str]
    placed_by: Mapped[str]
    placed_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    released_by: Mapped[str | None]
    __table_args__ = (
        ForeignKeyConstraint(
            ["vendor_id", "shipment_box_id"], ["box.vendor_id", "box.shipment_box_id"], name="hold_box"
        ),
        Index("hold_of", "vendor_id", "shipment_box_id", "hold_id"),
        Index(
            "hold_open",
            "vendor_id",
            "shipment_box_id",
            "expires_at",
            postgresql_where=text("released_at IS NULL"),
        ),
    )
