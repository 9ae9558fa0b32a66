"""What readings mean for exchanges: R7, E2, E3 and E4 of unknown outcome. Pure."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from app.claims.kinds import ClaimKind
from app.claims.returns.verdicts import carries
from app.coupang.claims.types import Exchange
from app.engine.effects.verdicts import Verdict
from app.exchanges.ingest import Shown
from app.exchanges.kinds import ExchangeKind
from app.machines.collects import CollectState
from app.machines.exchanges import OPEN, ExchangeState


def read_exchange(
    kind: str,
    payload: Mapping[str, Any],
    row: Exchange,
    shown: Shown,
    silent_for: timedelta,
    shows_within: timedelta,
) -> Verdict:
    """Compare a change of an exchange, of unknown outcome, with what the list shows of it.

    Args:
        kind: PICKUP_WAYBILL, REJECT_EXCHANGE, CONFIRM_EXCHANGE or SHIP_EXCHANGE.
        payload: As stored with the effect.
        row: The exchange as listed.
        shown: The states it shows.
        silent_for: Time since it was last sent.
        shows_within: After this long a change that does not show was not applied.
    """
    match kind:
        case ClaimKind.PICKUP_WAYBILL:
            done = carries(payload, row.waybills)
        case ExchangeKind.REJECT_EXCHANGE:
            done = shown.exchange is ExchangeState.REJECT
        case ExchangeKind.CONFIRM_EXCHANGE:
            done = shown.collect is CollectState.COMPLETE_COLLECT
        case _:
            done = any(
                box.shipment_box_id == payload["shipment_box_id"]
                and any(one.invoice_number == payload["invoice_number"] for one in box.invoices)
                for box in row.boxes
            )
    if done:
        return Verdict("prove", "SHOWN", "the exchange shows what was asked")
    if shown.exchange not in OPEN:
        return Verdict("refute", "SHOWN_OTHERWISE", f"the exchange shows {shown.exchange}")
    if silent_for < shows_within:
        return Verdict("wait", "TOO_EARLY", "Coupang may still show it later")
    return Verdict("disprove", "NOT_APPLIED", "the exchange does not show it")
