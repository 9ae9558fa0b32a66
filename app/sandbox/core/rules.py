"""Every fact that Coupang leaves open or that tests want to move, as one frozen value."""

from dataclasses import dataclass, fields, replace
from typing import Any

from app.errors import Invalid

WORDS: dict[str, tuple[str | int, ...]] = {
    "stop_request_in_uc": ("RELEASE_STOP_UNCHECKED", "RETURNS_UNCHECKED"),
    "cancel_answer": ("keyed", "flat"),
    "cancel_failed_key": ("failedVendorItemIds", "failedItemIds"),
    "returned_boxes_vanish": ("never", "undelivered", "always"),
    "exchange_collecting": ("Collecting", "Delivering"),
    "signature_clocks": ("either", "virtual", "real"),
    "box_id_digits": (15, 18),
    "partial_invoice_message": ("PARTIAL_ERROR", "PARTIAL"),
    "no_remote_price": ("as_seen", "null", "zero"),
    "raw_utf8": ("read", "encoded", "refused"),
}
"""Rules that know only these values."""


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
    """Lifetime of a signature; multiplied by the clock's factor, because signing takes real time.

    The official FAQ (360022935394) gives five minutes; nothing is published about clocks that run ahead, so
    it is the same in both directions.
    """
    signature_clocks: str = "either"
    """By which clock a signature may be dated: `either`, the sandbox's `virtual` one, or the `real` one.

    Coupang knows one time only. A sandbox whose clock runs fast, or stands still, shuts out every client
    with a clock of its own after five real minutes unless the real time counts as well.
    """
    key_life_days: float = 180.0
    """A key dies this long after its issue (401, unknown key); 0 never.

    180 days with no overlap (27482151049625). Virtual days on a real or frozen clock, real ones on a fast
    clock, like the lifetime of a signature.
    """
    allowed_ips: tuple[str, ...] = ()
    """Addresses that may use a key whose vendor has no list of its own; empty lets all in.

    Coupang refuses every address that is not on the key's list (20874598747289). No list by default: the
    sandbox is on loopback, and what is tested there is seldom the list. `POST /vendors` sets one per key.
    """
    allowed_ips_most: int = 10
    """Longest such list: 10 for a seller's own key, 20 for solution providers (20874598747289)."""
    allowed_ips_change_s: float = 1_800.0
    """A changed list is in force after this time; published as "within about 30 minutes"."""
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
    box_id_digits: int = 18
    """Digits of new shipmentBoxIds: 18 or 15.

    "Up to 18 digits" since 2024-11 (39412511646489), beyond 2^53, which is the harder case for clients; a
    row captured in June 2026 has 15.
    """
    string_ids_accepted: bool = False
    """Whether ids in bodies may be strings of digits where the tables say Number.

    A string `receiptId` got a 400 in a report from a live account; the tables say Number. E3 and E4 take
    both always: their own samples print strings.
    """
    planned_date_without_split: bool = True
    """Whether O7 and O8 take a waybill together with an `estimatedShippingDate` for a box that is not split.

    Both official editions bind "either the number or the date" to split deliveries (360033793014 in Korean
    and English); for a whole box the date is then without meaning.
    """
    partial_invoice_message: str = "PARTIAL_ERROR"
    """responseMessage of O7 and O8 when some rows failed.

    The official table of responseCode: -1 NONE, 0 SUCCESS, 1 PARTIAL_ERROR, 99 FAILED. No answer with it has
    been published; `PARTIAL` is how O9 of 2019 says it.
    """
    same_waybill_needs_safe_number: bool = False
    """Whether one parcel for several orders needs the same safe number too, not only names and address.

    The page asks for the same orderer, receiver and address (360033793014). A safe number is issued per
    order, so asking for it as well would make such parcels impossible.
    """
    v4_new_fields: bool = False
    """Whether v4 rows have `isCod` and the box's `extraProperties`, announced for 2025-12-05.

    A v4 list that was captured in June 2026 has neither; the official v5 sample has both
    (53164063629593).
    """
    no_remote_price: str = "as_seen"
    """What `remotePrice` says where there is no surcharge: `null`, `zero`, or `as_seen`.

    As seen: null in v5 (official sample of 2025), 0 in v4 (captured in June 2026; null in 2019).
    """
    raw_utf8: str = "read"
    """What becomes of characters beyond ASCII that were not escaped in path or query.

    `read`: the signature is judged over the bytes as they came, which is what the HMAC page says of a query.
    `encoded`: something in front has escaped them, so a signature over the plain text is invalid, as clients
    that sign decoded text report. `refused`: a 400 of the edge, as RFC 9112 allows. Not published.
    """
    providers: tuple[str, ...] = (
        "openapi",
        "seller_api",
        "marketplace_openapi",
        "fms",
        "affiliate_open_api",
        "greatwall_api",
    )
    """Providers that exist at the gateway, from the paths of all published calls.

    Only others get "Provider id is not specified correctly."; an unknown path of these is a plain 404.
    """
    provider_error_status: int = 404
    """HTTP status of that text: 404 in the FAQ on wrong paths (360022936054); one integrator notes 400."""
    extended_timeout_most_ms: int = 90_000
    """Largest `X-EXTENDED-TIMEOUT`; more counts as this much (360022937714)."""
    limit_counts_strangers: bool = False
    """Whether calls without a valid key count for the vendor of their path.

    The limit is "per vendorId" (20414599556889), and only a signature proves who somebody is: counted by
    path, anybody could ban any seller. Such calls count for their address.
    """
    errors_most: int = 200
    """So many errors of one caller within `errors_within_real_s` get the edge's 403; 0 switches it off.

    "Many errors per second" (25780974599577); no number is published. Judged only while the limit per second
    is on, because on a fast clock the errors of a day fall into a minute. Scripted faults do not count.
    """
    errors_within_real_s: float = 60.0
    """Within what time errors and foreign paths are counted, in real time."""
    errors_block_real_s: float = 600.0
    """How long the edge refuses after that; clients are told to stay away for ten minutes and more."""
    foreign_paths_most: int = 20
    """So many calls with another vendor's id within that time block the caller (302); 0 switches it off.

    "Repeatedly wrong vendorId: blocked without notice" (30176501214361, 360022936054); no number is
    published. Judged only while the limit per second is on.
    """
    latency_real_s: float = 0.0
    """Shortest time to an answer, in real time.

    Nothing takes time on loopback, so ten calls one after the other would be ten within a second and earn a
    ban that no client earns over a network. `python -m app sandbox` sets 0.12 s while the limit is on: ten
    calls then take more than a second. Off in tests and where the limit is off, as in the demo.
    """
    transcript: bool = False
    """Keep every call and answer, for the determinism check."""

    def changed(self, changes: dict[str, Any]) -> "Rules":
        """Return these rules with `changes` applied.

        Raises:
            Invalid: An unknown name, or a value of another type.
        """
        # By their defaults: a time that was set to 5 may be 2.5 next.
        known: dict[str, Any] = {field.name: field.default for field in fields(self)}
        wrong = [(name, "no such rule") for name in changes if name not in known]
        wrong += [
            (name, f"must be {type(known[name]).__name__}")
            for name, value in changes.items()
            if name in known and not _fits(known[name], value)
        ]
        wrong += [
            (name, f"must be one of {', '.join(map(str, WORDS[name]))}")
            for name, value in changes.items()
            if name in WORDS and value not in WORDS[name]
        ]
        if wrong:
            raise Invalid("these rules cannot be set", *wrong)
        fitting: dict[str, Any] = {
            name: tuple(value) if isinstance(known[name], tuple) else value for name, value in changes.items()
        }
        return replace(self, **fitting)


def _fits(present: object, value: object) -> bool:
    if isinstance(present, bool) or isinstance(value, bool):
        return isinstance(present, bool) and isinstance(value, bool)
    if isinstance(present, tuple):
        return isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)
    if isinstance(present, float):
        return isinstance(value, int | float)
    return isinstance(value, type(present))
