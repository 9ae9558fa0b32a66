"""The reader of exchanges: strict on ids, status, items, quantities and new boxes, tolerant of the rest.

An exchange is set aside when one of those cannot be read, when one item is told twice and not alike, and when
a new box is one of its original boxes: a waybill for that box would be lost, and may even be accepted.
"""

import msgspec

from app.coupang import scalars
from app.coupang.claims import raw as claim_raw
from app.coupang.claims.decode import names_collector, read_claims, waybills
from app.coupang.claims.types import (
    CollectStatus,
    Contact,
    Exchange,
    ExchangeItem,
    ExchangePage,
    ExchangeStatus,
    ReplacementBox,
    ReplacementInvoice,
)
from app.coupang.orders.types import Receiver
from app.coupang.required import Missing, known, required_id, required_quantity

_exchanges = msgspec.json.Decoder(claim_raw.Exchange)


def read_exchange_page(body: bytes) -> ExchangePage:
    """Read an answer that carries exchanges.

    Raises:
        UnreadableAnswer: The envelope cannot be read; a single broken row does not raise.

    Source:
        Article 360033397594.
    """
    exchanges, unreadable, envelope = read_claims(body, _exchange)
    return ExchangePage(tuple(exchanges), tuple(unreadable), envelope.next_token, body)


def _exchange(raw: bytes) -> Exchange:
    row = _exchanges.decode(raw)
    items = tuple(dict.fromkeys(_item(item) for item in row.exchange_item_dto_v1s or ()))
    if not items:
        raise Missing("exchangeItemDtoV1s is empty")
    if len({item.exchange_item_id for item in items}) < len(items):
        raise Missing("exchangeItemId is told twice, and not alike")
    boxes = _boxes(row.delivery_invoice_group_dtos)
    if {box.shipment_box_id for box in boxes} & {item.original_shipment_box_id for item in items}:
        raise Missing("a new shipmentBoxId is an original one")
    collecting = scalars.text(row.collect_status)
    collection = row.collect_informations_dto
    address = (
        row.exchange_address_dto_v1
        if isinstance(row.exchange_address_dto_v1, claim_raw.Address)
        else claim_raw.Address()
    )
    return Exchange(
        exchange_id=required_id(row.exchange_id, "exchangeId"),
        order_id=required_id(row.order_id, "orderId"),
        status=known(ExchangeStatus, row.exchange_status, "exchangeStatus"),
        items=items,
        # The page says Delivering, every sample and the SDK say Collecting.
        collect_status=CollectStatus.COLLECTING.value if collecting == "Delivering" else collecting,
        redelivery_status=scalars.text(row.delivery_status),
        order_delivery_status=scalars.text(row.order_delivery_status_code),
        boxes=boxes,
        waybills=waybills(row.return_delivery_dtos),
        collector_named=names_collector(row.return_delivery_dtos),
        collected_at=scalars.instant(row.collect_complete_date),
        expected_return_at=scalars.instant(collection.expected_return_date)
        if isinstance(collection, claim_raw.Collection)
        else None,
        created_at=scalars.instant(row.created_at),
        modified_at=scalars.instant(row.modified_at),
        created_by=scalars.text(row.created_by_type),
        modified_by=scalars.text(row.modified_by_type),
        rejectable=scalars.flag(row.rejectable),
        successable=scalars.flag(row.successable),
        invoice_modifiable=scalars.flag(row.delivery_invoice_modifiable),
        refer_type=scalars.text(row.refer_type),
        fault_by=scalars.text(row.fault_type),
        amount_krw=scalars.krw(row.exchange_amount),
        reason_code=scalars.text(row.reason_code),
        reason_text=scalars.text(row.reason_code_text),
        reason_detail=scalars.text(row.reason_etc_detail),
        cancel_reason=scalars.text(row.cancel_reason),
        collect_from=Contact(
            name=scalars.text(address.return_customer_name),
            phone=scalars.text(address.return_mobile) or scalars.text(address.return_phone),
            addr1=scalars.text(address.return_address),
            addr2=scalars.text(address.return_address_detail),
            post_code=scalars.text(address.return_address_zip_code),
            message=scalars.text(address.return_memo),
        ),
        deliver_to=Receiver(
            name=scalars.text(address.delivery_customer_name),
            phone=scalars.text(address.delivery_mobile) or scalars.text(address.delivery_phone),
            addr1=scalars.text(address.delivery_address),
            addr2=scalars.text(address.delivery_address_detail),
            post_code=scalars.text(address.delivery_address_zip_code),
            message=scalars.text(address.delivery_memo),
        ),
        raw=raw,
    )


def _item(item: claim_raw.ExchangeItem) -> ExchangeItem:
    collected = required_id(item.order_item_id, "orderItemId")
    return ExchangeItem(
        exchange_item_id=required_id(item.exchange_item_id, "exchangeItemId"),
        vendor_item_id=collected,
        target_vendor_item_id=collected
        if item.target_item_id in (None, "")
        else required_id(item.target_item_id, "targetItemId"),
        quantity=required_quantity(item.quantity, "quantity"),
        original_shipment_box_id=scalars.identifier(item.original_shipment_box_id),
        target_name=scalars.text(item.target_item_name),
        target_unit_price_krw=scalars.krw(item.target_item_unit_price),
    )


def _boxes(told: list[claim_raw.NewBox] | claim_raw.NewBox | str | None) -> tuple[ReplacementBox, ...]:
    groups = [told] if isinstance(told, claim_raw.NewBox) else told if isinstance(told, list) else []
    return tuple(
        ReplacementBox(
            shipment_box_id=required_id(group.shipment_box_id, "shipmentBoxId"),
            order_id=scalars.identifier(group.order_id),
            shipping_type=scalars.text(group.shipping_delivery_type),
            invoices=tuple(_invoice(invoice) for invoice in group.delivery_invoice_dtos or ()),
        )
        for group in groups
    )


def _invoice(invoice: claim_raw.BoxInvoice) -> ReplacementInvoice:
    courier = scalars.text(invoice.deliver_code)
    return ReplacementInvoice(
        status=scalars.text(invoice.status_code),
        quantities=tuple(
            (required_id(item.vendor_item_id, "vendorItemId"), required_quantity(item.quantity, "quantity"))
            for item in invoice.invoice_vendor_item_dtos or ()
        ),
        # Older answers say NONE for a box without courier.
        courier_code=None if courier in ("", "NONE") else courier,
        invoice_number=scalars.text(invoice.invoice_number) or None,
        uploaded_at=scalars.instant(invoice.invoice_number_upload_date),
        delivered_at=scalars.instant(invoice.delivered_date),
    )
