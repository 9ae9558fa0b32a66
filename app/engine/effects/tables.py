"""Changes we ask of Coupang, and each try of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.engine.db.base import Base
from app.engine.db.states import among
from app.machines.effects import AUTOMATIC, OPEN, EffectState


class Effect(Base):
    """One change we ask of Coupang, from intent to proof."""

    __tablename__ = "effect"
    vendor_id: Mapped[str] = mapped_column(ForeignKey("vendor.vendor_id"), primary_key=True)
    effect_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[str]
    event: Mapped[str]
    """The event of its subject that fires when this effect is confirmed."""
    subject: Mapped[str]
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
        CheckConstraint(f"state IN {among(EffectState)}", name="effect_state"),
        Index(
            "effect_open",
            "vendor_id",
            "subject",
            "subject_id",
            unique=True,
            postgresql_where=text(f"state IN {among(OPEN)}"),
        ),
        Index(
            "effect_due",
            "vendor_id",
            "not_before",
            postgresql_where=text(f"state IN {among(AUTOMATIC)}"),
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
