"""The tables of claims: receipts with their lines, and the two aggregates that a receipt may have.

No foreign key leads from here to a box: Coupang lists receipts whose order we have never seen. They are
kept, and join by their numbers once the order is found.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.engine.db.base import Base
from app.engine.db.states import among
from app.machines.cancels import UNANSWERED, CancelState
from app.machines.returns import ReturnState


class Receipt(Base):
    """What Coupang last said of one cancel, stop request or return."""

    __tablename__ = "receipt"
    vendor_id: Mapped[str] = mapped_column(ForeignKey("vendor.vendor_id"), primary_key=True)
    receipt_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    order_id: Mapped[int]
    receipt_type: Mapped[str]
    market_status: Mapped[str]
    release_stop_status: Mapped[str]
    market_seen_at: Mapped[datetime]
    content_hash: Mapped[bytes]
    opened_at: Mapped[datetime]
    modified_at: Mapped[datetime | None]
    count_sum: Mapped[int]
    """Quantity of the whole receipt: what an answer to it must name."""
    pickup: Mapped[str]
    """Who brings the goods back: a word of `app.machines.receipt_classification.Pickup`."""
    pre_refund: Mapped[bool]
    completion: Mapped[str]
    """Who completed it: a word of `app.machines.receipt_classification.Completion`."""
    fault_by: Mapped[str]
    return_charge_krw: Mapped[int | None]
    """Positive: the seller pays the way back; negative: the customer."""
    reason_code: Mapped[str]
    reason_text: Mapped[str]
    sealed_requester: Mapped[bytes | None]
    """Whom the goods are collected from, and the customer's own words; erased when their time is over."""
    waybills: Mapped[list[dict[str, Any]]]
    """Of the way back: courier_code, invoice_number."""
    next_read_at: Mapped[datetime | None]
    """When this receipt is to be read by itself; null when nothing is expected."""
    reads: Mapped[int] = mapped_column(server_default="0")
    unlisted: Mapped[bool] = mapped_column(server_default="false")
    """The lists that should show it did not; it was to be read by itself at once, and is so from then on."""
    attention: Mapped[str | None]
    """Why a person should look, or null."""
    first_seen_at: Mapped[datetime]
    __table_args__ = (
        CheckConstraint("count_sum > 0", name="receipt_count"),
        Index("receipt_list", "vendor_id", "opened_at", "receipt_id"),
        UniqueConstraint("vendor_id", "order_id", "receipt_id", name="receipt_order"),
        Index("receipt_by_id", "receipt_id"),
        Index("receipt_read", "vendor_id", "next_read_at", postgresql_where=text("next_read_at IS NOT NULL")),
        Index("receipt_attention", "vendor_id", postgresql_where=text("attention IS NOT NULL")),
        Index("receipt_kept", "first_seen_at", postgresql_where=text("sealed_requester IS NOT NULL")),
    )


class ReceiptLine(Base):
    """What a receipt claims of one option of one original box; rows that Coupang repeats are summed."""

    __tablename__ = "receipt_line"
    vendor_id: Mapped[str] = mapped_column(primary_key=True)
    receipt_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    shipment_box_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    vendor_item_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int]
    release_status: Mapped[str | None]
    __table_args__ = (
        CheckConstraint("count > 0", name="receipt_line_count"),
        UniqueConstraint(
            "vendor_id", "receipt_id", "shipment_box_id", "vendor_item_id", "count", name="receipt_line_claim"
        ),
        Index("receipt_line_box", "vendor_id", "shipment_box_id"),
    )


class Cancel(Base):
    """The state of a receipt that is, or began as, a cancel: `app.machines.cancels`."""

    __tablename__ = "cancel"
    vendor_id: Mapped[str] = mapped_column(primary_key=True)
    receipt_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    order_id: Mapped[int]
    state: Mapped[str]
    version: Mapped[int]
    state_at: Mapped[datetime]
    handed_over: Mapped[bool | None]
    """Whether the courier has the parcel, as the warehouse said; null while nobody has said it."""
    decide_by: Mapped[datetime | None]
    """Until when a stop request should be answered."""
    __table_args__ = (
        CheckConstraint(f"state IN {among(CancelState)}", name="cancel_state"),
        Index(
            "cancel_open",
            "vendor_id",
            "order_id",
            postgresql_where=text(f"state IN {among(UNANSWERED)}"),
        ),
        Index("cancel_list", "vendor_id", "state", "receipt_id"),
    )


class Return(Base):
    """The state of a receipt whose goods come back: `app.machines.returns`."""

    __tablename__ = "return_"
    vendor_id: Mapped[str] = mapped_column(primary_key=True)
    receipt_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    order_id: Mapped[int]
    state: Mapped[str]
    version: Mapped[int]
    state_at: Mapped[datetime]
    reception_begun: Mapped[bool] = mapped_column(server_default=text("false"))
    """Its goods have a row of their own; kept here, so that those without are found without a search."""
    __table_args__ = (
        CheckConstraint(f"state IN {among(ReturnState)}", name="return_state"),
        Index("return_list", "vendor_id", "state", "receipt_id"),
        Index(
            "return_without_reception",
            "vendor_id",
            "receipt_id",
            postgresql_where=text("NOT reception_begun"),
        ),
    )
