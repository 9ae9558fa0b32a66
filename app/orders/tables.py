"""Boxes, their lines and their receivers."""

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.engine.db.base import Base
from app.engine.db.states import among
from app.machines.boxes import BoxState


class Box(Base):
    """A bundle shipped together (묶음배송): the unit of everything."""

    __tablename__ = "box"
    vendor_id: Mapped[str] = mapped_column(ForeignKey("vendor.vendor_id"), primary_key=True)
    shipment_box_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    order_id: Mapped[int]
    state: Mapped[str]
    version: Mapped[int]
    state_at: Mapped[datetime]
    market_status: Mapped[str]
    """What Coupang last said, in its own words; never mixed with `state`."""
    market_seen_at: Mapped[datetime]
    content_hash: Mapped[bytes]
    ordered_at: Mapped[datetime | None]
    paid_at: Mapped[datetime]
    ship_by: Mapped[date | None]
    address_version: Mapped[int]
    address_final: Mapped[bool]
    """The receiver was read while Coupang showed INSTRUCT or later: it cannot change any more."""
    courier_code: Mapped[str | None]
    invoice_number: Mapped[str | None]
    split_shipping: Mapped[bool]
    able_split_shipping: Mapped[bool]
    departed_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    next_read_at: Mapped[datetime | None]
    """When this box is to be read again; null when nothing is expected."""
    reads: Mapped[int] = mapped_column(server_default="0")
    doubtful: Mapped[bool] = mapped_column(server_default=text("false"))
    """A list row contradicted us; only a reading of the box itself and its history may decide."""
    attention: Mapped[str | None]
    """Why a person should look, or null."""
    exchange_id: Mapped[int | None]
    """The exchange whose replacement this box is, or is taken for until that exchange names its box."""
    first_seen_at: Mapped[datetime]
    __table_args__ = (
        CheckConstraint(f"state IN {among(BoxState)}", name="box_state"),
        UniqueConstraint("vendor_id", "order_id", "shipment_box_id", name="box_order"),
        Index("box_list", "vendor_id", "state", "paid_at", "shipment_box_id"),
        Index("box_paid", "vendor_id", "paid_at", "shipment_box_id"),
        Index(
            "box_waybill",
            "vendor_id",
            "invoice_number",
            postgresql_where=text("invoice_number IS NOT NULL"),
        ),
        Index("box_read", "vendor_id", "next_read_at", postgresql_where=text("next_read_at IS NOT NULL")),
        Index("box_attention", "vendor_id", postgresql_where=text("attention IS NOT NULL")),
        Index("box_exchange", "vendor_id", "exchange_id", postgresql_where=text("exchange_id IS NOT NULL")),
    )


class Line(Base):
    """One kind of item in a box; ordered = shippable + held + cancelled.

    What Coupang last said (`market_held`, `market_cancelled`) is never mixed with what we count from it and
    from the claims we know (`held`, `cancelled`, `shipped`, `returned`): `app.machines.quantities`.
    """

    __tablename__ = "line"
    vendor_id: Mapped[str] = mapped_column(primary_key=True)
    shipment_box_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    vendor_item_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ordered: Mapped[int]
    held: Mapped[int]
    """Units of claims that are open, or that Coupang shows as held."""
    cancelled: Mapped[int]
    shipped: Mapped[int] = mapped_column(server_default="0")
    """Units that left; those that came back are still counted."""
    returned: Mapped[int] = mapped_column(server_default="0")
    """Units that left and were refunded: they are counted in `cancelled` too."""
    market_held: Mapped[int]
    market_cancelled: Mapped[int]
    shippable: Mapped[int] = mapped_column(Computed("ordered - held - cancelled", persisted=True))
    name: Mapped[str]
    seller_product_name: Mapped[str]
    seller_item_name: Mapped[str]
    sku: Mapped[str | None]
    sales_price_krw: Mapped[int | None]
    planned_shipping_date: Mapped[date | None]
    __table_args__ = (
        ForeignKeyConstraint(
            ["vendor_id", "shipment_box_id"], ["box.vendor_id", "box.shipment_box_id"], name="line_box"
        ),
        CheckConstraint(
            "ordered > 0 AND held >= 0 AND cancelled >= 0 AND held + cancelled <= ordered",
            name="line_quantities",
        ),
        CheckConstraint(
            "returned >= 0 AND returned <= shipped AND returned <= cancelled "
            "AND shipped + cancelled - returned <= ordered",
            name="line_goods",
        ),
        CheckConstraint(
            "market_held >= 0 AND market_cancelled >= 0 AND market_held + market_cancelled <= ordered",
            name="line_market",
        ),
    )


class Receiver(Base):
    """One version of a box's receiver; personal data, sealed, erased when its time is over."""

    __tablename__ = "receiver"
    vendor_id: Mapped[str] = mapped_column(primary_key=True)
    shipment_box_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    digest: Mapped[bytes]
    place: Mapped[bytes]
    """Keyed digest of name and address alone; it stays when the rest is erased."""
    sealed: Mapped[bytes | None]
    seen_at: Mapped[datetime]
    __table_args__ = (Index("receiver_kept", "seen_at", postgresql_where=text("sealed IS NOT NULL")),)
