"""How work is spaced, and when and how long calls stop."""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.machines.boxes import UNDER_WAY, BoxState


@dataclass(frozen=True, slots=True)
class Circuit:
    """When and how long we fall silent, in real time (field by field: `app.settings.Circuit`)."""

    throttled: timedelta = timedelta(seconds=60)
    blocked: timedelta = timedelta(seconds=600)
    denied: timedelta = timedelta(seconds=600)
    errors: timedelta = timedelta(seconds=30)
    errors_most: int = 20

    def pause(self, kind: str, stops: int) -> timedelta:
        """Return how long to keep silent after `stops` earlier stops in a row."""
        first: timedelta = getattr(self, kind)
        return first * (1 << min(stops, 4))


@dataclass(frozen=True, slots=True)
class Policy:
    """How work is spaced; all intervals follow the clock (field by field: `app.settings.Jobs`)."""

    accept_every: timedelta = timedelta(minutes=3)
    sweep_every: timedelta = timedelta(minutes=30)
    claims_every: timedelta = timedelta(minutes=5)
    """Between two looks for stop requests and cancels."""
    returns_every: timedelta = timedelta(minutes=15)
    """Between two looks for returns, and for withdrawals of open receipts."""
    stop_answer_within: timedelta = timedelta(hours=48)
    """After this long an unanswered stop request may be refunded by Coupang itself; not published."""
    receipt_first: timedelta = timedelta(hours=1)
    """First look at an open receipt by itself, if no list shows it before; later looks back off."""
    receipt_most: timedelta = timedelta(hours=12)
    lag: timedelta = timedelta(minutes=10)
    overlap: timedelta = timedelta(minutes=30)
    catch_up: timedelta = timedelta(days=30)
    acknowledge_linger: timedelta = timedelta(minutes=1)
    ship_linger: timedelta = timedelta(seconds=5)
    permit_lasts: timedelta = timedelta(minutes=15)
    """How long a ship permit is valid; an asking that cannot be answered for as long is refused."""
    acknowledge_shows_within: timedelta = timedelta(minutes=35)
    """An acknowledge that does not show this long after its outcome became uncertain was not applied."""
    write_shows_within: timedelta = timedelta(minutes=1)
    """The same for every other change."""
    call_lasts: timedelta = timedelta(minutes=1)
    """The call of a worker that died may go on for so long, where the gateway was asked for more time."""
    receiver_first: timedelta = timedelta(minutes=2)
    track_first: timedelta = timedelta(hours=2)
    track_most: timedelta = timedelta(hours=6)
    census_hour: int | None = None
    """Hour of the night, in Seoul, from which each vendor is counted; None: never."""
    erase_after: timedelta | None = None
    """Personal data is erased this long after its order ended, or its answer was read; None: never."""
    keep_readings: timedelta = timedelta(days=60)
    """How long it is known what was read when; a census looks back thirty days."""
    tries_most: int = 5
    """Sendings of one effect before a person must look."""
    circuit: Circuit = field(default_factory=Circuit)

    def next_read(
        self, state: BoxState, address_final: bool, at: datetime, reads: int = 0
    ) -> datetime | None:
        """Return when a box in this state is to be read again; None when nothing is expected."""
        if state is BoxState.INSTRUCT and not address_final:
            pause: timedelta = self.receiver_first * (1 << min(reads, 3))
        elif state in UNDER_WAY:
            pause = min(self.track_first * math.pow(1.5, min(reads, 20)), self.track_most)
        else:
            return None
        return at + pause

    def next_receipt_read(self, at: datetime, reads: int) -> datetime:
        """Return when an open receipt is to be read by itself, unless a list shows it before."""
        first = max(self.receipt_first, self.receipt_seen_within)
        return at + min(first * math.pow(1.5, min(reads, 20)), max(self.receipt_most, first))

    @property
    def receipt_seen_within(self) -> timedelta:
        """Within two sweeps a list shows a receipt that is open, as long as there are not too many."""
        return 2 * self.returns_every
