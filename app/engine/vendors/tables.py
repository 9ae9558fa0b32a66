"""Vendors whose keys we hold, and the callers and secrets of this installation."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.engine.db.base import Base


class Secret(Base):
    """Installation secrets, sealed under the master key (the digest key)."""

    __tablename__ = "secret"
    name: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]


class Vendor(Base):
    """A seller whose keys we hold, and everything about calling Coupang for it."""

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
    spoken_by: Mapped[str | None]
    """The worker (`host:pid`) whose visit took that epoch."""
    due_at: Mapped[datetime]
    stopped_until: Mapped[datetime | None]
    stopped_reason: Mapped[str | None]
    stopped_kind: Mapped[str | None]
    """What stopped it: `throttled`, `blocked`, `denied` (the key) or `errors` (a burst of them)."""
    stops: Mapped[int] = mapped_column(server_default="0")
    """Consecutive stops; the pause doubles with each."""
    errors: Mapped[int] = mapped_column(server_default="0")
    """Calls that failed since `errors_since`; a burst of them stops the vendor."""
    errors_since: Mapped[datetime | None]
    skew_s: Mapped[float | None]
    """Seconds that Coupang's clock (its Date header) was ahead of ours in the newest visit."""
    skew_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    __table_args__ = (
        CheckConstraint("vendor_id ~ '^[AC][0-9]{8}$'", name="vendor_id_form"),
        CheckConstraint("state IN ('ACTIVE', 'PAUSED')", name="vendor_state"),
        Index("vendor_due", "due_at", postgresql_where=text("state = 'ACTIVE'")),
    )


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


class Circuit(Base):
    """The last pause of calls that concerned the whole fleet; open until `closed_at`."""

    __tablename__ = "circuit"
    name: Mapped[str] = mapped_column(primary_key=True)
    opened_at: Mapped[datetime]
    opened_by: Mapped[str]
    """The vendor whose visit met it last."""
    reason: Mapped[str]
    until: Mapped[datetime]
    """From then on one vendor at a time may make one call to see whether Coupang answers."""
    trips: Mapped[int]
    """Consecutive trips; the pause doubles with each."""
    closed_at: Mapped[datetime | None]
    """When Coupang answered again; null while the circuit is open."""
    probing: Mapped[str | None]
    probing_until: Mapped[datetime | None]
    __table_args__ = (CheckConstraint("name = 'everything'", name="circuit_name"),)
