"""The tables of the audit log and of used idempotency keys."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.engine.db.base import Base


class AuditEntry(Base):
    """Something a person did to a vendor or an API key, append-only (a trigger refuses anything else)."""

    __tablename__ = "audit_entry"
    entry_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    """`vendor:<id>` or `key:<id>`."""
    vendor_ids: Mapped[list[str] | None]
    """Vendors it is about; null means every vendor."""
    detail: Mapped[dict[str, Any]]
    """What was set; never a secret."""
    __table_args__ = (Index("audit_entry_subject", "subject", "entry_id"),)


class UsedKey(Base):
    """An idempotency key of a request that asked nothing of Coupang, so that no effect remembers it."""

    __tablename__ = "used_key"
    vendor_id: Mapped[str] = mapped_column(ForeignKey("vendor.vendor_id"), primary_key=True)
    intent_key: Mapped[str] = mapped_column(primary_key=True)
    request: Mapped[str]
    """A fingerprint: tells two requests apart without their content."""
    at: Mapped[datetime]
