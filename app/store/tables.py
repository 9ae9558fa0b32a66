"""Every table, typed. Keys start with `vendor_id`, so that data can be spread by vendor later.

Times are `timestamptz` (UTC inside). `bytea` columns named `sealed_*` are encrypted by `app.vault`.
Migrations make the tables; a test compares them with these classes.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    text,
)
from sqlalchemy.dialects.postgresql import TSTZMULTIRANGE, TSTZRANGE
from sqlalchemy.orm import Mapped, mapped_column

from app.store.base import Base, one_of
from app.store.claim_tables import Cancel, Receipt, ReceiptLine, Return, UnreadClaim
from app.store.exchange_tables import Exchange, ExchangeBox, ExchangeLine
from app.store.hold_tables import Hold
from app.store.permit_tables import Permit
from app.store.reception_tables import Reception

__all__ = [
    "ApiKey",
    "Attempt",
    "Base",
    "Box",
    "Cancel",
    "Effect",
    "Evidence",
    "Exchange",
    "ExchangeBox",
    "ExchangeLine",
    "Feed",
    "History",
    "Hold",
    "Line",
    "Permit",
    "PollRun",
    "Quarantine",
    "Receipt",
    "ReceiptLine",
    "Receiver",
    "Reception",
    "Return",
    "Secret",
    "Tally",
    "UnreadClaim",
    "Vendor",
]

BOX_STATES = (
    "ACCEPT",
    "INSTRUCT",
    "DEPARTURE",
    "DELIVERING",
    "FINAL_DELIVERING",
    "NONE_TRACKING",
    "CANCELLED",
)
EFFECT_STATES = ("PENDING", "SENDING", "CONFIRMED", "REJECTED", "UNKNOWN", "REVIEW")
AGGREGATES = (
    "box",
    "effect",
    "cancel",
    "return",
    "return_reception",
    "exchange_reception",
    "exchange",
    "collect",
    "redelivery",
)
SUBJECTS = ("box", "cancel", "return", "exchange")
OPEN_EFFECTS = ("PENDING", "SENDING", "UNKNOWN", "REVIEW")


class Secret(Base):
    """Installation secrets, sealed under the master key (the digest key)."""

    __tablename__ = "secret"
    name: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]


class Vendor(Base):
    """A seller whose key we hold, and everything about speaking for it."""

    __tablename__ = "vendor"
    vendor_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    sealed_access_key: Mapped[bytes]
    sealed_secret_key: Mapped[bytes]
    key_issued_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(server_default="ACTIVE")
    auto_acknowledge: Mapped[bool] = mapped_column(server_default=text("true"))
    wing_user_id: Mapped[str | None]
    """A WING login of the vendor: Coupang wants it named when the seller cancels."""
    epoch: Mapped[int] = mapped_column(server_default="0")
    """Fencing token: each visit takes the next one, and every write of the visit checks it."""
    due_at: Mapped[datetime]
    stopped_until: Mapped[datetime | None]
    stopped_reason: Mapped[str | None]
    stops: Mapped[int] = mapped_column(server_default="0")
    """Consecutive stops; the pause doubles with each."""
    created_at: Mapped[datetime]
    __table_args__ = (
        CheckConstraint("vendor_id ~ '^[AC][0-9]{8}$'", name="vendor_id_form"),
        CheckConstraint("state IN ('ACTIVE', 'PAUSED')", name="vendor_state"),
        Index("vendor_due", "due_at", postgresql_where=text("state = 'ACTIVE'")),
    )


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
    first_seen_at: Mapped[datetime]
    __table_args__ = (
        CheckConstraint(one_of("state", BOX_STATES), name="box_state"),
        Index("box_order", "vendor_id", "order_id"),
        Index("box_by_id", "shipment_box_id"),
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
    )


class Line(Base):
    """One kind of item in a box; quantities are Coupang's, the rest is what a packer reads."""

    __tablename__ = "line"
    vendor_id: Mapped[str] = mapped_column(primary_key=True)
    shipment_box_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    vendor_item_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ordered: Mapped[int]
    held: Mapped[int]
    cancelled: Mapped[int]
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
    )


class Receiver(Base):
    """One version of a box's receiver; personal data, sealed, erased when its time is over."""

    __tablename__ = "receiver"
    vendor_id: Mapped[str] = mapped_column(primary_key=True)
    shipment_box_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    digest: Mapped[bytes]
    place: Mapped[bytes | None]
    """Keyed digest of name and address alone; null in rows older than this column."""
    sealed: Mapped[bytes | None]
    seen_at: Mapped[datetime]


class Evidence(Base):
    """A raw answer of Coupang (or of an operator), sealed, stored once per content."""

    __tablename__ = "evidence"
    vendor_id: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    kind: Mapped[str]
    sealed: Mapped[bytes | None]
    seen_at: Mapped[datetime]


class History(Base):
    """Every step of every aggregate, append-only (a trigger refuses anything else)."""

    __tablename__ = "history"
    history_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    vendor_id: Mapped[str]
    aggregate: Mapped[str]
    aggregate_id: Mapped[int]
    version: Mapped[int]
    source: Mapped[str | None]
    target: Mapped[str]
    event: Mapped[str]
    actor: Mapped[str]
    cause: Mapped[str]
    reason: Mapped[str | None]
    evidence: Mapped[bytes | None]
    at: Mapped[datetime]
    __table_args__ = (
        CheckConstraint(one_of("aggregate", AGGREGATES), name="history_aggregate"),
        Index("history_of", "vendor_id", "aggregate", "aggregate_id", "version", unique=True),
    )


class Effect(Base):
    """One change we ask of Coupang, from intent to proof."""

    __tablename__ = "effect"
    vendor_id: Mapped[str] = mapped_column(ForeignKey("vendor.vendor_id"), primary_key=True)
    effect_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[str]
    event: Mapped[str]
    """The event of its subject that fires when this effect is confirmed."""
    subject: Mapped[str] = mapped_column(server_default="box")
    """What it changes: a box, or a receipt as cancel or as return."""
    subject_id: Mapped[int]
    shipment_box_id: Mapped[int | None]
    """The box, or the first box of the receipt."""
    order_id: Mapped[int]
    payload: Mapped[dict[str, Any]]
    state: Mapped[str]
    version: Mapped[int]
    box_state: Mapped[str]
    """Precondition: the state of its subject in which this was asked."""
    intent_key: Mapped[str | None]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    not_before: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(server_default="0")
    sent_at: Mapped[datetime | None]
    """When it was last handed to the network; null when surely nothing was sent since."""
    settled_at: Mapped[datetime | None]
    result_code: Mapped[str | None]
    result_message: Mapped[str | None]
    evidence: Mapped[bytes | None]
    __table_args__ = (
        CheckConstraint(one_of("state", EFFECT_STATES), name="effect_state"),
        CheckConstraint(one_of("subject", SUBJECTS), name="effect_subject"),
        Index(
            "effect_open",
            "vendor_id",
            "subject",
            "subject_id",
            unique=True,
            postgresql_where=text(one_of("state", OPEN_EFFECTS)),
        ),
        Index(
            "effect_due",
            "vendor_id",
            "not_before",
            postgresql_where=text("state IN ('PENDING', 'SENDING', 'UNKNOWN')"),
        ),
        Index(
            "effect_intent",
            "vendor_id",
            "intent_key",
            unique=True,
            postgresql_where=text("intent_key IS NOT NULL"),
        ),
        Index("effect_box", "vendor_id", "shipment_box_id", "effect_id"),
        Index("effect_list", "vendor_id", "state", "effect_id"),
    )


class Attempt(Base):
    """One try of an effect, recorded before it is sent and again when it is answered."""

    __tablename__ = "attempt"
    vendor_id: Mapped[str] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    effect_id: Mapped[int]
    purpose: Mapped[str]
    """`write` or `readback`."""
    epoch: Mapped[int]
    worker: Mapped[str]
    sent_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    detail: Mapped[str | None]
    evidence: Mapped[bytes | None]
    __table_args__ = (Index("attempt_of", "vendor_id", "effect_id", "attempt_id"),)


class Feed(Base):
    """One thing that is polled: what of it is covered, and when it is due again."""

    __tablename__ = "feed"
    vendor_id: Mapped[str] = mapped_column(ForeignKey("vendor.vendor_id"), primary_key=True)
    feed: Mapped[str] = mapped_column(primary_key=True)
    covered: Mapped[Any] = mapped_column(TSTZMULTIRANGE, server_default=text("'{}'"))
    """Creation times of which every status was read, late enough to be final."""
    due_at: Mapped[datetime]
    failures: Mapped[int] = mapped_column(server_default="0")
    last_ok_at: Mapped[datetime | None]
    last_error: Mapped[str | None]


class PollRun(Base):
    """One reading of one window of a feed."""

    __tablename__ = "poll_run"
    vendor_id: Mapped[str] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    feed: Mapped[str]
    window: Mapped[Any] = mapped_column(TSTZRANGE)
    epoch: Mapped[int]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime]
    pages: Mapped[int]
    rows: Mapped[int]
    changed: Mapped[int]
    unreadable: Mapped[int]
    outcome: Mapped[str]
    error: Mapped[str | None]
    __table_args__ = (Index("poll_run_list", "vendor_id", "feed", "run_id"),)


class Quarantine(Base):
    """A row of Coupang that could not be read: kept, counted, shown."""

    __tablename__ = "quarantine"
    vendor_id: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    feed: Mapped[str]
    shipment_box_id: Mapped[int | None]
    reason: Mapped[str]
    sealed: Mapped[bytes]
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    times: Mapped[int]


class Tally(Base):
    """Calls to Coupang, counted by hour, purpose, route and answer."""

    __tablename__ = "tally"
    vendor_id: Mapped[str] = mapped_column(primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    route: Mapped[str] = mapped_column(primary_key=True)
    answer: Mapped[str] = mapped_column(primary_key=True)
    calls: Mapped[int]


class ApiKey(Base):
    """A caller's bearer key, stored as a digest."""

    __tablename__ = "api_key"
    key_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    digest: Mapped[bytes]
    scopes: Mapped[list[str]]
    vendor_ids: Mapped[list[str] | None]
    """Null means every vendor."""
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
