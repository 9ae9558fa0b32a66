"""What became of every unit that was sold, option by option, on both sides."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from app.devtools.story.holdings import Holdings
from app.devtools.story.truth import Truth
from app.machines.boxes import SEEN, SHIPPED
from app.machines.exchanges import EXCHANGED

Key = tuple[int, int]
"""Order and option: claims name the box that was bought, and a split gives units another one."""
Units = dict[str, Counter[Key]]
FATES = ("ordered", "held", "cancelled", "shipped", "returned", "exchanged")
LEFT = frozenset(SEEN.words(SHIPPED))
_HAD_LEFT = "A"


def true_units(truth: Truth) -> Units:
    """Count the sandbox's units; a cancelled unit was shipped only if a return brought it back."""
    told: Units = {fate: Counter() for fate in FATES}
    for one in truth.receipts:
        if one["status"] == "RETURNS_COMPLETED" and is_return(one):
            _add(told["returned"], int(one["order_id"]), one["lines"], "count")
    for one in truth.exchanges:
        if one["status"] == "SUCCESS":
            _add(told["exchanged"], int(one["order_id"]), one["lines"], "count")
    gone: Counter[Key] = Counter()
    for box in truth.sales:
        order_id = int(box["order_id"])
        for fate, name in (("ordered", "count"), ("held", "held"), ("cancelled", "canceled")):
            _add(told[fate], order_id, box["lines"], name)
        if any(step["status"] in LEFT for step in box["history"]):
            _add(told["shipped"], order_id, box["lines"], "count")
            _add(gone, order_id, box["lines"], "canceled")
    # Of what was in a parcel, the cancelled units that did not come back were never in it.
    for key, count in gone.items():
        told["shipped"][key] -= max(0, count - told["returned"][key])
    return told


def held_units(held: Holdings, sold: Iterable[Key]) -> Units:
    """Count our units, as far as we have seen their boxes."""
    known, ours = set(sold), Units((fate, Counter()) for fate in FATES)
    for row in held.boxes:
        if row["exchange_id"] is None:
            for fate in ("ordered", "held", "cancelled", "shipped", "returned"):
                _add(ours[fate], row["order_id"], row["lines"], fate)
    for row in held.exchanges:
        if row["state"] in EXCHANGED:
            _add(ours["exchanged"], row["order_id"], row["lines"], "count")
    return {
        fate: Counter({key: n for key, n in counted.items() if key in known})
        for fate, counted in ours.items()
    }


def compare_units(truth: Truth, held: Holdings) -> list[str]:
    """Compare the fate of every unit; return the differences. Orders with unseen boxes are left out."""
    dark = {int(box["order_id"]) for box in truth.sales if int(box["shipment_box_id"]) in held.unseen}
    theirs = true_units(truth)
    ours = held_units(held, theirs["ordered"])
    return [
        f"order {key[0]} option {key[1]}: we count {fate} {ours[fate][key]}, Coupang {theirs[fate][key]}"
        for fate in FATES
        for key in sorted(theirs[fate].keys() | ours[fate].keys())
        if key[0] not in dark and ours[fate][key] != theirs[fate][key]
    ]


def is_return(told: Mapping[str, Any]) -> bool:
    """Tell whether the pieces of a receipt had left: it is a return, whatever it began as."""
    return bool(told["kind"] == "return" or told["release_status"] == _HAD_LEFT)


def _add(counted: Counter[Key], order_id: int, lines: Iterable[Mapping[str, Any]], name: str) -> None:
    for line in lines:
        counted[order_id, int(line["vendor_item_id"])] += line[name]
