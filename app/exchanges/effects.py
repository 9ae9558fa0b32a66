"""Effects that change an exchange: rejected, pick-up waybill, arrival confirmed, replacement shipped."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.claims.receptions import store as reception_store
from app.coupang.couriers import DIRECT
from app.engine.context import Context
from app.engine.db.database import Connection
from app.engine.effects.subjects import Effects, PlainSubject, Proofs, Rows, confirmed_step
from app.engine.history.steps import ClaimMove
from app.exchanges import store as exchange_store
from app.exchanges.kinds import ExchangeKind
from app.exchanges.transitions import move_exchanges
from app.machines import exchanges as exchange_machine
from app.machines.collects import COLLECT, CollectFacts, CollectState
from app.machines.exchanges import EXCHANGE, ExchangeFacts
from app.machines.kernel import Refused, Rules
from app.machines.receptions import ReceptionState, is_in_house
from app.machines.redeliveries import REDELIVERY, RedeliveryFacts
from app.orders import store as box_store

TRACKS: dict[str, Rules[Any]] = {"exchange": EXCHANGE, "collect": COLLECT, "redelivery": REDELIVERY}
MOVES: dict[str, tuple[str, ...]] = {
    "reject": ("exchange",),
    "confirm_arrival": ("exchange", "collect"),
    "register_pickup": ("collect",),
    "ship_replacement": ("redelivery",),
    "ship_replacement_direct": ("redelivery",),
}
"""Event → the aggregates it moves; the first one must allow it."""
COLUMNS = {"exchange": "", "collect": "collect_", "redelivery": "redelivery_"}


class Exchanges(PlainSubject):
    """The subject `exchange`."""

    id_name = "exchange_id"
    lock_order = 30
    pinned = False
    """What is asked for depends on the tracks, and a scan may move the exchange meanwhile."""

    async def owner(self, tx: Connection, vendor_ids: list[str] | None, subject_id: int) -> str | None:
        """Return whose an exchange is; None: there is none for this caller."""
        return await exchange_store.owner(tx, vendor_ids, subject_id)

    async def lock(self, tx: Connection, vendor_id: str, effects: Effects) -> Rows:
        """Lock the exchanges and their receptions, whose state each row names as `reception`."""
        found: dict[int, Mapping[str, Any]] = {}
        for exchange_id in sorted({effect["subject_id"] for effect in effects}):
            row = await exchange_store.find(tx, [vendor_id], exchange_id, lock=True)
            if row is not None:
                reception = await reception_store.find(tx, vendor_id, "exchange", exchange_id, lock=True)
                found[exchange_id] = {**row, "reception": reception["state"] if reception else None}
        return found

    def decide(self, row: Mapping[str, Any], effect: Mapping[str, Any], at: datetime) -> None:
        """Decide a change of an exchange again, on its goods and tracks as they are now.

        Raises:
            Refused: A machine refuses by now; names the rules.
        """
        track = MOVES[effect["event"]][0]
        facts = exchange_facts(row, effect["payload"])
        TRACKS[track].decide(row[f"{COLUMNS[track]}state"], effect["event"], facts[track])

    async def confirm(
        self, context: Context, tx: Connection, vendor_id: str, effects: Effects, proofs: Proofs, at: datetime
    ) -> None:
        """Move the exchanges and their tracks; each is read soon, for there the rest shows."""
        present = await self.lock(tx, vendor_id, effects)
        for effect in effects:
            row = present.get(effect["subject_id"])
            if row is None:
                continue
            for track in MOVES[effect["event"]]:
                prefix = COLUMNS[track]
                try:
                    move = TRACKS[track].decide(row[f"{prefix}state"], effect["event"], _DONE[track](effect))
                except Refused:
                    # Seen already: the reading that shows it walked there.
                    continue
                step = confirmed_step(effect, move, proofs)
                moved = ClaimMove(row["exchange_id"], row[f"{prefix}version"], (step,))
                await move_exchanges(tx, vendor_id, track, [moved], at)
            if effect["kind"] == ExchangeKind.CONFIRM_EXCHANGE:
                await exchange_store.note_confirmed(tx, vendor_id, row["exchange_id"], at)
            if effect["kind"] == ExchangeKind.SHIP_EXCHANGE:
                # Where the order lists show the new box too, it has just departed.
                await box_store.doubt(tx, vendor_id, [effect["payload"]["shipment_box_id"]], at)
        await self.doubt(tx, vendor_id, effects, at)

    async def doubt(self, tx: Connection, vendor_id: str, effects: Effects, at: datetime) -> None:
        """Have these exchanges read by themselves."""
        for effect in effects:
            await exchange_store.schedule(tx, vendor_id, effect["subject_id"], at)


def exchange_facts(row: Mapping[str, Any], payload: Mapping[str, Any]) -> dict[str, Any]:
    """Build the guards' facts of an exchange and its tracks.

    Args:
        row: The exchange with `lines`, `boxes` and `reception`: where its goods are (None: not known).
        payload: Of the change that is asked: `code`, `courier_code`, `invoice_number`, `shipment_box_id`.
    """
    reception = ReceptionState(row["reception"]) if row["reception"] else ReceptionState.EXPECTED
    collect = CollectState(row["collect_state"])
    nothing = collect is CollectState.NO_COLLECT
    waybill = "invoice_number" in payload
    arrived, passed = is_in_house(reception), reception is ReceptionState.PASSED
    return {
        "exchange": ExchangeFacts(
            rejectable=row["rejectable"],
            reject_code="code" in payload,
            arrived=arrived,
            passed=passed,
            nothing_to_collect=nothing,
            confirmed=collect is CollectState.COMPLETE_COLLECT,
        ),
        "collect": CollectFacts(
            ongoing=row["state"] in exchange_machine.OPEN,
            # R7 is for sellers without automatic collection, and the list says that by its courier alone:
            # an automatic pick-up names one, long before it has a number.
            ours_to_collect=not (row["collector_named"] or row["waybills"]),
            waybill=waybill,
            arrived=arrived,
            passed=passed,
        ),
        "redelivery": RedeliveryFacts(
            in_progress=row["state"] == exchange_machine.ExchangeState.PROGRESS,
            collected=nothing or collect is CollectState.COMPLETE_COLLECT,
            new_box=payload.get("shipment_box_id") in _new_boxes(row),
            waybill=waybill,
            direct=payload.get("courier_code") == DIRECT,
        ),
    }


def granted(row: Mapping[str, Any], event: str) -> dict[str, Any]:
    """Return the payload that is taken for granted where it is only judged whether a change may be asked."""
    return {
        "code": "",
        "courier_code": DIRECT if event.endswith("_direct") else "",
        "invoice_number": "",
        "shipment_box_id": next(iter(_new_boxes(row)), None),
    }


def _new_boxes(row: Mapping[str, Any]) -> list[int]:
    originals = {line["shipment_box_id"] for line in row["lines"]}
    return [box["shipment_box_id"] for box in row["boxes"] if box["shipment_box_id"] not in originals]


# Coupang has done it, so what our guards would say by now changes nothing.
_DONE: dict[str, Any] = {
    "exchange": lambda effect: ExchangeFacts(True, True, True, True, False, False),
    "collect": lambda effect: CollectFacts(True, True, True, True, True, True),
    "redelivery": lambda effect: RedeliveryFacts(
        True, True, True, True, effect["payload"].get("courier_code") == DIRECT, True
    ),
}
