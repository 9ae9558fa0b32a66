"""What goes wrong, by script: each call may meet a delay and one fault."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from app.errors import Invalid

KINDS: dict[str, str] = {
    "delay": "answer after delay_ms real milliseconds; apply=after also applies the change that late",
    "429": "refused and banned for ban_real_s (default: the rule)",
    "302": "blocked: an empty redirect",
    "403_html": "edge block, an HTML page",
    "403_ip": "source IP not allowed",
    "401": "variant: expired | invalid_signature | hmac_format | not_authorized | unknown_key",
    "status": "any status with message (default: the status' own phrase), nothing applied",
    "200_error": "HTTP 200 whose body code is 500, nothing applied",
    "500": "provider failed, nothing applied",
    "500_after": "provider failed after the change was applied",
    "504_before": "time-out, nothing applied",
    "504_after": "time-out, the change was applied",
    "504_late": "time-out now, the change is applied late_s virtual seconds later",
    "521": "provider not reached, nothing applied",
    "521_after": "provider not reached, yet the change was applied",
    "drop_before": "the socket closes without an answer, nothing applied",
    "drop_after": "the socket closes without an answer, the change was applied",
    "truncate_before": "half a JSON answer, nothing applied",
    "truncate_after": "the answer is cut in half, the change was applied",
    "row_error": "rows of O6/O7/O8 fail with result_code (default UNDEFINED_ERROR_OCCUR), box_id picks one; "
    "items of O9 fail with message, vendor_item_id picks one; O10/O11/E3/E4 answer FAIL with message",
    "duplicate_page": "a call with nextToken gets the page before it again",
    "shift_page": "direction=skip loses a row between two pages, repeat shows one twice",
    "empty_page": "a page without rows but with a nextToken",
    "empty_list": "a list (O1, O2, R1, E1) asked from its start answers that there is nothing: 200, no rows, "
    "no nextToken",
    "stale_rows": "rows (default 1) that have moved on are listed under the older status",
    "unreadable_row": "one row (box_id, claim_id or the first) is damaged; set={field: value} says how",
}
"""Every fault by name."""

INSIDE = frozenset(
    {
        "delay",
        "row_error",
        "duplicate_page",
        "shift_page",
        "empty_page",
        "empty_list",
        "stale_rows",
        "unreadable_row",
    }
)
"""Faults that change what the provider says; all others change what becomes of its answer."""
PAGED = frozenset({"duplicate_page", "shift_page"})
"""Faults between two pages: they wait for a call that has a nextToken."""
WHOLE = frozenset({"empty_list"})
"""Faults of a whole list: they wait for a call without a nextToken."""
ROWS = frozenset({"row_error"})
ROW_ROUTES = ("O6", "O7", "O8", "O9", "O10", "O11", "E3", "E4")
LISTS = frozenset(
    {"duplicate_page", "shift_page", "empty_page", "empty_list", "stale_rows", "unreadable_row"}
)
CLAIM_LISTS = frozenset({"duplicate_page", "empty_page", "empty_list", "unreadable_row"})
"""What can also happen to the lists of receipts and exchanges."""


MET: ContextVar["Callable[[Fault], None] | None"] = ContextVar("sandbox.met", default=None)
"""Who wants to know, during a call, which fault it meets."""


@dataclass(slots=True)
class Fault:
    """One scripted fault; `times` None is for ever, the first `skip` matching calls pass unharmed."""

    fault_id: int
    kind: str
    vendor_id: str | None = None
    route: str | None = None
    times: int | None = 1
    skip: int = 0
    delay_ms: float = 0.0
    options: dict[str, Any] = field(default_factory=dict)
    hits: int = 0

    def matches(self, vendor_id: str, route: str, paged: bool) -> bool:
        """Tell whether this fault is meant for such a call."""
        if self.times is not None and self.hits >= self.times:
            return False
        if self.vendor_id not in (None, vendor_id) or self.route not in (None, route):
            return False
        if (self.kind in PAGED and not paged) or (self.kind in WHOLE and paged):
            return False
        lists = ("O1", "O2", "R1", "E1") if self.kind in CLAIM_LISTS else ("O1", "O2")
        if self.kind in LISTS and route not in lists:
            return False
        return self.kind not in ROWS or route in ROW_ROUTES


class Faults:
    """The script: faults in the order they were added."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._added = 0

    def add(
        self,
        kind: str,
        *,
        vendor_id: str | None = None,
        route: str | None = None,
        times: int | None = 1,
        skip: int = 0,
        delay_ms: float = 0.0,
        **options: Any,
    ) -> Fault:
        """Add a fault to the script.

        Raises:
            Invalid: Unknown kind or an impossible number.
        """
        if kind not in KINDS:
            raise Invalid("no such fault", ("kind", f"one of {', '.join(KINDS)}"))
        if (times is not None and times < 1) or skip < 0 or delay_ms < 0:
            raise Invalid("times must be 1 or more; skip and delay_ms 0 or more", ("times", "too small"))
        if kind == "delay" and not delay_ms:
            raise Invalid("a delay needs its length", ("delay_ms", "missing"))
        self._added += 1
        fault = Fault(self._added, kind, vendor_id, route, times, skip, delay_ms, options)
        self._faults.append(fault)
        return fault

    def clear(self, vendor_id: str | None = None, fault_id: int | None = None) -> int:
        """Remove all faults, those of one vendor, or one; return how many."""
        kept = [
            one
            for one in self._faults
            if vendor_id not in (None, one.vendor_id) or fault_id not in (None, one.fault_id)
        ]
        removed = len(self._faults) - len(kept)
        self._faults = kept
        return removed

    def listed(self) -> list[dict[str, Any]]:
        """Return the script as JSON values."""
        return [
            {
                "fault_id": one.fault_id,
                "kind": one.kind,
                "vendor_id": one.vendor_id,
                "route": one.route,
                "times": one.times,
                "skip": one.skip,
                "delay_ms": one.delay_ms,
                "hits": one.hits,
                **one.options,
            }
            for one in self._faults
        ]

    def take(self, vendor_id: str, route: str, paged: bool) -> tuple[Fault | None, list[Fault]]:
        """Return the fault this call meets and the delays on its way, and count them as used."""
        met: Fault | None = None
        delays: list[Fault] = []
        for fault in self._faults:
            if not fault.matches(vendor_id, route, paged) or (fault.kind != "delay" and met is not None):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            fault.hits += 1
            if fault.delay_ms:
                delays.append(fault)
            if fault.kind != "delay":
                met = fault
        if met is not None and (told := MET.get()) is not None:
            told(met)
        return met, delays
