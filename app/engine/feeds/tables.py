"""What is polled, how far it is covered, and what it cost."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index, text
from sqlalchemy.dialects.postgresql import TSTZMULTIRANGE, TSTZRANGE
from sqlalchemy.orm import Mapped, mapped_column

from app.engine.db.base import Base


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
    contradicted: Mapped[int]
    """Lists that were empty although what we hold stood in them; each was read once more."""
    outcome: Mapped[str]
    error: Mapped[str | None]
    __table_args__ = (
        Index("poll_run_list", "vendor_id", "feed", "run_id"),
        Index("poll_run_time", "finished_at", postgresql_using="brin"),
        Index("poll_run_contradicted", "vendor_id", "feed", postgresql_where=text("contradicted > 0")),
    )


class Tally(Base):
    """Calls to Coupang, counted by hour, purpose, route and answer."""

    __tablename__ = "tally"
    vendor_id: Mapped[str] = mapped_column(primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    route: Mapped[str] = mapped_column(primary_key=True)
    answer: Mapped[str] = mapped_column(primary_key=True)
    calls: Mapped[int]
