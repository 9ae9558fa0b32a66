"""Orders and their boxes, as a family."""

from app.engine.context import PURPOSE_RECEIVER
from app.engine.family import Aggregate, Family, Feed, SealedColumn, StateCount
from app.engine.feeds.names import ACCEPT, ORDERS
from app.machines.boxes import BOX
from app.orders import store as box_store
from app.orders.api import boxes, by_hand, changes, holds, orders, permits
from app.orders.holds.tables import Hold
from app.orders.inbox import INBOX, WAITING
from app.orders.machine_pages import MACHINE_PAGES
from app.orders.manual import MANUAL
from app.orders.past import BOX_VIEW
from app.orders.permits.tables import Permit
from app.orders.quantities.tables import Share
from app.orders.tables import Box, Line, Receiver

FAMILY = Family(
    name="orders",
    tables=(Box, Line, Receiver, Hold, Permit, Share),
    aggregates=(Aggregate(name="box", rules=BOX, counted_as="boxes", table="box", key="shipment_box_id"),),
    feeds=(
        Feed(name=ACCEPT, every=lambda policy: policy.accept_every),
        Feed(name=ORDERS, every=lambda policy: policy.sweep_every, covers=True),
    ),
    past_views=(BOX_VIEW,),
    sealed_columns=(
        SealedColumn(
            table="receiver",
            column="sealed",
            key=(("vendor_id", "text"), ("shipment_box_id", "bigint"), ("version", "bigint")),
            purpose=lambda _: PURPOSE_RECEIVER,
        ),
    ),
    waiting=WAITING,
    inbox=INBOX,
    manual=MANUAL,
    routers=(boxes.router, changes.router, holds.router, permits.router, orders.router, by_hand.router),
    machine_pages=MACHINE_PAGES,
    state_counts=(
        StateCount(name="boxes", meaning="Boxes by vendor and state.", count=box_store.count_by_state),
    ),
)
