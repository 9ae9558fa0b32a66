"""Exchanges, as a family."""

from app.engine.context import PURPOSE_REQUESTER
from app.engine.family import Aggregate, Family, Feed, SealedColumn
from app.engine.feeds.names import EXCHANGES
from app.exchanges.api import by_hand, exchanges
from app.exchanges.inbox import INBOX, WAITING
from app.exchanges.machine_pages import MACHINE_PAGES
from app.exchanges.manual import MANUAL
from app.exchanges.past import EXCHANGE_VIEW, EXCHANGES_OF_BOX
from app.exchanges.resync import EXCHANGE_RESYNC
from app.exchanges.tables import Exchange, ExchangeBox, ExchangeLine
from app.machines.collects import COLLECT
from app.machines.exchanges import EXCHANGE
from app.machines.receptions import RECEPTION
from app.machines.redeliveries import REDELIVERY

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
    waiting=WAITING,
    inbox=INBOX,
    manual=MANUAL,
    routers=(exchanges.router, by_hand.router),
    machine_pages=MACHINE_PAGES,
)
