"""The machines of cancels, returns and goods that come back, as the documentation shows them."""

from app.engine.family import MachinePage
from app.machines import cancels, receptions, returns

MACHINE_PAGES = (
    MachinePage(
        part="cancel",
        word="cancel",
        rules=cancels.CANCEL,
        observed=cancels.OBSERVED,
        calls=cancels.CALLS,
        causes=cancels.CAUSES,
        korean=cancels.KOREAN,
    ),
    MachinePage(
        part="return",
        word="return",
        rules=returns.RETURN,
        observed=returns.OBSERVED,
        calls=returns.CALLS,
        causes=returns.CAUSES,
        korean=returns.KOREAN,
    ),
    MachinePage(
        part="reception",
        word="goods of a claim",
        rules=receptions.RECEPTION,
        observed=receptions.OBSERVED,
        calls=receptions.CALLS,
        causes=receptions.CAUSES,
        korean=receptions.KOREAN,
    ),
)
