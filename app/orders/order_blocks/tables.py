"""Claims that could not be read, and the orders they keep back."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.engine.db.base import Base


class UnreadClaim(Base):
    """A claim that names its order but could not be read: it holds that order until it is read."""

    __tablename__ = "unread_claim"
    vendor_id: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    """Of the row, which is in quarantine."""
    subject: Mapped[str]
    """`receipt` or `exchange`: their numbers are drawn apart, so one alone tells nothing."""
    order_id: Mapped[int]
    claim_id: Mapped[int | None]
    reason: Mapped[str]
    created_at: Mapped[datetime | None]
    """When Coupang says that it was made, where that much can be read: where to look for it again."""
    seen_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    """When it was read after all, or looked at by a person; the same row holds nothing again."""
    __table_args__ = (
        Index("unread_claim_order", "vendor_id", "order_id", postgresql_where=text("released_at IS NULL")),
    )
