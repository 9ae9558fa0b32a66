"""The documented shapes of couriers."""

from app.web.schemas import Told


class Courier(Told):
    """A courier."""

    code: str
    name_ko: str
    name_en: str
    pattern: str | None
    """Regular expression of its waybill numbers; null when Coupang publishes none."""
    direct: bool
    """The seller brings it; nobody tracks it."""


class Couriers(Told):
    """All couriers."""

    items: list[Courier]


COURIER = {
    "code": "CJGLS",
    "name_ko": "CJ대한통운",
    "name_en": "CJ Logistics",
    "pattern": r"^(\d{10}|\d{12})$",
    "direct": False,
}
