"""When a story is over: everything is final, or a person has a decision to take that has a name."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app.devtools.story.boxes import is_returned_on_its_way
from app.devtools.story.holdings import Holdings
from app.machines.boxes import UNDER_WAY
from app.machines.cancels import CANCEL
from app.machines.effects import EFFECT
from app.machines.exchanges import EXCHANGE
from app.machines.receptions import AWAITED, UNINSPECTED, ReceptionState, Verdict
from app.machines.returns import OPEN, ReturnState


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What is not final.

    Attributes:
        name: What it is, with its number and state.
        why: Which decision of a person it waits for; empty when it still moves by itself.
    """

    name: str
    why: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.why or 'not final'}"


def unfinished(held: Holdings) -> list[Unfinished]:
    """Return everything that is not final, with the decision it waits for if that is known."""
    found = [
        Unfinished(f"box {row['shipment_box_id']} {row['state']}", row["attention"] or "")
        for row in held.boxes
        if row["state"] in UNDER_WAY and not is_returned_on_its_way(row)
    ]
    for row in held.receipts:
        found += _receipt(row)
    for row in held.exchanges:
        found += _exchange(row)
    found += [
        Unfinished(f"effect {row['effect_id']} {row['kind']} {row['state']}")
        for row in held.effects
        if row["state"] not in EFFECT.finals
    ]
    return found


def _receipt(row: dict[str, Any]) -> Iterable[Unfinished]:
    attention = row["attention"] or ""
    if row["cancel_state"] and row["cancel_state"] not in CANCEL.finals:
        yield Unfinished(f"cancel {row['receipt_id']} {row['cancel_state']}", attention)
    state, reception = row["return_state"], row["reception_state"]
    if state is None:
        return
    name = f"return {row['receipt_id']} {state}"
    if reception == ReceptionState.DISPUTED:
        refunded = state == ReturnState.RETURNS_COMPLETED
        kept = "refunded by Coupang all the same" if refunded else "kept from approval"
        yield Unfinished(name, f"{kept}: {_findings(row['inspection'])}")
    elif state in OPEN:
        yield Unfinished(name, attention)
    elif state == ReturnState.RETURNS_COMPLETED and reception in AWAITED | UNINSPECTED:
        # Refunded before the goods came: they are still to be looked at.
        yield Unfinished(f"{name}, goods {reception}", attention)


def _exchange(row: dict[str, Any]) -> Iterable[Unfinished]:
    if row["state"] in EXCHANGE.finals:
        return
    name = f"exchange {row['exchange_id']} {row['state']}"
    if row["reception_state"] == ReceptionState.DISPUTED:
        yield Unfinished(name, f"kept from confirmation: {_findings(row['inspection'])}")
    else:
        yield Unfinished(name, row["attention"] or "")


def _findings(inspection: list[dict[str, Any]]) -> str:
    bad = [one for one in inspection if one["verdict"] != Verdict.GOOD]
    return ", ".join(f"{one['verdict'].lower().replace('_', ' ')} {one['vendor_item_id']}" for one in bad)
