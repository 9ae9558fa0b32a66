"""Which line bears which part of which claim."""

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.engine.db.base import Base, one_of

KINDS = ("STOP", "RETURN")


class Share(Base):
    """Units of a line that a receipt claims.

    Four keys meet here: the claim names the option, the line is of that option, the line's box and the
    receipt are of one order. A claim on an option that the order does not have cannot be written
    down on any line.
    """

    __tablename__ = "share"
    vendor_id: Mapped[str] = mapped_column(primary_key=True)
    receipt_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    named_box_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The box that the receipt names: the original one, which a split may have emptied."""
    vendor_item_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    shipment_box_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    order_id: Mapped[int]
    claimed: Mapped[int]
    """Units of the whole claim; its shares sum up to it."""
    count: Mapped[int]
    kind: Mapped[str]
    done: Mapped[bool]
    """The refund is final: the units are cancelled, of a return also returned. Otherwise they are held."""
    __table_args__ = (
        ForeignKeyConstraint(
            ["vendor_id", "receipt_id", "named_box_id", "vendor_item_id", "claimed"],
            [
                "receipt_line.vendor_id",
                "receipt_line.receipt_id",
                "receipt_line.shipment_box_id",
                "receipt_line.vendor_item_id",
                "receipt_line.count",
            ],
            name="share_claim",
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["vendor_id", "shipment_box_id", "vendor_item_id"],
            ["line.vendor_id", "line.shipment_box_id", "line.vendor_item_id"],
            name="share_line",
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["vendor_id", "order_id", "shipment_box_id"],
            ["box.vendor_id", "box.order_id", "box.shipment_box_id"],
            name="share_box",
        ),
        ForeignKeyConstraint(
            ["vendor_id", "order_id", "receipt_id"],
            ["receipt.vendor_id", "receipt.order_id", "receipt.receipt_id"],
            name="share_receipt",
        ),
        CheckConstraint("count > 0 AND count <= claimed", name="share_count"),
        CheckConstraint(one_of("kind", KINDS), name="share_kind"),
        Index("share_by_line", "vendor_id", "shipment_box_id", "vendor_item_id"),
        Index("share_by_order", "vendor_id", "order_id"),
    )
