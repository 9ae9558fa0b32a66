"""The tables of what happened and what proves it: history, evidence, unreadable rows."""

from datetime import datetime

from sqlalchemy import Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.engine.db.base import Base


class Evidence(Base):
    """A raw answer of Coupang (or of an operator), sealed, stored once per content."""

    __tablename__ = "evidence"
    vendor_id: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    kind: Mapped[str]
    sealed: Mapped[bytes | None]
    seen_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]
    """When the person was taken out of it; what is left is no longer what `digest` names."""
    __table_args__ = (Index("evidence_kept", "seen_at", postgresql_where=text("erased_at IS NULL")),)


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
    hash: Mapped[bytes]
    """HMAC-SHA-256 of the hash of the row before it and of this row; see `app.engine.history.chain`."""
    __table_args__ = (Index("history_of", "vendor_id", "aggregate", "aggregate_id", "version", unique=True),)


class Observation(Base):
    """When Coupang said something new of what a family observes, and which evidence tells what.

    Evidence is stored once per content, so its own time does not say when a content came back. The first
    word on a box stands in the first row of its history.
    """

    __tablename__ = "observation"
    vendor_id: Mapped[str] = mapped_column(primary_key=True)
    aggregate: Mapped[str] = mapped_column(primary_key=True)
    aggregate_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    evidence: Mapped[bytes]


class Quarantine(Base):
    """A row of Coupang that could not be read: kept, counted, listed."""

    __tablename__ = "quarantine"
    vendor_id: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    feed: Mapped[str]
    shipment_box_id: Mapped[int | None]
    reason: Mapped[str]
    sealed: Mapped[bytes | None]
    """Null once its time is over."""
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    times: Mapped[int]
