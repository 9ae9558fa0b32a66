"""Every fact that Coupang leaves open or that tests want to move, as one frozen value."""

from dataclasses import dataclass, fields, replace
from typing import Any

from app.errors import Invalid

WORDS = {
    "stop_request_in_uc": ("RELEASE_STOP_UNCHECKED", "RETURNS_UNCHECKED"),
    "cancel_answer": ("keyed", "flat"),
    "cancel_failed_key": ("failedVendorItemIds", "failedItemIds"),
    "returned_boxes_vanish": ("never", "undelivered", "always"),
    "exchange_collecting": ("Collecting", "Delivering"),
}
"""Rules that know only these words."""


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
    date_skew_s: float = 0.0
    """How far the Date header of every answer is ahead of the clock by which signatures are judged."""
    receipt_lag_min_s: float = 0.0
    """Shortest time between a claim and its receipt in R1; single reads see it at once."""
    receipt_lag_max_s: float = 600.0
    """Longest such time; each receipt draws its own, seeded."""
    stop_request_in_uc: str = "RELEASE_STOP_UNCHECKED"
    """receiptStatus of an open stop request in the UC list; `RETURNS_UNCHECKED` is the other reading."""
    returns_minute_without_status: bool = True
    """Whether R1 by minutes answers without `status` (all RETURN receipts); by days it never does."""
    cancel_list_with_status: bool = False
    """Whether R1 `cancelType=CANCEL` tolerates `status` and `orderId`; False is a 400."""
    korean_receipt_type: bool = False
    """v4 says `반품` and `미확인` for RETURN and UNDEFINED, as older samples do."""
    partial_cancel_at_accept: bool = False
    """Whether O9 may cancel a part of an ACCEPT box."""
    cancel_across_boxes: bool = False
    """Whether one O9 may cancel in several boxes; False fails the items beyond the first box."""
    cancel_answer: str = "keyed"
    """Shape of O9: `keyed` (receiptMap by receipt) or `flat` (2019: one receipt; SUCCESS, PARTIAL, FAIL)."""
    cancel_failed_key: str = "failedVendorItemIds"
    """Where O9 lists failed items; the table of the docs says `failedItemIds`."""
    cancel_failed_status: int = 400
    """HTTP status of an O9 that cancelled nothing."""
    nested_already_shipped: bool = False
    """O11 puts code and message inside `data`, as an older sample does."""
    cancelled_items_need_rows: bool = False
    """Whether O7 and O8 want rows for wholly cancelled options of a box too (they ship nothing then)."""
    invoice_despite_stop: bool = False
    """Coupang takes waybills of boxes with an open stop request: only the seller's own check protects."""
    late_stop_requests: bool = True
    """A stop asked just after the waybill becomes a return (`자동처리(이미출고)`); False refuses it."""
    stop_refund_s: float = 172_800.0
    """Coupang refunds an unanswered stop request after this time; 0 never."""
    refund_keeps_unhandled: bool = True
    """A stop request refunded that way keeps releaseStopStatus `미처리`."""
    already_shipped_after_s: float = 600.0
    """An open stop request whose box has got a waybill becomes a return after this time; 0 never."""
    auto_approval_s: float = 259_200.0
    """Coupang approves a return this long after R3, or after the goods came back; 0 never."""
    receive_again_text: str = "이미 반품이 완료되었습니다."
    """400 of R3 for a receipt that is not RETURNS_UNCHECKED; not published."""
    quick_refund_below_krw: int = 100_000
    """Returns worth less are refunded quickly; 0 switches quick refunds off."""
    quick_refund_completes: bool = True
    """The scan of an automatic pick-up completes a quick refund; False only sets `preRefund`."""
    dispute_decision_s: float = 432_000.0
    """Coupang decides a dispute after this time; 0 leaves it to the script."""
    return_fee_krw: int = 3_000
    """What the way back costs whoever bears it."""
    returns_move_counts: bool = True
    """Returned pieces show as held and cancelled in order sheets."""
    returned_boxes_vanish: str = "undelivered"
    """Which boxes leave the order lists once all is returned: `never`, `undelivered` or `always`."""
    pickup_again: bool = True
    """R7 takes another waybill for a return; False is a 400."""
    pickup_book_min_s: float = 3_600.0
    """Earliest booking of an automatic pick-up after the claim."""
    pickup_book_max_s: float = 21_600.0
    """Latest booking."""
    pickup_scan_min_s: float = 28_800.0
    """Earliest scan of the pick-up after its booking."""
    pickup_scan_max_s: float = 129_600.0
    """Latest scan of the pick-up."""
    pickup_arrive_min_s: float = 28_800.0
    """Earliest arrival at the seller after that scan."""
    pickup_arrive_max_s: float = 129_600.0
    """Latest arrival at the seller."""
    withdrawal_range_days: int = 6
    """Largest difference between the days of R5; a difference of 7 is disputed."""
    exchange_range_days: int = 7
    """Largest difference between the times of E1."""
    exchange_page_size: int = 10
    """Default `maxPerPage` of E1."""
    exchange_max_per_page: int = 50
    """Largest `maxPerPage` of E1; one source says 100."""
    exchange_token_repeats: bool = False
    """The last page of E1 gives the token it was asked with instead of an empty one."""
    exchange_collecting: str = "Collecting"
    """collectStatus of goods on their way back; the docs also say `Delivering`."""
    exchange_box_min_s: float = 0.0
    """Shortest time between E2 and the box of the replacement."""
    exchange_box_max_s: float = 600.0
    """Longest such time; each exchange draws its own, seeded."""
    exchange_box_in_lists: bool = False
    """Whether O1 and O2 show boxes of replacements; O3, O4 and E1 always do."""
    invoice_for_exchange_box: bool = False
    """Whether O7 takes the box of a replacement; False answers INVALID_STATUS."""
    wrong_exchange_box_accepted: bool = False
    """E4 answers SUCCESS for a box that is not the replacement's, and does nothing."""
    exchange_direct_success_s: float = 604_800.0
    """An exchange delivered by the seller (DIRECT) is completed after this time; 0 never."""
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
        wrong += [
            (name, f"must be one of {', '.join(WORDS[name])}")
            for name, value in changes.items()
            if name in WORDS and value not in WORDS[name]
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
