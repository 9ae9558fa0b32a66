"""The table of ship permits."""

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.engine.db.base import Base


class Permit(Base):
    """A short-lived word that a box may be handed over, given after its claims were read live."""

    __tablename__ = "permit"
    vendor_id: Mapped[str] = mapped_column(primary_key=True)
    permit_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    shipment_box_id: Mapped[int]
    fence: Mapped[int]
    """Rises with every permit of the box; only the newest one counts."""
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    next_try_at: Mapped[datetime | None]
    """When the check is due; null once it is answered."""
    address_version: Mapped[int | None]
    issued_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    refused_reason: Mapped[str | None]
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str | None]
    used_by_effect: Mapped[int | None]
    __table_args__ = (
        ForeignKeyConstraint(
            ["vendor_id", "shipment_box_id"], ["box.vendor_id", "box.shipment_box_id"], name="permit_box"
        ),
        Index("permit_fence", "vendor_id", "shipment_box_id", "fence", unique=True),
        Index("permit_by_id", "permit_id"),
        Index("permit_due", "vendor_id", "next_try_at", postgresql_where=text("next_try_at IS NOT NULL")),
        Index(
            "permit_open",
            "vendor_id",
            "shipment_box_id",
            postgresql_where=text("issued_at IS NOT NULL AND revoked_at IS NULL"),
        ),
    )
