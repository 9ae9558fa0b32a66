"""The tables of the census: what a nightly count of everything found that we lacked."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.engine.db.base import Base, one_of

FINDINGS = ("missing", "behind", "vanished")


class Census(Base):
    """One count of a vendor's last thirty days against what we hold."""

    __tablename__ = "census"
    vendor_id: Mapped[str] = mapped_column(ForeignKey("vendor.vendor_id"), primary_key=True)
    census_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    started_at: Mapped[datetime]
    window_start: Mapped[datetime]
    window_end: Mapped[datetime]
    """Not later than what every feed must have covered when the count began."""
    history_from: Mapped[int]
    """The newest row of the history when it began; its findings are among the later ones."""
    finished_at: Mapped[datetime | None]
    boxes: Mapped[int] = mapped_column(server_default="0")
    """How many of our boxes lie in the window, as of the end."""
    missing: Mapped[int] = mapped_column(server_default="0")
    behind: Mapped[int] = mapped_column(server_default="0")
    vanished: Mapped[int] = mapped_column(server_default="0")
    __table_args__ = (
        Index("census_open", "vendor_id", unique=True, postgresql_where=text("finished_at IS NULL")),
    )


class CensusFinding(Base):
    """Something Coupang showed that we lacked, or we hold and Coupang did not show."""

    __tablename__ = "census_finding"
    vendor_id: Mapped[str] = mapped_column(primary_key=True)
    census_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)
    """`missing`: we did not know it; `behind`: it had moved on; `vanished`: no list shows it any more."""
    aggregate: Mapped[str] = mapped_column(primary_key=True)
    aggregate_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    begun_at: Mapped[datetime | None]
    """When it began at Coupang: paid, or asked for."""
    explanation: Mapped[str]
    """Which reading should have shown it, or why none could."""
    __table_args__ = (
        CheckConstraint(one_of("kind", FINDINGS), name="census_finding_kind"),
        ForeignKeyConstraint(
            ["vendor_id", "census_id"], ["census.vendor_id", "census.census_id"], name="census_finding_of"
        ),
    )
