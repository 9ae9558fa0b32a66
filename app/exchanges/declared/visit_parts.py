"""What a visit does about exchanges: sweeps and single readings."""

from collections.abc import Mapping

from app.engine.family import VisitPart
from app.engine.feeds.feeds import Due
from app.engine.feeds.names import EXCHANGES
from app.engine.visits.session import VisitSession
from app.exchanges import poll


async def _sweep(session: VisitSession, due: Mapping[str, Due]) -> bool:
    return EXCHANGES in due and await poll.sweep_exchanges(session)


async def _reread(session: VisitSession, _: Mapping[str, Due]) -> None:
    await poll.reread_exchanges(session)


VISIT_PARTS = (
    VisitPart(name="sweep_exchanges", order=120, run=_sweep),
    VisitPart(name="reread_exchanges", order=130, run=_reread),
)
