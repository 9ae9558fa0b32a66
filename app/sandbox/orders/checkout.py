"""How orders come into being: told by a script, or drawn from seeded chance. All persons are fictional."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from app.clock import KST
from app.errors import Invalid
from app.sandbox.core.order_entities import Box, Line, Person, Receiver, Vendor
from app.sandbox.core.state import SandboxState

FAMILY = "김이박최정강조윤장임"
GIVEN = ("가상", "예시", "보기", "견본", "시험", "모의", "하늘", "바다", "나무", "구름")
STREETS = ("예시로", "보기길", "견본대로", "시험로", "가상길", "모의로")
TOWNS = ("서울특별시 가상구", "부산광역시 예시구", "대구광역시 보기구", "경기도 견본시", "강원도 시험군")
NOTES = ("문 앞", "경비실", "직접 받고 부재 시 문 앞", "택배함", "")
REFERS = ("아이폰앱", "안드로이드앱", "PC웹", "모바일웹")
GOODS = ("티셔츠", "양말", "바지", "모자", "가방", "신발", "수건", "컵", "접시", "담요")
OPTIONS = ("화이트 L", "블랙 FREE", "네이비 M", "그레이 XL", "베이지 S")
OPTIONS_SOLD = 40
"""How many options one vendor sells."""


@dataclass(frozen=True, slots=True)
class LineSpec:
    """One line as a script tells it; None is left to chance."""

    vendor_item_id: int | None = None
    count: int | None = None
    price_krw: int | None = None
    discount_krw: int | None = None
    product_name: str | None = None
    option_name: str | None = None
    sku: str | None = None


@dataclass(frozen=True, slots=True)
class BoxSpec:
    """One box as a script tells it; without lines one line is drawn."""

    lines: Sequence[LineSpec] = (LineSpec(),)
    shipping_krw: int = 0
    able_split: bool | None = None
    remote: bool = False
    note: str | None = None


def draw_receiver(luck: Random) -> Receiver:
    """Draw an address."""
    return Receiver(
        luck.choice(FAMILY) + luck.choice(GIVEN),
        f"503{luck.randrange(10**8):08d}",
        f"{luck.choice(TOWNS)} {luck.choice(STREETS)} {luck.randrange(1, 300)}",
        f"{luck.randrange(101, 130)}동 {luck.randrange(101, 2500)}호",
        f"{luck.randrange(1000, 63000):05d}",
    )


def place(
    state: SandboxState,
    vendor: Vendor,
    boxes: Sequence[BoxSpec],
    paid_at: datetime,
    receiver: Receiver | None = None,
) -> list[Box]:
    """Let a customer pay an order; a time ahead of now makes it appear then.

    Returns:
        The boxes of the new order.

    Raises:
        Invalid: No box, a box without lines, the same option twice, or a count below 1.
    """
    if not boxes:
        raise Invalid("an order has at least one box", ("boxes", "empty"))
    order_id = state.new_order_id(vendor)
    luck = state.chance("order", order_id)
    paid_at = paid_at.replace(microsecond=0)
    person = Person(luck.choice(FAMILY) + luck.choice(GIVEN), f"503{luck.randrange(10**8):08d}")
    goes_to, refer, note = receiver or draw_receiver(luck), luck.choice(REFERS), luck.choice(NOTES)
    made = []
    for spec in boxes:
        lines = [_line(state, vendor, one, paid_at, luck) for one in spec.lines]
        options = {line.vendor_item_id for line in lines}
        if not lines or len(options) < len(lines) or any(line.count < 1 for line in lines):
            raise Invalid(
                "a box has lines of different options, one piece or more each", ("lines", "impossible")
            )
        made.append(
            Box(
                box_id=state.new_box_id(vendor),
                order_id=order_id,
                vendor_id=vendor.vendor_id,
                ordered_at=paid_at - timedelta(seconds=4),
                paid_at=paid_at,
                orderer=person,
                receiver=goes_to,
                lines=lines,
                shipping_krw=spec.shipping_krw,
                remote=spec.remote,
                note=note if spec.note is None else spec.note,
                refer=refer,
                able_split=len(lines) > 1 if spec.able_split is None else spec.able_split,
            )
        )
    for box in made:
        state.put(box, paid_at, "customer")
    return made


def _line(state: SandboxState, vendor: Vendor, spec: LineSpec, paid_at: datetime, luck: Random) -> Line:
    base = 85_000_000_000 + vendor.slot * 1_000
    item_id = spec.vendor_item_id or base + luck.randrange(OPTIONS_SOLD)
    # The goods belong to the option, not to the order: every order shows them alike.
    goods = state.chance("goods", vendor.vendor_id, item_id)
    product, option = f"예시 {goods.choice(GOODS)}", goods.choice(OPTIONS)
    price = goods.randrange(29, 999) * 100
    discount = goods.choice((0, 0, 0, 1_000))
    days = goods.randrange(1, 4)
    return Line(
        vendor_item_id=item_id,
        product_id=7_000_000_000 + item_id % 1_000_000,
        seller_product_id=13_000_000_000 + item_id % 1_000_000,
        product_name=spec.product_name or product,
        option_name=spec.option_name or option,
        sku=f"SKU-{item_id % 10_000:04d}" if spec.sku is None else spec.sku,
        count=luck.choice((1, 1, 1, 2, 3)) if spec.count is None else spec.count,
        price_krw=price if spec.price_krw is None else spec.price_krw,
        discount_krw=discount if spec.discount_krw is None else spec.discount_krw,
        ship_by=(paid_at.astimezone(KST) + timedelta(days=days)).strftime("%Y-%m-%d"),
    )


def line_spec(raw: dict[str, Any]) -> LineSpec:
    """Read one line of a scripted order.

    Raises:
        Invalid: An unknown field.
    """
    try:
        return LineSpec(**raw)
    except TypeError as unknown:
        raise Invalid("a line has a field nobody knows", ("lines", str(unknown))) from unknown


def box_spec(raw: dict[str, Any]) -> BoxSpec:
    """Read one box of a scripted order.

    Raises:
        Invalid: An unknown field.
    """
    told = dict(raw)
    lines = [line_spec(one) for one in told.pop("lines", [{}])]
    try:
        return BoxSpec(lines, **told)
    except TypeError as unknown:
        raise Invalid("a box has a field nobody knows", ("boxes", str(unknown))) from unknown


def receiver_of(raw: dict[str, Any], base: Receiver) -> Receiver:
    """Read an address of a script; what is not told stays as in `base`.

    Raises:
        Invalid: An unknown field.
    """
    known = {name: getattr(base, name) for name in Receiver.__slots__}
    if unknown := raw.keys() - known.keys():
        raise Invalid("an address has a field nobody knows", *((name, "unknown") for name in sorted(unknown)))
    return Receiver(**{**known, **raw})
