"""What one receipt row of Coupang says: which machine it belongs to, and in which state.

The same list carries immediate cancels, stop requests and returns, and says so in four fields that settle at
different times. `receiptStatus` decides first. A stop request shows as RETURNS_UNCHECKED too (under UC); the
`releaseStatus` of an item settles at 00:45, so N on a completed receipt is still a cancel;
`releaseStopStatus` may read 미처리 after the end. Where the fields disagree, the goods count as still in the
warehouse while that is possible: a needless question costs a look, a shipped cancel costs a customer.

No machine imports this module; it is not one.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from app.machines.cancels import CancelState
from app.machines.returns import ReturnState
from app.machines.returns import from_wire as return_from_wire


class Pickup(StrEnum):
    """Who brings the goods back (`returnDeliveryType`)."""

    CONTRACT_COURIER = "CONTRACT_COURIER"
    COUPANG = "COUPANG"
    BY_HAND = "BY_HAND"
    NOTHING = "NOTHING"
    UNSAID = "UNSAID"


class Completion(StrEnum):
    """Who completed a receipt (`completeConfirmType`)."""

    NOBODY_YET = "NOBODY_YET"
    SELLER = "SELLER"
    SUPPORT = "SUPPORT"
    SUPPORT_LOSS = "SUPPORT_LOSS"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a receipt row says.

    Attributes:
        cancel: State of the cancel; None: the receipt was never a cancel.
        returned: State of the return; None: there is no return (yet). Both are set when a stop request went
            on as a return.
    """

    cancel: CancelState | None
    returned: ReturnState | None


class _Goods(StrEnum):
    """What the `releaseStatus` of all items of a receipt says together."""

    UNTOLD = "no item says anything"
    WAITING = "some item has not left, none has"
    PARTLY = "some item has not left, some has"
    STOPPED = "all are stopped"
    LEFT = "all have left, or are stopped"
    ALREADY = "some item had left when the stop was asked, none is waiting"


_CANCEL_TYPE = "CANCEL"
_OTHER_TYPES = frozenset({"RETURN", "STOP_SHIPMENT", "반품"})
_STOP_ASKED = "RELEASE_STOP_UNCHECKED"
_ITEM = frozenset({"Y", "N", "S", "A"})

_UNANSWERED, _STOPPED, _SHIPPED, _AUTOMATIC, _NO_STOP = (
    "미처리",
    "처리(출고중지)",
    "처리(이미출고)",
    "자동처리(이미출고)",
    "비대상",
)

# One letter a cell: (o)pen stop request, (s)topped, (g)one and therefore a return, plain (r)eturn.
_CASES = (_Goods.UNTOLD, _Goods.WAITING, _Goods.PARTLY, _Goods.STOPPED, _Goods.LEFT, _Goods.ALREADY)
_UNCHECKED_GRID: dict[str, str] = {
    _UNANSWERED: "oooogg",
    _STOPPED: "oooogg",
    # The seller answered for the whole receipt; the items may settle later.
    _SHIPPED: "gggogg",
    # Decided by Coupang, perhaps for one of several boxes: what is waiting may still be in the warehouse.
    _AUTOMATIC: "ggoogg",
    # "Not a stop request", yet an item that has not left can still be stopped (the guard of O10 and O11).
    _NO_STOP: "rooorg",
}
_COMPLETED_GRID: dict[str, str] = {
    _UNANSWERED: "ssgsgg",
    _STOPPED: "sssssg",
    _SHIPPED: "gggsgg",
    _AUTOMATIC: "gggsgg",
    _NO_STOP: "rsgsrg",
}
_LATER_GRID: dict[str, str] = {
    **dict.fromkeys((_UNANSWERED, _STOPPED, _SHIPPED, _AUTOMATIC), "gggggg"),
    _NO_STOP: "rrrrrg",
}
_GRIDS: dict[ReturnState, dict[str, str]] = {
    ReturnState.RETURNS_UNCHECKED: _UNCHECKED_GRID,
    ReturnState.VENDOR_WAREHOUSE_CONFIRM: _LATER_GRID,
    ReturnState.REQUEST_COUPANG_CHECK: _LATER_GRID,
    ReturnState.RETURNS_COMPLETED: _COMPLETED_GRID,
}


def from_wire(
    receipt_type: str,
    receipt_status: str,
    release_stop_status: str | None,
    release_statuses: Collection[str | None],
) -> Reading:
    """Translate a row of the receipt list.

    Args:
        receipt_type: `receiptType`.
        receipt_status: `receiptStatus`.
        release_stop_status: `releaseStopStatus`; None or "" when the row has none.
        release_statuses: `releaseStatus` of each item; None or "" where an item has none.

    Raises:
        ValueError: A value is unknown, or the row contradicts itself; it is unreadable and must be looked at.
    """
    stop = release_stop_status or _NO_STOP
    if stop not in _UNCHECKED_GRID:
        raise ValueError(f"unknown releaseStopStatus {release_stop_status!r}")
    goods = _goods(release_statuses)
    returned = None if receipt_status == _STOP_ASKED else return_from_wire(receipt_status)
    if receipt_type == _CANCEL_TYPE:
        if returned is not ReturnState.RETURNS_COMPLETED:
            raise ValueError(f"a cancel is complete at birth, this one is {receipt_status}")
        return Reading(CancelState.CANCELLED, None)
    if receipt_type not in _OTHER_TYPES:
        raise ValueError(f"unknown receiptType {receipt_type!r}")
    if returned is None:
        return Reading(CancelState.REQUESTED, None)
    match _GRIDS[returned][stop][_CASES.index(goods)]:
        case "o":
            return Reading(CancelState.REQUESTED, None)
        case "s":
            return Reading(CancelState.STOPPED, None)
        case "g":
            return Reading(CancelState.SHIPPED_ALREADY, returned)
        case _:
            return Reading(None, returned)


def _goods(release_statuses: Collection[str | None]) -> _Goods:
    told = {status for status in release_statuses if status}
    if unknown := told - _ITEM:
        raise ValueError(f"unknown releaseStatus {sorted(unknown)}")
    if not told:
        return _Goods.UNTOLD
    left = told & {"Y", "A"}
    if "N" in told:
        return _Goods.PARTLY if left else _Goods.WAITING
    if not left:
        return _Goods.STOPPED
    return _Goods.ALREADY if "A" in left else _Goods.LEFT


_PICKUP: dict[str | None, Pickup] = {
    "연동택배": Pickup.CONTRACT_COURIER,
    "전담택배": Pickup.COUPANG,
    "수기관리": Pickup.BY_HAND,
    "": Pickup.NOTHING,
    None: Pickup.UNSAID,
}
_COMPLETION: dict[str, Completion] = {
    "UNDEFINED": Completion.NOBODY_YET,
    "미확인": Completion.NOBODY_YET,
    "": Completion.NOBODY_YET,
    "VENDOR_CONFIRM": Completion.SELLER,
    "CS_CONFIRM": Completion.SUPPORT,
    "CS_LOSS_CONFIRM": Completion.SUPPORT_LOSS,
}


def pickup_from_wire(return_delivery_type: str | None) -> Pickup:
    """Translate `returnDeliveryType`; None when the row has no such field.

    Raises:
        ValueError: Coupang has no such type (as far as we know).
    """
    try:
        return _PICKUP[return_delivery_type]
    except KeyError:
        raise ValueError(f"unknown returnDeliveryType {return_delivery_type!r}") from None


def completion_from_wire(complete_confirm_type: str) -> Completion:
    """Translate `completeConfirmType`.

    Raises:
        ValueError: Coupang has no such type (as far as we know).
    """
    try:
        return _COMPLETION[complete_confirm_type]
    except KeyError:
        raise ValueError(f"unknown completeConfirmType {complete_confirm_type!r}") from None


def is_ours_to_collect(pickup: Pickup) -> bool:
    """Tell whether the seller arranges the pick-up, so that its waybill may be registered (R7)."""
    return pickup in (Pickup.BY_HAND, Pickup.UNSAID)


def is_refunded(receipt_status: str, pre_refund: bool) -> bool:
    """Tell whether the customer has the money back: completed, or refunded before (`preRefund`)."""
    return pre_refund or receipt_status == ReturnState.RETURNS_COMPLETED
