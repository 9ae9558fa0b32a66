"""Vendors whose keys we hold, and the callers and secrets of this installation."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.store.base import Base


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
    spoken_by: Mapped[str | None]
    """The worker (`host:pid`) whose visit took that epoch."""
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
