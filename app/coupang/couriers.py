"""Courier codes: writes need a code (`CJGLS`), queries return a name (`CJ 대한통운`).

Source: Coupang Open API, delivery company codes (article 360034156033).
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

DIRECT = "DIRECT"
"""The seller's own delivery: any digits, never tracked, cannot be split."""


@dataclass(frozen=True, slots=True)
class Courier:
    """One courier; `pattern` is the shape of its waybill numbers, None when Coupang publishes none."""

    code: str
    name_ko: str
    name_en: str
    pattern: re.Pattern[str] | None


def _load() -> dict[str, Courier]:
    rows = json.loads(Path(__file__).with_name("couriers.json").read_text(encoding="utf-8"))
    return {
        row["code"]: Courier(
            row["code"],
            row["name_ko"],
            row.get("name_en", ""),
            re.compile(row["pattern"], re.ASCII) if "pattern" in row else None,
        )
        for row in rows
    }


def _plain(name: str) -> str:
    return re.sub(r"\s", "", name).casefold()


COURIERS: dict[str, Courier] = _load()
"""Every known courier by code, in the order of Coupang's list."""

# The list is ordered by importance, so the first of two couriers with one name keeps it; a code beats a name.
_codes: dict[str, str] = {}
for _courier in COURIERS.values():
    for _name in (_courier.name_ko, _courier.name_en):
        if _name:
            _codes.setdefault(_plain(_name), _courier.code)
_codes.update({_plain(code): code for code in COURIERS})


def code_of(name: str) -> str | None:
    """Return the code of a courier named in Korean, English or by its code; blanks and case do not matter.

    Source:
        Article 360034156033.
    """
    return _codes.get(_plain(name))
