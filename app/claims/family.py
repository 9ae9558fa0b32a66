"""Cancels and returns, as a family."""

from datetime import datetime, timedelta

from app.claims import poll
from app.claims.api import by_hand, cancels, return_changes, returns, seller_cancels
from app.claims.cancels import sends as cancel_sends
from app.claims.cancels.effects import Cancels
from app.claims.declared.census import COUNTED
from app.claims.declared.erasure import ERASURES
from app.claims.declared.examined import EXAMINED
from app.claims.declared.inbox import INBOX, READ_ELSEWHERE, WAITING
from app.claims.declared.machine_pages import MACHINE_PAGES
from app.claims.declared.manual import MANUAL
from app.claims.declared.past import CANCEL_VIEW, CLAIMS_OF_BOX, RETURN_VIEW
from app.claims.declared.resync import RECEIPT_RESYNC
from app.claims.declared.snapshot import FIGURES, SNAPSHOT
from app.claims.declared.visit_parts import VISIT_PARTS
from app.claims.kinds import ClaimKind
from app.claims.receptions.tables import Reception
from app.claims.returns import sends as return_sends
from app.claims.returns.effects import Returns
from app.claims.tables import Cancel, Receipt, ReceiptLine, Return
from app.engine.context import PURPOSE_REQUESTER
from app.engine.effects.dispatch import one_by_one
from app.engine.family import Aggregate, EffectKind, Family, Feed, ReadBack, SealedColumn, ShippingCheck
from app.engine.feeds.names import CANCELS, RECEIPTS, STOPS, WITHDRAWALS
from app.engine.visits.session import VisitSession
from app.machines.cancels import CANCEL
from app.machines.receptions import RECEPTION
from app.machines.returns import RETURN
from app.orders.effects.kinds import OrderKind

READ_ANSWER = one_by_one(cancel_sends.read_back_answer)
READ_RETURN = one_by_one(return_sends.read_back_return)


async def _check_stops(session: VisitSession, since: datetime, purpose: str) -> None:
    await poll.check_stops(session, since, purpose)


FAMILY = Family(
    name="claims",
    tables=(Receipt, ReceiptLine, Cancel, Return, Reception),
    aggregates=(
        Aggregate(name="cancel", rules=CANCEL, counted_as="claims", table="cancel", key="receipt_id"),
        Aggregate(name="return", rules=RETURN, counted_as="claims", table="return_", key="receipt_id"),
        Aggregate(
            name="return_reception",
            rules=RECEPTION,
            counted_as="claims",
            table="reception",
            key="subject_id",
            only="subject = 'return'",
        ),
    ),
    feeds=(
        Feed(name=STOPS, every=lambda policy: policy.claims_every),
        Feed(name=CANCELS, every=lambda policy: policy.claims_every, covers=True),
        Feed(name=RECEIPTS, every=lambda policy: policy.returns_every, covers=True),
        Feed(name=WITHDRAWALS, every=lambda _: timedelta(days=1), covers=True),
    ),
    visit_parts=VISIT_PARTS,
    subjects={"cancel": Cancels(), "return": Returns()},
    # Cancels go first: what is stopped must not leave.
    effect_kinds=(
        EffectKind(name=OrderKind.SELLER_CANCEL, send=cancel_sends.seller_cancel, order=30),
        EffectKind(name=ClaimKind.STOP_SHIPMENT, send=cancel_sends.stop_shipment, order=10),
        EffectKind(name=ClaimKind.DECLARE_SHIPPED, send=cancel_sends.declare_shipped, order=20),
        EffectKind(name=ClaimKind.PICKUP_WAYBILL, send=return_sends.register_pickup),
        EffectKind(name=ClaimKind.CONFIRM_RETURN, send=return_sends.confirm_return),
        EffectKind(name=ClaimKind.APPROVE_RETURN, send=return_sends.approve_return),
    ),
    read_backs=(
        ReadBack(kind=OrderKind.SELLER_CANCEL, subject="box", read=cancel_sends.read_back_seller_cancel),
        ReadBack(kind=ClaimKind.STOP_SHIPMENT, subject="cancel", read=READ_ANSWER),
        ReadBack(kind=ClaimKind.DECLARE_SHIPPED, subject="cancel", read=READ_ANSWER),
        ReadBack(kind=ClaimKind.PICKUP_WAYBILL, subject="return", read=READ_RETURN),
        ReadBack(kind=ClaimKind.CONFIRM_RETURN, subject="return", read=READ_RETURN),
        ReadBack(kind=ClaimKind.APPROVE_RETURN, subject="return", read=READ_RETURN),
    ),
    shipping_checks=(ShippingCheck(feed=STOPS, read=_check_stops),),
    past_views=(CANCEL_VIEW, RETURN_VIEW),
    past_belonging={"box": CLAIMS_OF_BOX},
    resyncs=(RECEIPT_RESYNC,),
    sealed_columns=(
        SealedColumn(
            table="receipt",
            column="sealed_requester",
            key=(("vendor_id", "text"), ("receipt_id", "bigint")),
            purpose=lambda _: PURPOSE_REQUESTER,
        ),
    ),
    observed=("receipt",),
    erasures=ERASURES,
    examined=EXAMINED,
    counted=COUNTED,
    snapshot=SNAPSHOT,
    figures=FIGURES,
    waiting=WAITING,
    read_elsewhere=READ_ELSEWHERE,
    inbox=INBOX,
    manual=MANUAL,
    routers=(seller_cancels.router, cancels.router, returns.router, return_changes.router, by_hand.router),
    machine_pages=MACHINE_PAGES,
)
