"""The raw shapes of the wire, every field optional and as loose as Coupang writes it; `decode.py` reads them.

Source: the ordersheet tables of articles 360033919573 and 360033792854, v4 and v5.
"""

import msgspec

from app.coupang.scalars import Flag, Price, Text


class Envelope(msgspec.Struct, rename="camel"):
    """The outer layer of every answer."""

    code: int | str | None = None
    message: str | None = None
    data: msgspec.Raw = msgspec.Raw(b"null")
    next_token: Text = None
    next_page_index: Text = None


class Listing(msgspec.Struct, rename="camel"):
    """The outer layer of an answer whose `data` is an array."""

    data: list[msgspec.Raw]
    code: int | str | None = None
    message: str | None = None
    next_token: Text = None


class Person(msgspec.Struct, rename="camel", gc=False):
    """Orderer or receiver."""

    name: Text = None
    safe_number: Text = None
    receiver_number: Text = None
    addr1: Text = None
    addr2: Text = None
    post_code: Text = None


class Customs(msgspec.Struct, rename="camel", gc=False):
    """Customs data of a box from overseas."""

    personal_customs_clearance_code: Text = None


class Item(msgspec.Struct, rename="camel", gc=False):
    """One of `orderItems`."""

    vendor_item_id: int | str | None = None
    shipping_count: int | str | None = None
    hold_count_for_cancel: int | str | None = None
    cancel_count: int | str | None = None
    vendor_item_name: Text = None
    seller_product_name: Text = None
    seller_product_item_name: Text = None
    external_vendor_sku_code: Text = None
    sales_price: Price = None
    order_price: Price = None
    estimated_shipping_date: str | None = None
    planned_shipping_date: str | None = None
    etc_info_value: Text = None
    etc_info_values: list[Text] | str | None = None


class Row(msgspec.Struct, rename="camel", gc=False):
    """One ordersheet."""

    shipment_box_id: int | str | None = None
    order_id: int | str | None = None
    status: str | None = None
    ordered_at: str | None = None
    paid_at: str | None = None
    orderer: Person | str | None = None
    receiver: Person | str | None = None
    parcel_print_message: Text = None
    order_items: list[Item] | None = None
    shipping_price: Price = None
    delivery_company_name: Text = None
    invoice_number: Text = None
    # Coupang's spelling; the right one is accepted in case it is repaired one day.
    in_trasit_date_time: str | None = None
    in_transit_date_time: str | None = None
    delivered_date: str | None = None
    split_shipping: Flag = None
    able_split_shipping: Flag = None
    oversea_shipping_info_dto: Customs | str | None = None


class BoxId(msgspec.Struct, rename="camel"):
    """The id of a row of which nothing else could be read."""

    shipment_box_id: int | str | None = None


class Change(msgspec.Struct, rename="camel"):
    """One of a history's `details`."""

    delivery_status: str | None = None
    updated_at: str | None = None


class History(msgspec.Struct, rename="camel"):
    """The history of one box."""

    shipment_box_id: int | str | None = None
    details: list[Change] | None = None


class Result(msgspec.Struct, rename="camel"):
    """One of a bulk call's `responseList`."""

    shipment_box_id: int | str | None = None
    succeed: Flag = None
    result_code: Text = None
    retry_required: Flag = None
    result_message: str | None = None


class Results(msgspec.Struct, rename="camel"):
    """The answer to a bulk call."""

    response_code: int | str | None = None
    response_message: str | None = None
    response_list: msgspec.Raw = msgspec.Raw(b"null")
