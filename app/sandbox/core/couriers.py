"""The delivery companies Coupang knows, from Coupang's own list (article 360034156033)."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SHOWN_NAMES = {"CJGLS": "CJ 대한통운"}
"""Orders show this name although the code table spells another."""


@dataclass(frozen=True, slots=True)
class Courier:
    """One delivery company; `pattern` is None when no digits are published."""

    code: str
    name: str
    pattern: re.Pattern[str] | None
    tracked: bool

    def accepts(self, invoice_number: str) -> bool:
        """Tell whether `invoice_number` has the digits of this courier."""
        if not invoice_number:
            return False
        return self.pattern is None or self.pattern.fullmatch(invoice_number) is not None


@cache
def couriers() -> dict[str, Courier]:
    """Return all couriers by code."""
    rows = json.loads(Path(__file__).with_name("couriers.json").read_text(encoding="utf-8"))
    return {
        row["code"]: Courier(
            row["code"],
            SHOWN_NAMES.get(row["code"], row["name_ko"]),
            re.compile(row["pattern"]) if row.get("pattern") else None,
            row.get("tracking", True),
        )
        for row in rows
    }
