"""The goods of exchanges are awaited: their receptions begin, and follow what the exchanges show."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.claims.receptions import receptions
from app.claims.receptions import store as reception_store
from app.claims.transitions import move_receptions
from app.engine.caller import Vendors
from app.engine.db.database import Connection
from app.engine.history import transitions
from app.engine.history.steps import ClaimMove
from app.exchanges import store as exchange_store
from app.exchanges.lookup import require_exchange
from app.machines.collects import NOTHING_COMES, CollectState
from app.machines.exchanges import CALLED_OFF, ExchangeState
from app.machines.receptions import AWAITED, RECEPTION, ReceptionFacts, ReceptionState

EXCHANGE = "exchange"


@dataclass(frozen=True, slots=True)
class Goods:
    """What an exchange shows now, and state and version of the reception of its goods, if there is one."""

    exchange_id: int
    order_id: int
    exchange: ExchangeState
    collect: CollectState
    state: str | None
    version: int | None


async def follow(tx: Connection, vendor_id: str, shown: Sequence[Goods], cause: str, at: datetime) -> None:
    """Let the receptions of goods follow what their exchanges show; those that lack one begin.

    Raises:
        Stale: A reception has moved since it was looked for; nothing is written.
    """
    births = [(goods.exchange_id, goods.order_id) for goods in shown if goods.state is None]
    await reception_store.begin(
        tx,
        vendor_id,
        EXCHANGE,
        births,
        initial=str(RECEPTION.initial),
        actor="coupang",
        cause=cause,
        at=at,
    )
    moves = [
        ClaimMove(goods.exchange_id, goods.version or 1, (step,))
        for goods in shown
        if (step := _step(goods, cause)) is not None
    ]
    await move_receptions(tx, vendor_id, EXCHANGE, moves, at)


def _step(goods: Goods, cause: str) -> transitions.Step | None:
    """Return the step that what an exchange shows calls for, if any."""
    state = ReceptionState(goods.state or RECEPTION.initial)
    over = goods.exchange in CALLED_OFF or goods.collect in NOTHING_COMES
    event = None
    if over and state in AWAITED:
        event = "call_off"
    elif goods.collect is CollectState.COLLECTING and state is ReceptionState.EXPECTED:
        event = "see_picked_up"
    if event is None:
        return None
    move = RECEPTION.decide(state, event, ReceptionFacts(over=over))
    return transitions.Step(move.event, move.source, move.target, "coupang", cause)


async def _exchange(
    tx: Connection, vendor_ids: Vendors, exchange_id: int
) -> tuple[str, int, Collection[int]]:
    row = await require_exchange(tx, vendor_ids, exchange_id, lock=True)
    return row["vendor_id"], row["order_id"], {line["vendor_item_id"] for line in row["lines"]}


async def _nothing_comes(tx: Connection, vendor_id: str, exchange_id: int) -> bool:
    row = await exchange_store.find(tx, [vendor_id], exchange_id)
    return row is not None and (row["state"] in CALLED_OFF or row["collect_state"] in NOTHING_COMES)


EXCHANGE_GOODS = receptions.Goods(EXCHANGE, _exchange, _nothing_comes)
