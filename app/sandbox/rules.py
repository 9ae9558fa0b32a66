"""Every fact that Coupang leaves open or that tests want to move, as one frozen value."""

from dataclasses import dataclass, fields, replace
from typing import Any

from app.errors import Invalid


@dataclass(frozen=True, slots=True)
class Rules:
    """How this Coupang behaves; times are virtual seconds unless the name says `real`."""

    list_lag_s: float = 600.0
    """A paid order shows up in lists this late; single reads see it at once."""
    acknowledge_lag_min_s: float = 0.0
    """Shortest time between the OK of an acknowledge and the visible INSTRUCT."""
    acknowledge_lag_max_s: float = 1800.0
    """Longest such time; each box draws its own, seeded."""
    invoice_during_acknowledge_lag: bool = False
    """Whether O7 works while an acknowledged box still shows ACCEPT; False answers INVALID_STATUS."""
    order_as_array: bool = True
    """O4 answers a list of boxes; False answers the first box as an object."""
    max_per_page: int = 50
    """Largest and default `maxPerPage`."""
    max_range_days: int = 31
    """Largest difference between the days of O1."""
    day_range_text: str = "endTime-startTime range should less than31."
    """The 400 text for a longer difference; live accounts also saw `range should less than 32 day`."""
    minute_window_end_inclusive: bool = False
    """Whether O2 returns a box that was paid exactly at `createdAtTo`."""
    max_acknowledge_boxes: int = 50
    """Largest acknowledge batch; more is a 400."""
    wrong_method_status: int = 412
    """The HTTP status of the PRECONDITION_FAILED answer is not known."""
    signature_life_s: float = 300.0
    """Lifetime of a signature; multiplied by the clock's factor, because signing takes real time."""
    whole_hold_code: str = "ORDER_DELIVERY_CANCELED"
    """O7 row code for a box whose every piece waits for a stop request."""
    reuse_code: str = "NOT_ALLOW_INVOICE_NUMBER_RE_UPLOAD"
    """O7/O8 row code for a waybill of another receiver; `DUPLICATE_INVOICE_NUMBER` is the older one."""
    reuse_memory_days: int = 183
    """How long a used waybill is remembered."""
    partial_refund_s: float = 600.0
    """How long a partial refund runs (hold) before it is final (cancelled)."""
    long_term_days: int = 30
    """O12 is allowed this long after DEPARTURE."""
    confirm_after_days: float = 7.0
    """A delivered line shows its `confirmDate` after this time."""
    couriers: bool = True
    """Whether couriers act by themselves; control can always scan and deliver."""
    scan_min_s: float = 7_200.0
    """Earliest first scan after the waybill."""
    scan_max_s: float = 72_000.0
    """Latest first scan after the waybill."""
    deliver_min_s: float = 28_800.0
    """Earliest delivery after the first scan."""
    deliver_max_s: float = 129_600.0
    """Latest delivery after the first scan."""
    never_scanned_share: float = 0.0
    """Share of parcels that no courier ever scans."""
    limit_per_second: int = 10
    """This many calls of one vendor within a real second are too many; 0 switches the limit off."""
    ban_real_s: float = 60.0
    """How long a vendor is refused after that, in real time."""
    abuse_calls: int = 100
    """Calls during bans after which the vendor is blocked for good (302); 0 switches it off."""
    gateway_timeout_real_s: float = 3.0
    """A delayed answer becomes 504 after this real time, unless X-EXTENDED-TIMEOUT asks for more."""
    gzip_from_bytes: int = 256
    """Smallest body that is compressed when the caller accepts gzip; -1 switches gzip off."""
    transcript: bool = False
    """Keep every call and answer, for the determinism check."""

    def changed(self, changes: dict[str, Any]) -> "Rules":
        """Return these rules with `changes` applied.

        Raises:
            Invalid: An unknown name, or a value of another type.
        """
        known = {field.name: getattr(self, field.name) for field in fields(self)}
        wrong = [(name, "no such rule") for name in changes if name not in known]
        wrong += [
            (name, f"must be {type(known[name]).__name__}")
            for name, value in changes.items()
            if name in known and not _fits(known[name], value)
        ]
        if wrong:
            raise Invalid("these rules cannot be set", *wrong)
        return replace(self, **changes)


def _fits(present: object, value: object) -> bool:
    if isinstance(present, bool) or isinstance(value, bool):
        return isinstance(present, bool) and isinstance(value, bool)
    if isinstance(present, float):
        return isinstance(value, int | float)
    return isinstance(value, type(present))
