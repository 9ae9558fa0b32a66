"""The machines of exchanges and their tracks, as the documentation shows them."""

from app.engine.family import MachinePage
from app.machines import collects, exchanges, redeliveries

MACHINE_PAGES = (
    MachinePage(
        part="exchange",
        word="exchange",
        rules=exchanges.EXCHANGE,
        observed=exchanges.OBSERVED,
        calls=exchanges.CALLS,
        causes=exchanges.CAUSES,
        korean=exchanges.KOREAN,
    ),
    MachinePage(
        part="collect",
        word="goods back",
        rules=collects.COLLECT,
        observed=collects.OBSERVED,
        calls=collects.CALLS,
        causes=collects.CAUSES,
        korean=collects.KOREAN,
    ),
    MachinePage(
        part="redelivery",
        word="replacement",
        rules=redeliveries.REDELIVERY,
        observed=redeliveries.OBSERVED,
        calls=redeliveries.CALLS,
        causes=redeliveries.CAUSES,
        korean=redeliveries.KOREAN,
    ),
)
