"""The way back: how a courier fetches goods from the customer, for returns and exchanges alike."""

from datetime import datetime, timedelta

from app.errors import Conflict
from app.sandbox.core.claim_entities import AUTOMATIC, COUPANG, NOTHING, Pickup
from app.sandbox.core.state import Act, SandboxState

LINKED_COURIER = "CJGLS"
"""Who fetches for a seller with a linked courier."""
COUPANG_COURIER = "COUPANG"


def new_pickup(state: SandboxState, kind: str, claim_id: int) -> Pickup:
    """Return the pick-up of a new claim; an automatic one already names its courier, without a number."""
    if kind == NOTHING:
        return Pickup(kind, None)
    made = Pickup(kind, 20_000_000_000_000 + claim_id % 10**12)
    if kind in AUTOMATIC:
        made.rows.append((_courier(kind), ""))
    return made


def drawn_waybill(state: SandboxState, pickup: Pickup, claim_id: int) -> tuple[str, str]:
    """Return courier code and waybill of an automatic booking, seeded."""
    return _courier(pickup.kind), f"{state.chance('pickup', claim_id).randrange(10**12):012d}"


def book(pickup: Pickup, courier_code: str, invoice_number: str, at: datetime, *, keeps_blank: bool) -> None:
    """Note the waybill of the way back; lists of returns keep the blank row before it."""
    if not keeps_blank:
        pickup.rows = [row for row in pickup.rows if row[1]]
    pickup.rows.append((courier_code, invoice_number))
    pickup.booked_at = at


def check_scan(pickup: Pickup) -> None:
    """Check that the courier may scan.

    Raises:
        Conflict: Nothing to collect, or scanned already.
    """
    if pickup.kind == NOTHING or pickup.scanned_at is not None:
        raise Conflict("there is nothing to scan, or it is scanned already")


def check_arrival(pickup: Pickup) -> None:
    """Check that the goods may arrive.

    Raises:
        Conflict: Nothing to collect, or arrived already.
    """
    if pickup.kind == NOTHING or pickup.arrived_at is not None:
        raise Conflict("there is nothing to bring, or it has arrived already")


def by_chance(state: SandboxState, step: str, claim_id: int, at: datetime, act: Act) -> None:
    """Let the next step (`book`, `scan` or `arrive`) of a pick-up happen after a seeded wait.

    Nothing happens by itself while the rules keep the couriers at home.
    """
    if not state.rules.couriers:
        return
    earliest = float(getattr(state.rules, f"pickup_{step}_min_s"))
    latest = float(getattr(state.rules, f"pickup_{step}_max_s"))
    draw = state.chance("pickup", step, claim_id).random()
    wait_s = earliest + draw * max(0.0, latest - earliest)
    state.schedule((at + timedelta(seconds=wait_s)).replace(microsecond=0), act)


def _courier(kind: str) -> str:
    return COUPANG_COURIER if kind == COUPANG else LINKED_COURIER
