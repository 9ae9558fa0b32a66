"""A waybill as a warehouse gives it, and the form of its number."""

from dataclasses import dataclass
from typing import Any

from app.coupang.couriers import COURIERS
from app.errors import Invalid


@dataclass(frozen=True, slots=True)
class Waybill:
    """A courier and a waybill number, as a warehouse gives them."""

    courier_code: str
    invoice_number: str

    def payload(self) -> dict[str, Any]:
        """Return it as the payload of an effect names it."""
        return {"courier_code": self.courier_code, "invoice_number": self.invoice_number}


def check_waybill(waybill: Waybill) -> None:
    """Check courier code and number form before anything is asked of Coupang.

    Raises:
        Invalid: Unknown courier, or digits that are not the courier's; names field and rule.
    """
    courier = COURIERS.get(waybill.courier_code)
    if courier is None:
        raise Invalid(
            "unknown courier", ("/courier_code", f"{waybill.courier_code!r} is not a code of Coupang's list")
        )
    number = waybill.invoice_number
    if not number.isascii() or not number.isdigit():
        raise Invalid("malformed waybill", ("/invoice_number", "digits only, without blanks and hyphens"))
    if courier.pattern and not courier.pattern.fullmatch(number):
        raise Invalid(
            "malformed waybill",
            (
                "/invoice_number",
                f"{courier.code} ({courier.name_ko}) numbers match {courier.pattern.pattern}",
            ),
        )
