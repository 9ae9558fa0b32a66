"""The table of receptions: where goods that come back are."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.engine.db.base import Base, one_of
from app.engine.db.states import among
from app.machines.receptions import AWAITED, ReceptionState

CLAIMS = ("return", "exchange")


class Reception(Base):
    """The way of the goods of one return or exchange into the warehouse: `app.machines.receptions`."""

    __tablename__ = "reception"
    vendor_id: Mapped[str] = mapped_column(ForeignKey("vendor.vendor_id"), primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    """`return` or `exchange`: their numbers are drawn apart, so one alone tells nothing."""
    subject_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    order_id: Mapped[int]
    state: Mapped[str]
    version: Mapped[int]
    state_at: Mapped[datetime]
    inspection: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
    """What was found per option: vendor_item_id, verdict, note; empty before the inspection."""
    __table_args__ = (
        CheckConstraint(one_of("subject", CLAIMS), name="reception_subject"),
        CheckConstraint(f"state IN {among(ReceptionState)}", name="reception_state"),
        Index(
            "reception_awaited",
            "vendor_id",
            "subject",
            "subject_id",
            postgresql_where=text(f"state IN {among(AWAITED)}"),
        ),
    )
