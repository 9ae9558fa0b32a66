"""The tables of exchanges: what Coupang says of them, and the boxes of their replacements."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.engine.db.base import Base
from app.engine.db.states import among
from app.machines.exchanges import OPEN, ExchangeState


class Exchange(Base):
    """One exchange with its two tracks: `app.machines.exchanges`, `collects`, `redeliveries`."""

    __tablename__ = "exchange"
    vendor_id: Mapped[str] = mapped_column(ForeignKey("vendor.vendor_id"), primary_key=True)
    exchange_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    order_id: Mapped[int]
    state: Mapped[str]
    version: Mapped[int]
    state_at: Mapped[datetime]
    collect_state: Mapped[str]
    collect_version: Mapped[int]
    redelivery_state: Mapped[str]
    redelivery_version: Mapped[int]
    content_hash: Mapped[bytes]
    rejectable: Mapped[bool]
    fault_by: Mapped[str]
    reason_code: Mapped[str]
    reason_text: Mapped[str]
    waybills: Mapped[list[dict[str, Any]]]
    """Of the way back: courier_code, invoice_number."""
    collector_named: Mapped[bool]
    """Coupang names a courier for the way back, with a number or without one yet."""
    sealed_contacts: Mapped[bytes | None]
    """Whom the goods are collected from and whom the replacement goes to."""
    requested_at: Mapped[datetime]
    modified_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    """When our confirmation of the arrival was taken: the new box appears within minutes."""
    next_read_at: Mapped[datetime | None]
    attention: Mapped[str | None]
    first_seen_at: Mapped[datetime]
    __table_args__ = (
        CheckConstraint(f"state IN {among(ExchangeState)}", name="exchange_state"),
        Index("exchange_list", "vendor_id", "requested_at", "exchange_id"),
        Index("exchange_order", "vendor_id", "order_id"),
        Index(
            "exchange_read", "vendor_id", "next_read_at", postgresql_where=text("next_read_at IS NOT NULL")
        ),
        Index("exchange_attention", "vendor_id", postgresql_where=text("attention IS NOT NULL")),
        Index(
            "exchange_open",
            "vendor_id",
            "requested_at",
            postgresql_where=text(f"state IN {among(OPEN)}"),
        ),
        Index("exchange_kept", "first_seen_at", postgresql_where=text("sealed_contacts IS NOT NULL")),
    )


class ExchangeLine(Base):
    """What is exchanged: units of one option of one original box."""

    __tablename__ = "exchange_line"
    vendor_id: Mapped[str] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    exchange_item_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    vendor_item_id: Mapped[int]
    shipment_box_id: Mapped[int | None]
    """The original box; never the one that a replacement is shipped in."""
    count: Mapped[int]


class ExchangeBox(Base):
    """The new box of an exchange; it is no sale."""

    __tablename__ = "exchange_box"
    vendor_id: Mapped[str] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    shipment_box_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    status: Mapped[str]
    courier_code: Mapped[str | None]
    invoice_number: Mapped[str | None]
    __table_args__ = (Index("exchange_box_by_id", "vendor_id", "shipment_box_id"),)
