"""The documented shape of a past moment (`?at=`), with an example."""

from datetime import datetime
from typing import Any

from app.machines.boxes import BoxState
from app.web.schemas import AT, BOX_ID, ITEM_ID, ORDER_ID, Id, Told


class Life(Told):
    """Where something was at a moment."""

    aggregate: str
    """`box`, `effect`, `cancel`, `return`, `exchange`, `collect`, `redelivery`, `return_reception` or
    `exchange_reception`."""
    aggregate_id: Id
    state: str
    version: int
    state_at: datetime
    event: str
    actor: str
    cause: str


class Quantities(Told):
    """What an option of a box came to, by Coupang's word."""

    vendor_item_id: Id
    ordered: int
    held: int
    cancelled: int
    shippable: int


class Word(Told):
    """The last word of Coupang before a moment."""

    seen_at: datetime
    """When we read it: a word that changed nothing is not counted."""
    evidence: str
    """Digest of the stored answer."""
    status: str | None
    """In its own words; null when the answer was erased or cannot be opened any more."""
    lines: list[Quantities] | None
    """Of a box; null of anything else, and when the answer is gone."""


class PastHold(Told):
    """A hold that was in force, or had run out without being released."""

    hold_id: Id
    placed_by: str
    placed_at: datetime
    expires_at: datetime


class Moment(Told):
    """What was known of one thing at a past moment, rebuilt from the history."""

    vendor_id: str
    order_id: Id
    at: datetime
    known_since: datetime
    life: Life
    """Itself: its state and version, and the step that had led there."""
    tracks: list[Life]
    """What belongs to it alone: the tracks of an exchange, where the goods of a claim were."""
    effects: list[Life]
    """What had been asked of Coupang, newest last."""
    related: list[Life]
    """Of a box: cancels, returns and exchanges that name it; of a claim: its boxes."""
    market: Word | None
    address_version: int | None
    """Of a box: which version of the receiver was known; the receiver itself stands under `/receiver`."""
    holds: list[PastHold]
    hold_until: datetime | None
    stop_open: bool | None
    """Of a box: a stop request waited for its answer."""


def example(aggregate: str, aggregate_id: str, state: str) -> dict[str, Any]:
    """Return a moment right after the beginning."""
    life = {
        "aggregate": aggregate,
        "aggregate_id": aggregate_id,
        "state": state,
        "version": 1,
        "state_at": AT,
        "event": "appear",
        "actor": "coupang",
        "cause": "feed:accept",
    }
    box = {**life, "aggregate": "box", "aggregate_id": BOX_ID, "state": BoxState.ACCEPT}
    line = {"vendor_item_id": ITEM_ID, "ordered": 2, "held": 0, "cancelled": 0, "shippable": 2}
    is_box = aggregate == "box"
    return {
        "vendor_id": "A00012345",
        "order_id": ORDER_ID,
        "at": AT,
        "known_since": AT,
        "life": life,
        "tracks": [],
        "effects": [],
        "related": [] if is_box else [box],
        "market": {
            "seen_at": AT,
            "evidence": "0123456789abcdef0123456789abcdef",
            "status": state,
            "lines": [line] if is_box else None,
        },
        "address_version": 1 if is_box else None,
        "holds": [],
        "hold_until": None,
        "stop_open": False if is_box else None,
    }
