"""The seller's own cancel (O9): at ACCEPT at once, at INSTRUCT as a stop that is completed with it."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from app.sandbox.claims import create_claims
from app.sandbox.claims.create_claims import Why
from app.sandbox.core.claim_entities import Receipt
from app.sandbox.core.claim_reasons import REASONS, SELLER_CANCELS
from app.sandbox.core.order_entities import Box
from app.sandbox.core.state import SandboxState
from app.sandbox.orders import transitions as box_transitions
from app.sandbox.wire.envelopes import Answer
from app.sandbox.wire.requests import Request, json_body, number, require

NO_ORDER_ID = "주문 ID를 입력해 주세요."
NO_ITEMS = "취소할 벤더아이템 아이디 목록을 입력해주세요."
NO_COUNTS = "취소할 아이탬 개수 목록을 입력해주세요."
LENGTHS = "요청한 상품 개수와 취소 개수를 확인해주세요."
NO_BIG_CODE, WRONG_BIG_CODE = "취소사유 대분류 코드를 입력해주세요.", "취소사유 대분류 코드를 확인해 주세요."
NO_MIDDLE_CODE = "취소사유 중분류 코드를 입력해주세요."
WRONG_MIDDLE_CODE = "취소사유 중분류 코드를 확인해 주세요."
NO_VENDOR = "업체 ID를 입력해주세요."
WRONG_USER = "업체 ID에 맞는 올바른 유저 ID를 입력해주세요."
NO_ORDER = "주문 정보가 없습니다."
NO_ITEM = "주문정보가 없습니다.[{item}]"
TOO_MANY = "취소 가능한 개수보다 요청한 개수가 더 많습니다."
WRONG_STATUS = "해당 벤더아이템이 결제완료/상품지시 중 상태가 아닙니다."
NOT_YOURS = "요청한 업체의 상품이 아닙니다."
FAILED = "취소요청 중 오류가 발생하였습니다."
NOT_PARTLY = "부분 취소는 불가능합니다."
STOP_FAILED = "출고정지 완료 처리에 실패했습니다."
ROLLBACK_FAILED = "출고 정지 요청 롤백에 실패했습니다[접수 아이디]"
INTERNAL = "내부 오류가 발생하였습니다. 쿠팡으로 문의하세요. 에러번호 : %s"
"""The last two come by script only: `row_error` with this message."""
FORCED = "파트너 API 강제 취소"


@dataclass(slots=True)
class Ask:
    """One O9: what it asks, what fails, and in which boxes the rest is."""

    order_id: int
    pieces: dict[int, int]
    middle: str
    failed: dict[int, str] = field(default_factory=dict)
    boxes: dict[int, dict[int, int]] = field(default_factory=dict)
    """Pieces to cancel by box."""


def cancel(state: SandboxState, request: Request) -> Answer:
    """O9: cancel items of one order, one call per box."""
    ask = _read(request)
    boxes = [
        box
        for box in state.boxes_of_order(ask.order_id)
        if box.paid_at <= state.now() and box.exchange_id is None
    ]
    known = {line.vendor_item_id for box in boxes for line in box.lines}
    require(known & ask.pieces.keys(), NO_ORDER, "400")
    _place(state, request, ask, boxes)
    for box in boxes:
        if box.box_id in ask.boxes and box.status == "ACCEPT":
            _check_accept(state, ask, box)
    made = [
        _cancel_box(state, request, ask, state.box(box_id), pieces) for box_id, pieces in ask.boxes.items()
    ]
    if not made:
        subject = _subject(ask.pieces)
        for box in boxes:
            state.ledger.repeat(box.box_id, "cancel", subject)
    return _answer(state, request, ask, made)


def _read(request: Request) -> Ask:
    body = json_body(request)
    require(body.get("orderId"), NO_ORDER_ID, "400")
    order_id = number(body["orderId"], "orderId")
    require(order_id == int(request.path["order"]), NO_ORDER, "400")
    items, counts = body.get("vendorItemIds"), body.get("receiptCounts")
    require(isinstance(items, list) and items, NO_ITEMS, "400")
    require(isinstance(counts, list) and counts, NO_COUNTS, "400")
    assert isinstance(items, list)
    assert isinstance(counts, list)
    fits = all(isinstance(one, int) and not isinstance(one, bool) and one > 0 for one in counts)
    require(fits, NO_COUNTS, "400")
    require(len(items) == len(counts), LENGTHS, "400")
    require(body.get("bigCancelCode"), NO_BIG_CODE, "400")
    require(body["bigCancelCode"] == "CANERR", WRONG_BIG_CODE, "400")
    require(body.get("middleCancelCode"), NO_MIDDLE_CODE, "400")
    require(body["middleCancelCode"] in SELLER_CANCELS, WRONG_MIDDLE_CODE, "400")
    require(body.get("vendorId") == request.vendor.vendor_id, NO_VENDOR, "400")
    users = request.vendor.wing_users
    user = body.get("userId")
    require(isinstance(user, str) and user and (not users or user in users), WRONG_USER, "400")
    pieces: dict[int, int] = {}
    for item, count in zip(items, counts, strict=True):
        item_id = number(item, "vendorItemIds")
        pieces[item_id] = pieces.get(item_id, 0) + count
    return Ask(order_id, pieces, body["middleCancelCode"])


def _place(state: SandboxState, request: Request, ask: Ask, boxes: list[Box]) -> None:
    """Find the box of every item; what cannot be cancelled fails by itself."""
    fault = request.meets("row_error")
    first: Box | None = None
    for item, count in ask.pieces.items():
        held_by = [box for box in boxes if box.line(item) is not None]
        held_by.sort(key=lambda box: (box is not first, not _can(box, item, count)))
        box = held_by[0] if held_by else None
        if fault and fault.options.get("vendor_item_id", item) == item:
            ask.failed[item] = str(fault.options.get("message", STOP_FAILED))
        elif box is None:
            ask.failed[item] = NO_ITEM.format(item=item)
        elif box.vendor_id != request.vendor.vendor_id:
            ask.failed[item] = NOT_YOURS
        elif box.status not in ("ACCEPT", "INSTRUCT"):
            ask.failed[item] = WRONG_STATUS
        elif not _can(box, item, count):
            ask.failed[item] = TOO_MANY
        elif first is not None and box is not first and not state.rules.cancel_across_boxes:
            ask.failed[item] = FAILED if box.status == "ACCEPT" else STOP_FAILED
        else:
            first = first or box
            ask.boxes.setdefault(box.box_id, {})[item] = count


def _can(box: Box, item: int, count: int) -> bool:
    line = box.line(item)
    return box.status in ("ACCEPT", "INSTRUCT") and line is not None and count <= line.shippable


def _check_accept(state: SandboxState, ask: Ask, box: Box) -> None:
    """Let the items of an ACCEPT box fail while a refund runs, or when only a part is asked for."""
    pieces = ask.boxes[box.box_id]
    partly = any(pieces.get(line.vendor_item_id, 0) < line.shippable for line in box.lines)
    said = FAILED if box.hold_kind else NOT_PARTLY
    if box.hold_kind or (partly and not state.rules.partial_cancel_at_accept):
        ask.failed.update(dict.fromkeys(ask.boxes.pop(box.box_id), said))


def _cancel_box(state: SandboxState, request: Request, ask: Ask, box: Box, pieces: dict[int, int]) -> Receipt:
    now, at_accept = state.now(), box.status == "ACCEPT"
    box_transitions.cancel(state, box, pieces, now, "api", held=False)
    if at_accept:
        reason = REASONS[SELLER_CANCELS[ask.middle]]
        receipt = create_claims.file_cancel(state, box, pieces, now, "api", Why(reason, "VENDOR"))
    else:
        # Coupang writes its own reason over the seller's.
        why = Why(REASONS["OOSSELLER"], "VENDOR", FORCED)
        receipt = create_claims.file_stopped(state, box, pieces, now, "api", why)
    # A part may be cancelled again and again: the same ask a second time is a change applied twice.
    state.ledger.apply(box.vendor_id, box.box_id, "cancel", _subject(pieces), now, request.call, again=True)
    return receipt


def _subject(pieces: dict[int, int]) -> str:
    return ",".join(f"{item}:{count}" for item, count in sorted(pieces.items()))


def _answer(state: SandboxState, request: Request, ask: Ask, made: list[Receipt]) -> Answer:
    asked = state.uuid("cancel", request.vendor.vendor_id, request.vendor.calls)
    failures = "\r\n".join(f"[{item}]<= {said}" for item, said in ask.failed.items())
    rows = [
        {
            "receiptId": one.receipt_id,
            "receiptType": "CANCEL" if one.kind == "cancel" else "STOP_SHIPMENT",
            "vendorItemIds": [piece.line.vendor_item_id for piece in one.pieces],
            "totalCount": one.count,
        }
        for one in made
    ]
    flat = state.rules.cancel_answer == "flat"
    receipts: dict[str, Any] = {str(row["receiptId"]): row for row in rows}
    if flat:
        receipts = rows[0] if rows else {}
    code = "200" if made else "400"
    if flat:
        code = "FAIL" if not made else "PARTIAL" if ask.failed else "SUCCESS"
    data = {
        "receiptMap": receipts,
        "orderId": ask.order_id,
        state.rules.cancel_failed_key: list(ask.failed),
    }
    body = {"code": code, "message": f"[요청번호] {asked} \r\n{failures}", "data": data}
    return Answer(200 if made else state.rules.cancel_failed_status, orjson.dumps(body))
