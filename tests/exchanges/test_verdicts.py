"""What the list of exchanges means for a change of an exchange whose outcome is unknown."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.claims.kinds import ClaimKind
from app.coupang.claims.types import Exchange, ExchangeStatus, ReplacementBox, ReplacementInvoice, Waybill
from app.exchanges.ingest import Shown
from app.exchanges.kinds import ExchangeKind
from app.exchanges.verdicts import read_exchange
from app.machines.collects import CollectState
from app.machines.exchanges import ExchangeState
from app.machines.redeliveries import RedeliveryState

WITHIN = timedelta(minutes=1)
SOON, LATE = WITHIN - timedelta(microseconds=1), WITHIN
NEW_BOX, NUMBER = 642_538_970_006_409_999, "600000000001"
ASKED = {"courier_code": "CJGLS", "invoice_number": NUMBER, "shipment_box_id": NEW_BOX}
PICKUP, REJECT, CONFIRM, SHIP = (
    ClaimKind.PICKUP_WAYBILL,
    ExchangeKind.REJECT_EXCHANGE,
    ExchangeKind.CONFIRM_EXCHANGE,
    ExchangeKind.SHIP_EXCHANGE,
)
KINDS = (PICKUP, REJECT, CONFIRM, SHIP)
OPEN = (ExchangeState.RECEIPT, ExchangeState.PROGRESS)
BEFORE = CollectState.BEFORE_DIRECTION


def row(*boxes: ReplacementBox, waybills: tuple[Waybill, ...] = ()) -> Exchange:
    return Exchange(101, 7, ExchangeStatus.PROGRESS, (), boxes=boxes, waybills=waybills)


def box(*numbers: str | None, box_id: int = NEW_BOX) -> ReplacementBox:
    invoices = tuple(ReplacementInvoice("INSTRUCT", (), None, number) for number in numbers)
    return ReplacementBox(box_id, invoices=invoices)


def read(
    kind: str,
    listed: Exchange,
    exchange: ExchangeState = ExchangeState.PROGRESS,
    collect: CollectState = BEFORE,
    silent: timedelta = LATE,
) -> tuple[str, str]:
    shown = Shown(exchange, collect, RedeliveryState.BEFORE_DIRECTION)
    verdict = read_exchange(kind, ASKED, listed, shown, silent, WITHIN)
    return verdict.event, verdict.code


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("exchange", OPEN)
def test_exchange_verdict_waits_then_disproves_while_open(kind: str, exchange: ExchangeState) -> None:
    assert read(kind, row(), exchange, silent=SOON) == ("wait", "TOO_EARLY")
    assert read(kind, row(), exchange, silent=LATE) == ("disprove", "NOT_APPLIED")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("exchange", [state for state in ExchangeState if state not in OPEN])
def test_exchange_verdict_refutes_once_it_is_over(kind: str, exchange: ExchangeState) -> None:
    """An exchange that is over cannot show the change later; a rejection alone is what a rejection asks."""
    wanted = ("prove", "SHOWN") if (kind, exchange) == (REJECT, ExchangeState.REJECT) else None
    for silent in (timedelta(0), LATE):
        assert read(kind, row(), exchange, silent=silent) == (wanted or ("refute", "SHOWN_OTHERWISE"))


@pytest.mark.parametrize("collect", CollectState)
def test_exchange_confirmation_is_proven_by_complete_collect_only(collect: CollectState) -> None:
    wanted = "prove" if collect is CollectState.COMPLETE_COLLECT else "disprove"
    assert read(CONFIRM, row(), collect=collect)[0] == wanted


@pytest.mark.parametrize(
    ("waybills", "event"),
    [
        ((), "disprove"),
        ((Waybill("CJGLS", "699999999999"),), "disprove"),
        ((Waybill("HANJIN", NUMBER),), "disprove"),
        ((Waybill("CJGLS", NUMBER),), "prove"),
        ((Waybill("CJGLS", "699999999999"), Waybill("CJGLS", NUMBER)), "prove"),
    ],
)
def test_exchange_pickup_is_proven_by_its_waybill(waybills: tuple[Waybill, ...], event: str) -> None:
    assert read(PICKUP, row(waybills=waybills))[0] == event


@pytest.mark.parametrize(
    ("boxes", "event"),
    [
        ((), "disprove"),
        ((box(),), "disprove"),
        ((box(None),), "disprove"),
        ((box("699999999999"),), "disprove"),
        ((box(NUMBER, box_id=NEW_BOX + 1),), "disprove"),
        ((box("699999999999"), box(NUMBER, box_id=NEW_BOX + 1)), "disprove"),
        ((box(NUMBER),), "prove"),
        ((box("699999999999", NUMBER),), "prove"),
        ((box(None, box_id=NEW_BOX + 1), box(NUMBER)), "prove"),
    ],
)
def test_replacement_waybill_is_proven_on_its_own_box(boxes: tuple[ReplacementBox, ...], event: str) -> None:
    assert read(SHIP, row(*boxes))[0] == event


@given(
    kind=st.sampled_from(KINDS),
    exchange=st.sampled_from(ExchangeState),
    collect=st.sampled_from(CollectState),
    told=st.sampled_from(
        [row(), row(box(NUMBER)), row(waybills=(Waybill("CJGLS", NUMBER),)), row(box("699999999999"))]
    ),
    silences=st.lists(st.timedeltas(timedelta(0), timedelta(days=3)), min_size=2, max_size=2).map(sorted),
)
def test_exchange_verdict_only_ripens_with_silence(
    kind: str, exchange: ExchangeState, collect: CollectState, told: Exchange, silences: Any
) -> None:
    """Silence turns `wait` into `disprove`; nothing that was certain changes with it."""
    now, later = (read(kind, told, exchange, collect, silent) for silent in silences)
    assert now == later or (now[0], later[0]) == ("wait", "disprove")
