"""What Coupang's answers and readings mean for cancels (O9) and answers to stop requests (O10, O11). Pure.

"It is over already" and "there is no such receipt" are no success and no failure: they are a reason to read.
"""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from app.claims.kinds import ClaimKind
from app.coupang.claims.types import CancelAnswer
from app.coupang.orders.decode import Sheet
from app.engine.effects.verdicts import Verdict
from app.machines.boxes import SEEN, SHIPPED
from app.machines.cancels import CancelState

PATIENCE = timedelta(hours=1)
"""After this long a receipt that nobody shows, and nobody withdrew, is put before a person."""
_SHIPPED = frozenset(SEEN.words(SHIPPED))


def judge_cancel(answer: CancelAnswer, payload: Mapping[str, Any]) -> Verdict:
    """Return what the answer to a seller's cancel says about everything that was asked.

    Of a cancel that was taken in part the taken part is a fact, so it counts as confirmed, with the code
    PARTIAL and the items that Coupang refused.
    """
    items = [item["vendor_item_id"] for item in payload["items"]]
    outcomes = {item: answer.outcome_of(item) for item in items}
    if answer.unreadable or "unknown" in outcomes.values():
        return Verdict("doubt", "UNKNOWN_ITEMS", "the answer does not say what became of every item", True)
    texts = dict(answer.item_texts)
    refused = [item for item, outcome in outcomes.items() if outcome == "not_applied"]
    told = "; ".join(f"{item}: {texts.get(item, 'refused')}" for item in refused)
    if len(refused) == len(items):
        return Verdict("reject", "NOT_CANCELLED", told, reread=True)
    if refused:
        return Verdict("confirm", "PARTIAL", told, reread=True)
    return Verdict("confirm", "OK")


def read_cancel(
    payload: Mapping[str, Any],
    sheets: list[Sheet],
    shipment_box_id: int,
    silent_for: timedelta,
    shows_within: timedelta,
    others: Mapping[int, tuple[int, int]] = MappingProxyType({}),
) -> Verdict:
    """Compare a seller's cancel of unknown outcome with what its box shows.

    A customer may have asked for the same units: what became of that request proves nothing about ours.

    Args:
        payload: As stored: `items` with `vendor_item_id`, `count` and `cancelled_before`.
        sheets: The box; none when Coupang says that it is gone.
        shipment_box_id: The box.
        silent_for: Time since it was last sent.
        shows_within: After this long a cancel that does not show was not applied.
        others: Units by vendor item id that a customer had stopped since it was asked, and those that a
            customer has asked to stop.
    """
    own = next((sheet for sheet in sheets if sheet.shipment_box_id == shipment_box_id), None)
    if own is None:
        return Verdict("prove", "SHOWN", "Coupang says the box was cancelled")
    touched = missing = False
    for item in payload["items"]:
        line = next((line for line in own.lines if line.vendor_item_id == item["vendor_item_id"]), None)
        if line is None:
            continue
        stopped, requested = others.get(line.vendor_item_id, (0, 0))
        # A request that is held no more has ended; how, we have not read yet.
        before = item["cancelled_before"] + stopped + max(0, requested - line.held)
        missing = missing or line.cancelled < before + item["count"]
        touched = touched or line.cancelled > before or line.held > requested
    if not missing:
        return Verdict("prove", "SHOWN", "the box shows these units as cancelled")
    if own.status in _SHIPPED:
        return Verdict("refute", "SHOWN_OTHERWISE", "the box has left, nothing of it can be cancelled")
    if silent_for < shows_within:
        return Verdict("wait", "TOO_EARLY", "Coupang may still show it later")
    if touched:
        # Half of it: asking once more could cancel more than was meant.
        if silent_for < PATIENCE:
            return Verdict("wait", "HALF_SHOWN", "the box shows a part of it")
        return Verdict("give_up", "HALF_SHOWN", "the box shows a part of it")
    return Verdict("disprove", "NOT_APPLIED", "the box shows nothing of it")


def read_answer(
    kind: ClaimKind,
    shown: CancelState | None,
    silent_for: timedelta,
    shows_within: timedelta,
) -> Verdict:
    """Compare an answer to a stop request, of unknown outcome, with what its receipt shows.

    Args:
        kind: STOP_SHIPMENT or DECLARE_SHIPPED.
        shown: The state that the receipt itself shows; WITHDRAWN when the withdrawals name it; None when
            nobody shows it.
        silent_for: Time since it was last sent.
        shows_within: After this long an answer that does not show was not applied.
    """
    asked = CancelState.STOPPED if kind is ClaimKind.STOP_SHIPMENT else CancelState.SHIPPED_ALREADY
    match shown:
        case None if silent_for >= PATIENCE:
            return Verdict("give_up", "NOT_SHOWN", "neither the receipts nor the withdrawals show it")
        case None:
            return Verdict("wait", "NOT_SHOWN", "neither the receipts nor the withdrawals show it")
        case CancelState.REQUESTED if silent_for < shows_within:
            return Verdict("wait", "TOO_EARLY", "Coupang may still show it later")
        case CancelState.REQUESTED:
            return Verdict("disprove", "NOT_APPLIED", "the stop request is still open")
        case CancelState.WITHDRAWN:
            return Verdict("refute", "WITHDRAWN", "the customer took the request back")
        case _ if shown is asked:
            return Verdict("prove", "SHOWN", "the receipt shows what was asked")
        case _:
            return Verdict("refute", "SHOWN_OTHERWISE", f"the receipt shows {shown}")
