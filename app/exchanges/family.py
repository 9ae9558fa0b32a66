"""Exchanges, as a family."""

from app.claims.kinds import ClaimKind
from app.engine.context import PURPOSE_REQUESTER
from app.engine.effects.dispatch import one_by_one
from app.engine.family import Aggregate, EffectKind, Family, Feed, ReadBack, SealedColumn
from app.engine.feeds.names import EXCHANGES
from app.exchanges import poll
from app.exchanges.api import by_hand, exchanges
from app.exchanges.declared.census import COUNTED
from app.exchanges.declared.erasure import ERASURES
from app.exchanges.declared.examined import EXAMINED
from app.exchanges.declared.inbox import INBOX, WAITING
from app.exchanges.declared.machine_pages import MACHINE_PAGES
from app.exchanges.declared.manual import MANUAL
from app.exchanges.declared.past import EXCHANGE_VIEW, EXCHANGES_OF_BOX
from app.exchanges.declared.resync import EXCHANGE_RESYNC
from app.exchanges.declared.snapshot import SNAPSHOT
from app.exchanges.declared.visit_parts import VISIT_PARTS
from app.exchanges.effects import Exchanges
from app.exchanges.kinds import ExchangeKind
from app.exchanges.tables import Exchange, ExchangeBox, ExchangeLine
from app.machines.collects import COLLECT
from app.machines.exchanges import EXCHANGE
from app.machines.receptions import RECEPTION
from app.machines.redeliveries import REDELIVERY

READ_EXCHANGE = one_by_one(poll.read_back_exchange)

FAMILY = Family(
    name="exchanges",
    tables=(Exchange, ExchangeBox, ExchangeLine),
    aggregates=(
        Aggregate(name="exchange", rules=EXCHANGE, counted_as="claims", table="exchange", key="exchange_id"),
        Aggregate(
            name="exchange_reception",
            rules=RECEPTION,
            counted_as="claims",
            table="reception",
            key="subject_id",
            only="subject = 'exchange'",
        ),
        Aggregate(
            name="collect",
            rules=COLLECT,
            counted_as="claims",
            table="exchange",
            key="exchange_id",
            prefix="collect_",
            dated=False,
        ),
        Aggregate(
            name="redelivery",
            rules=REDELIVERY,
            counted_as="claims",
            table="exchange",
            key="exchange_id",
            prefix="redelivery_",
            dated=False,
        ),
    ),
    feeds=(Feed(name=EXCHANGES, every=lambda policy: policy.returns_every, covers=True),),
    visit_parts=VISIT_PARTS,
    subjects={"exchange": Exchanges()},
    effect_kinds=(
        EffectKind(name=ExchangeKind.REJECT_EXCHANGE, send=poll.reject_exchange),
        EffectKind(name=ExchangeKind.CONFIRM_EXCHANGE, send=poll.confirm_exchange),
        EffectKind(name=ExchangeKind.SHIP_EXCHANGE, send=poll.ship_exchange),
    ),
    read_backs=tuple(
        ReadBack(kind=kind, subject="exchange", read=READ_EXCHANGE)
        for kind in (*ExchangeKind, ClaimKind.PICKUP_WAYBILL)
    ),
    past_views=(EXCHANGE_VIEW,),
    past_belonging={"box": EXCHANGES_OF_BOX},
    resyncs=(EXCHANGE_RESYNC,),
    sealed_columns=(
        SealedColumn(
            table="exchange",
            column="sealed_contacts",
            key=(("vendor_id", "text"), ("exchange_id", "bigint")),
            purpose=lambda _: PURPOSE_REQUESTER,
        ),
    ),
    observed=("exchange",),
    erasures=ERASURES,
    examined=EXAMINED,
    counted=COUNTED,
    snapshot=SNAPSHOT,
    waiting=WAITING,
    inbox=INBOX,
    manual=MANUAL,
    routers=(exchanges.router, by_hand.router),
    machine_pages=MACHINE_PAGES,
)
