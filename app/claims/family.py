"""Cancels and returns, as a family."""

from datetime import timedelta

from app.claims.api import by_hand, cancels, return_changes, returns, seller_cancels
from app.claims.inbox import INBOX, READ_ELSEWHERE, WAITING
from app.claims.machine_pages import MACHINE_PAGES
from app.claims.manual import MANUAL
from app.claims.past import CANCEL_VIEW, CLAIMS_OF_BOX, RETURN_VIEW
from app.claims.receptions.tables import Reception
from app.claims.resync import RECEIPT_RESYNC
from app.claims.tables import Cancel, Receipt, ReceiptLine, Return, UnreadClaim
from app.engine.context import PURPOSE_REQUESTER
from app.engine.family import Aggregate, Family, Feed, SealedColumn
from app.engine.feeds.names import CANCELS, RECEIPTS, STOPS, WITHDRAWALS
from app.machines.cancels import CANCEL
from app.machines.receptions import RECEPTION
from app.machines.returns import RETURN

FAMILY = Family(
    name="claims",
    tables=(Receipt, ReceiptLine, Cancel, Return, UnreadClaim, Reception),
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
    waiting=WAITING,
    read_elsewhere=READ_ELSEWHERE,
    inbox=INBOX,
    manual=MANUAL,
    routers=(seller_cancels.router, cancels.router, returns.router, return_changes.router, by_hand.router),
    machine_pages=MACHINE_PAGES,
)
