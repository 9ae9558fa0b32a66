"""Orders and their boxes, as a family."""

from app.coupang.limits import MOST_BOXES
from app.engine.context import PURPOSE_RECEIVER
from app.engine.family import Aggregate, EffectKind, Family, Feed, ReadBack, SealedColumn, StateCount
from app.engine.feeds.names import ACCEPT, ORDERS
from app.machines.boxes import BOX
from app.orders import store as box_store
from app.orders.api import boxes, by_hand, changes, holds, orders, permits
from app.orders.declared.census import COUNTED
from app.orders.declared.erasure import ERASURES
from app.orders.declared.examined import EXAMINED
from app.orders.declared.inbox import INBOX, WAITING
from app.orders.declared.machine_pages import MACHINE_PAGES
from app.orders.declared.manual import MANUAL
from app.orders.declared.past import BOX_VIEW
from app.orders.declared.snapshot import FIGURES, SNAPSHOT
from app.orders.declared.visit_parts import VISIT_PARTS
from app.orders.effects import sends
from app.orders.effects.kinds import OrderKind
from app.orders.effects.read_back import read_acknowledges, read_singly
from app.orders.effects.subject import Boxes
from app.orders.holds.tables import Hold
from app.orders.order_blocks.tables import UnreadClaim
from app.orders.permits.tables import Permit
from app.orders.quantities.tables import Share
from app.orders.tables import Box, Line, Receiver

FAMILY = Family(
    name="orders",
    tables=(Box, Line, Receiver, UnreadClaim, Hold, Permit, Share),
    aggregates=(Aggregate(name="box", rules=BOX, counted_as="boxes", table="box", key="shipment_box_id"),),
    feeds=(
        Feed(name=ACCEPT, every=lambda policy: policy.accept_every),
        Feed(name=ORDERS, every=lambda policy: policy.sweep_every, covers=True),
    ),
    visit_parts=VISIT_PARTS,
    subjects={"box": Boxes()},
    effect_kinds=(
        EffectKind(
            name=OrderKind.ACKNOWLEDGE,
            send=sends.acknowledge,
            most=MOST_BOXES,
            linger=lambda policy: policy.acknowledge_linger,
            shows_within=lambda policy: max(policy.write_shows_within, policy.acknowledge_shows_within),
        ),
        EffectKind(
            name=OrderKind.SHIP,
            send=sends.upload_invoices,
            check=lambda session: sends.claim_check(session),
            most=MOST_BOXES,
            linger=lambda policy: policy.ship_linger,
            extended=False,
        ),
        EffectKind(
            name=OrderKind.CHANGE_INVOICE, send=sends.update_invoices, most=MOST_BOXES, extended=False
        ),
        EffectKind(name=OrderKind.CLOSE_UNDELIVERED, send=sends.close_undelivered, extended=False),
    ),
    read_backs=(
        ReadBack(kind=OrderKind.ACKNOWLEDGE, subject="box", read=read_acknowledges),
        ReadBack(kind=OrderKind.SHIP, subject="box", read=read_singly),
        ReadBack(kind=OrderKind.CHANGE_INVOICE, subject="box", read=read_singly),
        ReadBack(kind=OrderKind.CLOSE_UNDELIVERED, subject="box", read=read_singly),
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
    observed=("box",),
    erasures=ERASURES,
    examined=EXAMINED,
    counted=COUNTED,
    snapshot=SNAPSHOT,
    figures=FIGURES,
    waiting=WAITING,
    inbox=INBOX,
    manual=MANUAL,
    routers=(boxes.router, changes.router, holds.router, permits.router, orders.router, by_hand.router),
    machine_pages=MACHINE_PAGES,
    state_counts=(
        StateCount(name="boxes", meaning="Boxes by vendor and state.", count=box_store.count_by_state),
    ),
)
