"""The raw shapes of cancels, returns and exchanges, every field optional; the `decode*.py` modules read them.

Source: the tables and samples of articles 360033843154, 360033919613, 360034562353, 360034027354,
360034027394, 360033397594; older editions of 2015 to 2019.
"""

import msgspec

from app.coupang.scalars import Flag, Price, Text


class CancelData(msgspec.Struct, rename="camel"):
    """`data` of a cancel by the seller."""

    receipt_map: msgspec.Raw = msgspec.Raw(b"null")
    order_id: Text = None
    failed_vendor_item_ids: list[Text] | None = None
    # The table's name for the same; the samples have the other.
    failed_item_ids: list[Text] | None = None


class CancelReceipt(msgspec.Struct, rename="camel"):
    """One of `receiptMap`."""

    receipt_id: Text = None
    receipt_type: Text = None
    vendor_item_ids: list[Text] | None = None
    total_count: Text = None


class Result(msgspec.Struct, rename="camel"):
    """The result of a write, at the top or inside `data`."""

    code: int | str | None = None
    message: str | None = None
    result_code: Text = None
    result_message: str | None = None


class Pickup(msgspec.Struct, rename="camel"):
    """A stored pick-up waybill."""

    return_exchange_delivery_type: Text = None
    receipt_id: Text = None
    delivery_company_code: Text = None
    invoice_number: Text = None
    reg_number: Text = None
    invoice_number_id: Text = None
    return_delivery_id: Text = None


class Waybill(msgspec.Struct, rename="camel"):
    """One of `returnDeliveryDtos`."""

    delivery_company_code: Text = None
    delivery_invoice_no: Text = None


class ReceiptItem(msgspec.Struct, rename="camel"):
    """One of `returnItems`."""

    vendor_item_id: Text = None
    vendor_item_name: Text = None
    vendor_item_package_name: Text = None
    shipment_box_id: Text = None
    purchase_count: Text = None
    cancel_count: Text = None
    release_status: Text = None
    seller_product_id: Text = None
    seller_product_name: Text = None
    cancel_complete_user: Text = None


class Receipt(msgspec.Struct, rename="camel"):
    """One receipt of v4 or v6."""

    receipt_id: Text = None
    order_id: Text = None
    payment_id: Text = None
    receipt_type: Text = None
    receipt_status: Text = None
    created_at: Text = None
    modified_at: Text = None
    requester_name: Text = None
    requester_phone_number: Text = None
    requester_real_phone_number: Text = None
    requester_address: Text = None
    requester_address_detail: Text = None
    requester_zip_code: Text = None
    cancel_reason_category1: Text = None
    cancel_reason_category2: Text = None
    cancel_reason: Text = None
    cancel_count_sum: Text = None
    return_delivery_id: Text = None
    return_delivery_type: Text = None
    release_stop_status: Text = None
    fault_by_type: Text = None
    pre_refund: Flag = None
    complete_confirm_type: Text = None
    complete_confirm_date: Text = None
    return_items: list[ReceiptItem] | None = None
    return_delivery_dtos: list[Waybill] | Waybill | str | None = None
    reason_code: Text = None
    reason_code_text: Text = None
    return_shipping_charge: Price = None


class Withdrawal(msgspec.Struct, rename="camel"):
    """One withdrawn receipt."""

    cancel_id: Text = None
    order_id: Text = None
    vendor_id: Text = None
    refund_delivery_duty: Text = None
    created_at: Text = None
    vendor_item_ids: list[Text] | None = None


class ExchangeItem(msgspec.Struct, rename="camel"):
    """One of `exchangeItemDtoV1s`."""

    exchange_item_id: Text = None
    order_item_id: Text = None
    target_item_id: Text = None
    target_item_name: Text = None
    target_item_unit_price: Price = None
    quantity: Text = None
    original_shipment_box_id: Text = None


class Address(msgspec.Struct, rename="camel"):
    """Both sides of an exchange."""

    return_customer_name: Text = None
    return_address_zip_code: Text = None
    return_address: Text = None
    return_address_detail: Text = None
    return_phone: Text = None
    return_mobile: Text = None
    return_memo: Text = None
    delivery_customer_name: Text = None
    delivery_address_zip_code: Text = None
    delivery_address: Text = None
    delivery_address_detail: Text = None
    delivery_phone: Text = None
    delivery_mobile: Text = None
    delivery_memo: Text = None


class BoxedItem(msgspec.Struct, rename="camel"):
    """One of `invoiceVendorItemDtos`."""

    vendor_item_id: Text = None
    quantity: Text = None


class BoxInvoice(msgspec.Struct, rename="camel"):
    """One of `deliveryInvoiceDtos`."""

    invoice_number: Text = None
    deliver_code: Text = None
    status_code: Text = None
    delivered_date: Text = None
    invoice_number_upload_date: Text = None
    invoice_vendor_item_dtos: list[BoxedItem] | None = None


class NewBox(msgspec.Struct, rename="camel"):
    """One of `deliveryInvoiceGroupDtos`."""

    shipment_box_id: Text = None
    order_id: Text = None
    shipping_delivery_type: Text = None
    delivery_invoice_dtos: list[BoxInvoice] | None = None


class Collection(msgspec.Struct, rename="camel"):
    """Of `collectInformationsDto` only what is used; the row's bytes keep the rest."""

    expected_return_date: Text = None


class Exchange(msgspec.Struct, rename="camel"):
    """One exchange of v4 and its predecessor."""

    exchange_id: Text = None
    order_id: Text = None
    order_delivery_status_code: Text = None
    exchange_status: Text = None
    refer_type: Text = None
    fault_type: Text = None
    exchange_amount: Price = None
    reason_code: Text = None
    reason_code_text: Text = None
    reason_etc_detail: Text = None
    cancel_reason: Text = None
    created_by_type: Text = None
    created_at: Text = None
    modified_by_type: Text = None
    modified_at: Text = None
    exchange_item_dto_v1s: list[ExchangeItem] | None = msgspec.field(name="exchangeItemDtoV1s", default=None)
    exchange_address_dto_v1: Address | str | None = msgspec.field(name="exchangeAddressDtoV1", default=None)
    delivery_invoice_group_dtos: list[NewBox] | NewBox | str | None = None
    delivery_status: Text = None
    collect_status: Text = None
    collect_complete_date: Text = None
    collect_informations_dto: Collection | str | None = None
    return_delivery_dtos: list[Waybill] | Waybill | str | None = None
    successable: Flag = None
    rejectable: Flag = None
    delivery_invoice_modifiable: Flag = None
