"""What no code can say of the thirteen changes: what each means here, and where its proof stands.

A test fails when a change has no words, and when a named address, test or scenario does not exist.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.claims.kinds import ClaimKind
from app.exchanges.kinds import ExchangeKind
from app.orders.effects.kinds import OrderKind

STORY = "tests/acceptance/test_story_thirteen.py::test_a_lost_answer_is_read_back_and_the_change_is_made_once"
"""Asks every change over REST, loses its answer after and before it was applied, and counts at Coupang."""
FAULTS = ("fault 504_after", "fault 504_before")
"""What the story has the sandbox do to every change."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one change.

    Attributes:
        asked_at: Operation ids of the REST calls that ask for it.
        does: What it does here, besides the steps of the machines.
        read_by: Calls of Coupang that decide a doubtful answer, the usual one first.
        shows: What proves that it was applied, and what disproves it.
        tests: Where else it is proven than in `STORY`, as `file::function`.
        sandbox: Scenarios of the sandbox besides `FAULTS`: `rule name`, `fault kind`, `control METHOD path`.
    """

    asked_at: tuple[str, ...]
    does: str
    read_by: tuple[str, ...]
    shows: str
    tests: tuple[str, ...]
    sandbox: tuple[str, ...]


_STORIES = "tests/acceptance/test_story"
_REFUSED = "the receipt shows another end or is withdrawn: refuted"
WORDS: Mapping[str, Words] = {
    OrderKind.ACKNOWLEDGE: Words(
        ("acknowledge_box",),
        "The box is to be packed. Its receiver is read again once Coupang shows INSTRUCT; only then is the "
        "address final. Asked by itself with `auto_acknowledge`.",
        ("O3", "O1"),
        "the box is past ACCEPT: proven; it has held units: refuted",
        (
            f"{_STORIES}_acknowledge_lag.py::test_an_acknowledge_that_shows_only_25_minutes_later",
            f"{_STORIES}_write_faults.py::test_a_doubtful_answer_is_read_back_before_any_repeat",
        ),
        ("rule acknowledge_lag_max_s", "control POST /boxes/{box_id}/acknowledge-lag"),
    ),
    OrderKind.SHIP: Words(
        ("ship_box",),
        "Stop requests and the box are read right before it goes. The box carries the waybill; the part of a "
        "split that leaves gets a new box id.",
        ("O3", "O4"),
        "a box with the asked items carries the asked number: proven; another number: refuted",
        (
            f"{_STORIES}_split.py::test_part_leaves_now_and_the_rest_later",
            f"{_STORIES}_write_faults.py::test_a_doubtful_answer_is_read_back_before_any_repeat",
        ),
        ("rule reuse_code", "rule invoice_despite_stop", "fault row_error"),
    ),
    OrderKind.CHANGE_INVOICE: Words(
        ("change_box_invoice",),
        "The box carries the new waybill and starts its way again.",
        ("O3",),
        "the box carries the new number: proven",
        (f"{_STORIES}_oddities.py::test_oddity_23_a_second_waybill_is_an_update_not_an_upload",),
        ("rule reuse_memory_days", "control POST /boxes/{box_id}/courier"),
    ),
    OrderKind.CLOSE_UNDELIVERED: Words(
        ("close_undelivered_box",),
        "A box that nobody scanned for 30 days counts as delivered.",
        ("O3",),
        "the box is in FINAL_DELIVERY: proven",
        (f"{_STORIES}_full_road.py::test_a_parcel_that_nobody_scans_is_closed_after_thirty_days",),
        ("rule long_term_days", "rule never_scanned_share"),
    ),
    OrderKind.SELLER_CANCEL: Words(
        ("cancel_box",),
        "The units are refunded and the seller's score sinks. The receipts that the answer names are stored; "
        "the box is read for what is left of it.",
        ("O3",),
        "the box shows the units as cancelled, or is gone: proven; it has left: refuted",
        (
            f"{_STORIES}_seller_cancels.py::test_a_part_at_instruct",
            f"{_STORIES}_oddities.py::test_oddity_28_a_cancel_at_instruct_is_a_stop_and_may_be_taken_in_part",
        ),
        ("rule cancel_answer", "rule cancel_failed_key", "fault row_error"),
    ),
    ClaimKind.STOP_SHIPMENT: Words(
        ("stop_shipment",),
        "The customer is refunded; the box is cancelled, or free again for what is left of it.",
        ("R2", "R6"),
        f"the receipt shows the stop: proven; {_REFUSED}",
        (
            f"{_STORIES}_stop_requests.py::test_a_stopped_box_is_refunded_and_never_leaves",
            f"{_STORIES}_oddities.py::test_oddity_27_the_count_of_a_stop_is_that_of_the_whole_receipt",
        ),
        ("rule stop_refund_s", "control POST /boxes/{box_id}/customer"),
    ),
    ClaimKind.DECLARE_SHIPPED: Words(
        ("declare_shipped",),
        "The box departs with this waybill, and its receipt goes on as a return that the seller pays.",
        ("R2", "R6"),
        f"the receipt shows it as shipped: proven; {_REFUSED}",
        (f"{_STORIES}_stop_requests.py::test_a_parcel_that_was_handed_over_goes_on_as_a_return",),
        ("rule nested_already_shipped", "rule already_shipped_after_s"),
    ),
    ClaimKind.PICKUP_WAYBILL: Words(
        ("register_return_pickup", "register_exchange_pickup"),
        "The pick-up that the seller booked is known to Coupang, and its number is kept with the claim.",
        ("R2", "E1"),
        "the receipt, or the exchange, carries the number: proven; it is past the pick-up: refuted",
        (
            f"{_STORIES}_returns.py::test_the_seller_arranges_the_pick_up",
            f"{_STORIES}_exchanges.py::test_a_change_whose_answer_is_lost_is_applied_once",
        ),
        ("rule pickup_again", "control POST /receipts"),
    ),
    ClaimKind.CONFIRM_RETURN: Words(
        ("confirm_return",),
        "Coupang knows that the goods arrived. With a quick refund the return is over at once, which only "
        "reading the receipt tells.",
        ("R2", "R6"),
        "the receipt is confirmed or completed: proven; disputed: a person looks",
        (
            f"{_STORIES}_returns.py::test_an_automatic_pick_up_is_inspected_confirmed_and_approved",
            f"{_STORIES}_returns.py::test_a_quick_refund_is_known_by_its_outcome",
        ),
        ("rule quick_refund_below_krw", "rule receive_again_text"),
    ),
    ClaimKind.APPROVE_RETURN: Words(
        ("approve_return",),
        "The customer is refunded and the return is over.",
        ("R2", "R6"),
        "the receipt is completed: proven; disputed: a person looks",
        (f"{_STORIES}_returns.py::test_what_coupang_did_itself_is_as_good_as_done",),
        ("rule auto_approval_s", "control POST /receipts/{claim_id}/support"),
    ),
    ExchangeKind.CONFIRM_EXCHANGE: Words(
        ("confirm_exchange",),
        "Coupang knows that the goods arrived and makes the new box within ten minutes.",
        ("E1",),
        "the exchange shows the goods as collected: proven; it is over: refuted",
        (f"{_STORIES}_exchanges.py::test_the_full_road_on_the_new_box",),
        ("rule exchange_box_max_s", "control POST /exchanges/{claim_id}/courier"),
    ),
    ExchangeKind.REJECT_EXCHANGE: Words(
        ("reject_exchange",),
        "The exchange is over, and its goods are not expected any more.",
        ("E1",),
        "the exchange is rejected: proven; it is over otherwise: refuted",
        (f"{_STORIES}_exchanges.py::test_rejected_as_sold_out",),
        ("fault row_error", "control POST /exchanges/{claim_id}/wing"),
    ),
    ExchangeKind.SHIP_EXCHANGE: Words(
        ("ship_exchange",),
        "The replacement leaves on its new box, never on the original one. It is confirmed by reading only: "
        "Coupang may answer SUCCESS and do nothing.",
        ("E1",),
        "the new box carries the number: proven; the exchange is over: refuted",
        (
            f"{_STORIES}_exchanges.py::test_the_full_road_on_the_new_box",
            f"{_STORIES}_oddities_claims.py::test_oddity_32_the_replacement_has_a_box_of_its_own_minutes_later",
        ),
        ("rule wrong_exchange_box_accepted", "rule exchange_box_min_s"),
    ),
}
"""By kind; the order of their declaration is that of the table."""
