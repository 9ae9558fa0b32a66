"""Waybills: upload with split shipping (O7) and update (O8)."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from app.sandbox.core import shipped_watch
from app.sandbox.core.couriers import couriers
from app.sandbox.core.order_entities import CANCELLED, Box, Line, Receiver
from app.sandbox.core.state import SandboxState
from app.sandbox.orders import transitions as box_transitions
from app.sandbox.orders.calls import bulk_code, row, scripted_failure
from app.sandbox.wire.envelopes import Answer, Declined, internal_exception, ok
from app.sandbox.wire.requests import MISSING, Request, flag, number, require, text, vendor_body

REFUSALS: dict[str, tuple[bool, str]] = {
    "NOT_FOUND_SHIPMENT_BOX": (False, "존재하지 않는 송장번호입니다."),
    "INVALID_STATUS": (False, "배송진행상태가 유효하지 않습니다. [합포장번호 : {box}] [주문번호 : {order}]"),
    "PERMISSION_DENIED": (True, "권한이 없습니다."),
    "DUPLICATE_INVOICE_NUMBER": (True, "이미 저장된 송장번호가 있습니다."),
    "INVALID_INVOICE_NUMBER": (True, "송장번호가 유효하지 않습니다."),
    "ORDER_DELIVERY_CANCELED": (False, "취소된 주문건입니다."),
    "ORDER_DELIVERY_PARTIAL_STOP_REQUESTED": (True, "출고중지 요청건입니다."),
    "ORDER_DELIVERY_CANCELED_HOLDING_FOR_CANCEL": (True, "취소대기상태의 주문건입니다."),
    "UNDEFINED_ERROR_OCCUR": (True, "알수없는 오류"),
    "NOT_ALLOW_INVOICE_NUMBER_RE_UPLOAD": (
        False,
        "이미 저장된 송장번호가 있어, 송장번호 등록이 불가능합니다. "
        "(동일송장번호 업로드 조건 : 주문자/수취인정보 동일)",
    ),
    "NOT_FOUND_INVOICE_NUMBER": (
        False,
        "이미 출고 예정일이 등록된 상품이어서 운송장 번호를 입력하셔야 합니다.",
    ),
    "NOT_FOUND_VENDOR_ITEM": (False, "합포장건 중 누락된 상품이 있습니다."),
    "NOT_ALLOW_VENDOR_DIRECT": (False, "업체직송은 분리배송 할 수 없습니다."),
    "PSD_NOT_ALLOW_TO_CHANGE": (False, "출고예정일은 최초 등록 이후 변경 할 수 없습니다."),
    "NOT_ALLOW_SEPARATE_AFTER_NORMAL_DELIVERY": (
        False,
        "일반배송 접수 후 분리배송을 다시 할 수 없습니다.",
    ),
    "IS_SEPARATE_MUST_BE_TRUE_WHEN_SEPARATE_DELIVERY": (
        False,
        "분리배송 접수 후 일반배송으로 처리 할 수 없습니다. 분리배송 여부를 Y로 수정하시기 바랍니다.",
    ),
    "NOT_ALLOW_SEPARATE_WHEN_ONE_VENDOR_ITEM": (False, "상품이 한가지인 경우 분리배송 할 수 없습니다."),
}
"""Result codes of a row: retryRequired and text."""

UPDATABLE = ("DEPARTURE", "DELIVERING", "FINAL_DELIVERY", "NONE_TRACKING")


@dataclass(frozen=True, slots=True)
class Dto:
    """One row of the body: one option of one box."""

    box_id: int
    order_id: int
    vendor_item_id: int
    courier: str
    invoice: str
    split: bool
    pre_split: bool
    planned: str


def upload(state: SandboxState, request: Request) -> Answer:
    """O7: waybills for INSTRUCT boxes, whole or split."""
    rows = [_row(state, request, dtos, _upload_box(state, request, dtos)) for dtos in _by_box(request)]
    return _answer(state, "200", rows)


def update(state: SandboxState, request: Request) -> Answer:
    """O8: another waybill for a box that has one; its way begins anew."""
    rows = [_row(state, request, dtos, _update_box(state, request, dtos)) for dtos in _by_box(request)]
    return _answer(state, 200, rows)


def _answer(state: SandboxState, code: int | str, rows: list[dict[str, str | int | bool | None]]) -> Answer:
    outcome = bulk_code(rows)
    said = {-1: "NONE", 0: "SUCCESS", 1: state.rules.partial_invoice_message, 99: "FAILED"}[outcome]
    return ok(code, {"responseCode": outcome, "responseMessage": said, "responseList": rows})


def _row(
    state: SandboxState, request: Request, dtos: list[Dto], code: str
) -> dict[str, str | int | bool | None]:
    if code == "OK":
        return row(dtos[0].box_id, True, "OK", False, None)
    retry, said = REFUSALS.get(code, (True, code))
    return row(dtos[0].box_id, False, code, retry, said.format(box=dtos[0].box_id, order=dtos[0].order_id))


def _by_box(request: Request) -> list[list[Dto]]:
    asked = vendor_body(request).get("orderSheetInvoiceApplyDtos")
    require(isinstance(asked, list) and asked, MISSING)
    grouped: dict[int, list[Dto]] = {}
    for raw in asked or []:
        dto = _dto(raw)
        grouped.setdefault(dto.box_id, []).append(dto)
    if any(dto.courier not in couriers() for dtos in grouped.values() for dto in dtos):
        raise Declined(internal_exception())
    return list(grouped.values())


def _dto(raw: Any) -> Dto:
    require(isinstance(raw, dict), "orderSheetInvoiceApplyDtos should be objects")
    known = (
        "shipmentBoxId",
        "orderId",
        "vendorItemId",
        "deliveryCompanyCode",
        "invoiceNumber",
        "splitShipping",
        "preSplitShipped",
        "estimatedShippingDate",
    )
    require(all(raw.get(name) is not None for name in known), MISSING)
    ids = [number(raw[name], name) for name in known[:3]]
    courier, invoice, planned = (text(raw[name], name) for name in (known[3], known[4], known[7]))
    return Dto(
        ids[0],
        ids[1],
        ids[2],
        courier,
        invoice,
        flag(raw[known[5]], known[5]),
        flag(raw[known[6]], known[6]),
        planned,
    )


def _upload_box(state: SandboxState, request: Request, dtos: list[Dto]) -> str:
    box = state.boxes.get(dtos[0].box_id)
    found = _look(state, request, box, dtos, "invoice")
    if failure := scripted_failure(request, dtos[0].box_id):
        shipped_watch.note(state, found, accepted=False)
        return failure
    sent = [dto for dto in dtos if dto.invoice]
    subject = ",".join(str(dto.vendor_item_id) for dto in sorted(sent, key=lambda dto: dto.vendor_item_id))
    refusal = _unshippable(state, request, box, dtos) or (box and _wrong_rows(state, box, dtos))
    shipped_watch.note(state, found, accepted=not refusal)
    if box is None or refusal:
        state.ledger.repeat(dtos[0].box_id, "invoice", subject)
        return refusal or "NOT_FOUND_SHIPMENT_BOX"
    now = state.now()
    parcels: dict[tuple[str, str], list[Line]] = {}
    later: list[Line] = []
    for line, dto in (
        (line, dto) for line in box.lines for dto in dtos if dto.vendor_item_id == line.vendor_item_id
    ):
        if dto.invoice:
            parcels.setdefault((dto.courier, dto.invoice), []).append(line)
        else:
            line.planned = dto.planned
            later.append(line)
    # What ships now leaves under a new id as long as something stays behind.
    for left, ((courier, invoice), lines) in zip(
        range(len(parcels) - 1, -1, -1), parcels.items(), strict=True
    ):
        parcel = box_transitions.split_off(state, box, lines, now, "api") if left or later else box
        box_transitions.waybill(state, parcel, courier, invoice, now, "api")
    state.ledger.apply(box.vendor_id, box.box_id, "invoice", subject, now, request.call, again=False)
    return "OK"


def _look(
    state: SandboxState, request: Request, box: Box | None, dtos: list[Dto], kind: str
) -> shipped_watch.Found:
    if box is None or box.vendor_id != request.vendor.vendor_id:
        return []
    return shipped_watch.look(
        state, box, [(dto.vendor_item_id, dto.invoice) for dto in dtos], kind, request.call
    )


def _unshippable(state: SandboxState, request: Request, box: Box | None, dtos: list[Dto]) -> str | None:
    now = state.now()
    if strange := _not_yours(state, request, box, dtos):
        return strange
    assert box is not None
    if box.status == CANCELLED:
        return "ORDER_DELIVERY_CANCELED"
    if box.status in UPDATABLE and not box.split and any(dto.split for dto in dtos):
        return "NOT_ALLOW_SEPARATE_AFTER_NORMAL_DELIVERY"
    shown = box.status if state.rules.invoice_during_acknowledge_lag else box.shown(now)
    if shown != "INSTRUCT":
        return "INVALID_STATUS"
    if box.exchange_id is not None and not state.rules.invoice_for_exchange_box:
        return "INVALID_STATUS"
    if box.hold_kind == "refund":
        return "ORDER_DELIVERY_CANCELED_HOLDING_FOR_CANCEL"
    if box.hold_kind and not state.rules.invoice_despite_stop:
        free = any(line.shippable for line in box.lines)
        return "ORDER_DELIVERY_PARTIAL_STOP_REQUESTED" if free else state.rules.whole_hold_code
    return None


def _wrong_rows(state: SandboxState, box: Box, dtos: list[Dto]) -> str | None:
    if incomplete := _incomplete(state, box, dtos):
        return incomplete
    if any(dto.split for dto in dtos):
        return _wrong_split(state, box, dtos)
    if box.split:
        return "IS_SEPARATE_MUST_BE_TRUE_WHEN_SEPARATE_DELIVERY"
    return _one_waybill(state, dtos) or wrong_number(state, box, dtos[0].courier, dtos[0].invoice)


def _wrong_split(state: SandboxState, box: Box, dtos: list[Dto]) -> str | None:
    if any(dto.courier == "DIRECT" for dto in dtos):
        return "NOT_ALLOW_VENDOR_DIRECT"
    if not box.split and (len(box.lines) < 2 or not box.able_split):
        return "NOT_ALLOW_SEPARATE_WHEN_ONE_VENDOR_ITEM"
    if not all(dto.split for dto in dtos):
        return "IS_SEPARATE_MUST_BE_TRUE_WHEN_SEPARATE_DELIVERY"
    if any(dto.pre_split != box.split for dto in dtos):
        return "UNDEFINED_ERROR_OCCUR"
    for dto in dtos:
        line = box.line(dto.vendor_item_id)
        planned = line.planned if line else ""
        if dto.planned and planned and dto.planned != planned:
            return "PSD_NOT_ALLOW_TO_CHANGE"
        if not dto.invoice and not dto.planned:
            return "NOT_FOUND_INVOICE_NUMBER"
        if dto.invoice and dto.planned:
            return "PSD_NOT_ALLOW_TO_CHANGE" if planned else "INVALID_INVOICE_NUMBER"
    sent = [dto for dto in dtos if dto.invoice]
    if not sent:
        return "NOT_FOUND_INVOICE_NUMBER"
    wrong = (wrong_number(state, box, dto.courier, dto.invoice) for dto in sent)
    return next((one for one in wrong if one), None)


def _update_box(state: SandboxState, request: Request, dtos: list[Dto]) -> str:
    if failure := scripted_failure(request, dtos[0].box_id):
        return failure
    box = state.boxes.get(dtos[0].box_id)
    if strange := _not_yours(state, request, box, dtos):
        return strange
    assert box is not None
    if box.status == CANCELLED:
        return "ORDER_DELIVERY_CANCELED"
    if box.status not in UPDATABLE:
        return "INVALID_STATUS"
    if box.split and dtos[0].courier == "DIRECT":
        return "NOT_ALLOW_VENDOR_DIRECT"
    wrong = (
        _incomplete(state, box, dtos)
        or _one_waybill(state, dtos)
        or wrong_number(state, box, dtos[0].courier, dtos[0].invoice)
    )
    found = _look(state, request, box, dtos, "update_invoice")
    shipped_watch.note(state, found, accepted=not wrong)
    if wrong:
        return wrong
    now, asked = state.now(), (dtos[0].courier, dtos[0].invoice)
    again = (box.courier, box.invoice) == asked
    box_transitions.waybill(state, box, *asked, now, "api")
    state.ledger.apply(
        box.vendor_id, box.box_id, "update_invoice", ":".join(asked), now, request.call, again=again
    )
    return "OK"


def _not_yours(state: SandboxState, request: Request, box: Box | None, dtos: list[Dto]) -> str | None:
    if box is None or box.paid_at > state.now():
        return "NOT_FOUND_SHIPMENT_BOX"
    if box.vendor_id != request.vendor.vendor_id:
        return "PERMISSION_DENIED"
    return "NOT_FOUND_SHIPMENT_BOX" if any(dto.order_id != box.order_id for dto in dtos) else None


def _incomplete(state: SandboxState, box: Box, dtos: list[Dto]) -> str | None:
    given = [dto.vendor_item_id for dto in dtos]
    every = state.rules.cancelled_items_need_rows
    needed = {line.vendor_item_id for line in box.lines if every or line.canceled < line.count}
    known = {line.vendor_item_id for line in box.lines}
    complete = len(set(given)) == len(given) and needed <= set(given) <= known
    return None if complete else "NOT_FOUND_VENDOR_ITEM"


def _one_waybill(state: SandboxState, dtos: list[Dto]) -> str | None:
    one = len({(dto.courier, dto.invoice) for dto in dtos}) == 1
    dated = any(dto.planned for dto in dtos) and not state.rules.planned_date_without_split
    return None if one and not dated else "INVALID_INVOICE_NUMBER"


def wrong_number(state: SandboxState, box: Box, courier_code: str, invoice_number: str) -> str | None:
    """Return the result code of a waybill that this box cannot have, None when it can."""
    if not couriers()[courier_code].accepts(invoice_number):
        return "INVALID_INVOICE_NUMBER"
    remembered = state.now() - timedelta(days=state.rules.reuse_memory_days)
    for orderer, receiver, vendor_id, box_id, at in state.waybills.get((courier_code, invoice_number), ()):
        same = orderer == box.orderer.name and _same_place(state, box, receiver)
        if at < remembered or box_id == box.box_id or (vendor_id == box.vendor_id and same):
            continue
        return state.rules.reuse_code if vendor_id == box.vendor_id else "DUPLICATE_INVOICE_NUMBER"
    return None


def _same_place(state: SandboxState, box: Box, receiver: Receiver) -> bool:
    """Tell whether a box goes to this person and address, so that one parcel may hold both orders."""
    # A replacement has a safe number of its own, and never travels in the parcel of what it replaces.
    if not state.rules.same_waybill_needs_safe_number and box.exchange_id is None:
        receiver = replace(receiver, safe_digits=box.receiver.safe_digits)
    return receiver == box.receiver
