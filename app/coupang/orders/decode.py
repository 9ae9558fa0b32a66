"""What Coupang says: the types of its answers and the pure functions that read them.

Tolerant where the wire is loose (numbers as strings, `""` for nothing, v4 and v5 shapes, `data` as object
or array), strict where a mistake would ship a wrong box: ids, status, payment time, lines and quantities.
A row that fails there becomes `Unreadable` and the rows beside it are read all the same. Prices, courier
and optional times that say nothing readable become None; the row's bytes keep what was said.

Two lines of one box with the same vendor item are one line here: quantities and order prices are summed,
because invoices and cancels know only the vendor item.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

import msgspec

from app.coupang import cutting, scalars
from app.coupang.cutting import Uncut
from app.coupang.errors import UnreadableAnswer
from app.coupang.orders import raw as order_raw
from app.coupang.orders.types import (
    BoxHistory,
    Envelope,
    InvoiceRow,
    Line,
    Receiver,
    ResultCode,
    Results,
    RowResult,
    Sheet,
    SheetPage,
    Step,
    Unreadable,
    WireStatus,
)
from app.coupang.required import (
    NOT_JSON,
    UNREADABLE,
    Missing,
    apart,
    elements,
    few,
    listed,
    members_of,
    named_id,
    once,
    quantity_or_zero,
    required_id,
    shown,
    sound,
)

__all__ = [
    "BoxHistory",
    "Envelope",
    "InvoiceRow",
    "Line",
    "Receiver",
    "ResultCode",
    "Results",
    "RowResult",
    "Sheet",
    "SheetPage",
    "Step",
    "Unreadable",
    "WireStatus",
    "read_box_history",
    "read_envelope",
    "read_results",
    "read_sheet_list",
    "read_sheet_page",
    "told",
]


_envelopes = msgspec.json.Decoder(order_raw.Envelope)
_listings = msgspec.json.Decoder(order_raw.Listing)
_rows = msgspec.json.Decoder(order_raw.Row)
_box_ids = msgspec.json.Decoder(order_raw.BoxId)
_histories = msgspec.json.Decoder(order_raw.History)
_results = msgspec.json.Decoder(order_raw.Results)
_result_rows = msgspec.json.Decoder(order_raw.Result)

_Answer = TypeVar("_Answer")
MOST_TOKEN = 1000
"""Characters of a page token; those of Coupang are ids of boxes."""
MOST_WAYBILL = 100
"""Characters of a waybill number; it is searched for, and what is longer cannot be indexed."""


def told(reader: Callable[[bytes], _Answer], answer: bytes, method: str, path: str) -> _Answer:
    """Read an answer; one that says 200 and nothing readable knows which call it belongs to.

    Raises:
        UnreadableAnswer: What `reader` raised, with method and path.
    """
    try:
        return reader(answer)
    except UnreadableAnswer as vague:
        raise UnreadableAnswer(vague.message, status=200, method=method, path=path, body=answer) from vague


def read_envelope(body: bytes) -> Envelope:
    """Read the outer layer of an answer, leaving `data` undecoded, whatever is in it.

    Raises:
        UnreadableAnswer: Not JSON, truncated, not an object, or one that says something twice.
    """
    try:
        outer = apart(_envelopes, body, "data", "data")
    except (*UNREADABLE, Uncut) as broken:
        raise UnreadableAnswer("the envelope cannot be read", body=body) from broken
    told = bytes(outer.data)
    if not once(body, [told] if told[:1] in (b"[", b"{") else []):
        raise UnreadableAnswer("the envelope says something twice", body=body)
    return Envelope(
        str(outer.code or ""),
        outer.message or "",
        None if told == b"null" else outer.data,
        _token(outer.next_token, body),
        outer.next_page_index,
    )


def _token(told: scalars.Text, body: bytes) -> str | None:
    token = scalars.text(told) if told != 0 else ""
    if len(token) > MOST_TOKEN:
        raise UnreadableAnswer("nextToken is no token", body=body)
    return token or None


def read_sheet_list(body: bytes) -> SheetPage:
    """Read a list of ordersheets; one that is no array says nothing about what is not in it.

    Raises:
        UnreadableAnswer: The envelope cannot be read, or `data` is no array: null, absent, an object, a
            text. A single broken row does not raise.

    Source:
        Articles 360033919573, 360033792774.
    """
    try:
        if not cutting.is_handy(body):
            raise Uncut
        # One look at the bytes instead of two.
        outer = _listings.decode(body)
        found = few([bytes(row) for row in outer.data])
    except (*UNREADABLE, Uncut):
        envelope = read_envelope(body)
        return _page(listed(envelope.data, body), envelope.next_token, body)
    if not once(body, found):
        raise UnreadableAnswer("the envelope says something twice", body=body)
    return _page(found, _token(outer.next_token, body), body)


def read_sheet_page(body: bytes) -> SheetPage:
    """Read an answer that carries the ordersheets asked for by an id: an array, or one as an object.

    Raises:
        UnreadableAnswer: The envelope cannot be read, or `data` is neither array nor object; a single broken
            row does not raise.

    Source:
        Articles 360033792854, 360034320553: documented as an object, an array in practice.
    """
    envelope = read_envelope(body)
    found = elements(envelope.data, body)
    if envelope.data is None or bytes(envelope.data)[:1] not in (b"[", b"{"):
        raise UnreadableAnswer("data is no ordersheet", body=body)
    return _page(found, envelope.next_token, body)


def _page(found: list[bytes], token: str | None, body: bytes) -> SheetPage:
    rows = tuple((_known_id(row), row) for row in found)
    return SheetPage(next_token=token, raw=body, rows=rows, read=_sheet)


def read_box_history(body: bytes) -> BoxHistory:
    """Read the status changes of one box, with or without an envelope, newest first.

    Raises:
        UnreadableAnswer: The answer holds no history of one box.

    Source:
        Article 360033792934; its published example has no envelope.
    """
    data = read_envelope(body).data
    try:
        history = _histories.decode(next(iter(elements(data, body)), b"null") if data else body)
    except UNREADABLE as broken:
        raise UnreadableAnswer("the history cannot be read", body=body) from broken
    box_id = scalars.identifier(history.shipment_box_id)
    if box_id is None or history.details is None:
        raise UnreadableAnswer("the history names no box or no steps", body=body)
    steps = [
        Step(scalars.text(told.delivery_status), scalars.moment(told.updated_at)) for told in history.details
    ]
    # Stable, so that steps of the same second, and steps without a time, stay as Coupang ordered them.
    if all(step.at for step in steps):
        steps.sort(key=_at, reverse=True)
    return BoxHistory(box_id, tuple(steps), body)


def read_results(body: bytes) -> Results:
    """Read the answer to a bulk write; a row that cannot be read is left out, its box stays unknown.

    Raises:
        UnreadableAnswer: The answer holds no results at all.

    Source:
        Articles 360033792994, 360033793014, 360034320653.
    """
    data = next(iter(elements(read_envelope(body).data, body)), b"null")
    try:
        told = apart(_results, data, "responseList", "response_list")
    except (*UNREADABLE, Uncut) as broken:
        raise UnreadableAnswer("the results cannot be read", body=body) from broken
    silent = bytes(told.response_list) == b"null"
    if told.response_code is None and silent:
        raise UnreadableAnswer("the answer holds no results", body=body)
    code = scalars.integer(told.response_code)
    read = (_result(row) for row in (() if silent else listed(told.response_list, body)))
    return Results(
        -1 if code is None else code, told.response_message or "", tuple(row for row in read if row), body
    )


def _sheet(raw: bytes) -> Sheet | Unreadable:
    try:
        row = _rows.decode(raw)
        sound(raw)
        return _box(row, raw)
    except msgspec.ValidationError as wrong:
        # msgspec names the expected type and the path, never the value.
        reason = str(wrong)
    except Missing as missing:
        reason = str(missing)
    except UNREADABLE:
        reason = NOT_JSON
    return Unreadable(raw, reason, _known_id(raw))


def _known_id(raw: bytes) -> int | None:
    try:
        return scalars.identifier(_box_ids.decode(raw).shipment_box_id)
    except UNREADABLE:
        # Whatever else is wrong with the row: which box is meant must be known.
        return named_id(members_of(raw).get("shipmentBoxId"))


def _box(row: order_raw.Row, raw: bytes) -> Sheet:
    ordered_at = scalars.moment(row.ordered_at)
    paid_at = scalars.moment(row.paid_at) or ordered_at
    status = scalars.text(row.status)
    if status not in WireStatus.__members__:
        raise Missing(f"status {shown(status)} is not one of the six")
    if paid_at is None:
        raise Missing("paidAt and orderedAt are missing")
    if not row.order_items:
        raise Missing("orderItems is empty")
    if len(scalars.text(row.invoice_number)) > MOST_WAYBILL:
        raise Missing("invoiceNumber is longer than any")
    person = row.receiver if isinstance(row.receiver, order_raw.Person) else order_raw.Person()
    orderer = row.orderer if isinstance(row.orderer, order_raw.Person) else order_raw.Person()
    customs = row.oversea_shipping_info_dto
    return Sheet(
        shipment_box_id=required_id(row.shipment_box_id, "shipmentBoxId"),
        order_id=required_id(row.order_id, "orderId"),
        status=status,
        ordered_at=ordered_at,
        paid_at=paid_at,
        receiver=Receiver(
            name=scalars.text(person.name),
            phone=scalars.text(person.safe_number) or scalars.text(person.receiver_number),
            addr1=scalars.text(person.addr1),
            addr2=scalars.text(person.addr2),
            post_code=scalars.text(person.post_code),
            message=scalars.text(row.parcel_print_message),
        ),
        orderer_name=scalars.text(orderer.name),
        lines=_merged(_line(item) for item in row.order_items),
        shipping_price_krw=scalars.krw(row.shipping_price),
        courier_name=scalars.text(row.delivery_company_name) or None,
        invoice_number=scalars.text(row.invoice_number) or None,
        in_transit_at=scalars.moment(row.in_trasit_date_time) or scalars.moment(row.in_transit_date_time),
        delivered_at=scalars.moment(row.delivered_date),
        split_shipping=scalars.flag(row.split_shipping),
        able_split_shipping=scalars.flag(row.able_split_shipping),
        customs_code=scalars.text(customs.personal_customs_clearance_code) or None
        if isinstance(customs, order_raw.Customs)
        else None,
        raw=raw,
    )


def _line(item: order_raw.Item) -> Line:
    told = item.etc_info_values if isinstance(item.etc_info_values, list) else [item.etc_info_values]
    inputs = tuple(answer for answer in map(scalars.text, told) if answer)
    ordered = scalars.quantity(item.shipping_count)
    if ordered is None:
        raise Missing("shippingCount is missing or not a quantity")
    return Line(
        vendor_item_id=required_id(item.vendor_item_id, "vendorItemId"),
        ordered=ordered,
        held=quantity_or_zero(item.hold_count_for_cancel, "holdCountForCancel"),
        cancelled=quantity_or_zero(item.cancel_count, "cancelCount"),
        name=scalars.text(item.vendor_item_name),
        seller_product_name=scalars.text(item.seller_product_name),
        seller_item_name=scalars.text(item.seller_product_item_name),
        sku=scalars.text(item.external_vendor_sku_code) or None,
        sales_price_krw=scalars.krw(item.sales_price),
        order_price_krw=scalars.krw(item.order_price),
        estimated_shipping_date=scalars.day(item.estimated_shipping_date),
        planned_shipping_date=scalars.day(item.planned_shipping_date),
        etc_values=inputs or tuple(filter(None, [scalars.text(item.etc_info_value)])),
    )


def _merged(lines: Iterable[Line]) -> tuple[Line, ...]:
    merged: dict[int, Line] = {}
    for line in lines:
        first = merged.get(line.vendor_item_id)
        if first is None:
            merged[line.vendor_item_id] = line
            continue
        prices = (first.order_price_krw, line.order_price_krw)
        merged[line.vendor_item_id] = msgspec.structs.replace(
            first,
            ordered=first.ordered + line.ordered,
            held=first.held + line.held,
            cancelled=first.cancelled + line.cancelled,
            order_price_krw=None if None in prices else sum(price or 0 for price in prices),
            etc_values=first.etc_values + line.etc_values,
        )
    return tuple(merged.values())


def _result(raw: bytes) -> RowResult | None:
    try:
        told = _result_rows.decode(raw)
    except UNREADABLE:
        return None
    box_id = scalars.identifier(told.shipment_box_id)
    if box_id is None:
        return None
    return RowResult(
        box_id,
        scalars.flag(told.succeed),
        scalars.text(told.result_code),
        scalars.flag(told.retry_required),
        scalars.text(told.result_message) or None,
    )


def _at(step: Step) -> datetime:
    assert step.at is not None
    return step.at
