"""Orders and their boxes, as a family."""

from app.coupang.limits import MOST_BOXES
from app.engine.context import PURPOSE_RECEIVER
from app.engine.family import Aggregate, EffectKind, Family, Feed, ReadBack, SealedColumn
from app.engine.feeds.names import ACCEPT, ORDERS
from app.machines.boxes import BOX
from app.orders import sends
from app.orders.effects import Boxes
from app.orders.holds.tables import Hold
from app.orders.kinds import OrderKind
from app.orders.permits.tables import Permit
from app.orders.quantities.tables import Share
from app.orders.read_back import read_acknowledges, read_singly
from app.orders.tables import Box, Line, Receiver
from app.orders.visit_parts import VISIT_PARTS

FAMILY = Family(
    name="orders",
    tables=(Box, Line, Receiver, Hold, Permit, Share),
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
            check=sends.claim_check,
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
    sealed_columns=(
        SealedColumn(
            table="receiver",
            column="sealed",
            key=(("vendor_id", "text"), ("shipment_box_id", "bigint"), ("version", "bigint")),
            purpose=lambda _: PURPOSE_RECEIVER,
        ),
    ),
)
