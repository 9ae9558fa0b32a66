"""What goes wrong and when: drawn from a seed, one JSON line per deed, replayable.

The plan is the same for the same seed; what it meets differs from run to run, for processes race. So what
was really done is written in the same form, with the times and targets it had, and can be played again.
"""

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

BUSIEST = "busiest"
"""The worker that speaks for most vendors at that moment."""
ANY = "any"

PER_MINUTE: dict[str, float] = {
    "kill_worker": 9.0,
    "kill_web": 2.2,
    "kill_postgres": 1.2,
    "pause_worker": 1.5,
    "stall_tick": 2.0,
    "cut_connections": 3.0,
    "outage": 0.6,
    "expire_key": 0.6,
    "rotate_key": 0.6,
    "fault": 300.0,
}
"""How often each kind of deed happens, per real minute."""

KILLS = frozenset({"kill_worker", "kill_web", "kill_postgres"})

WRITES = ("O6", "O7", "O9", "O10", "O11", "R3", "R4", "R7", "E2", "E3", "E4")
LISTS = ("O1", "O2", "R1", "E1")
PLAGUES: dict[str, float] = {
    "delay": 8.0,
    "500": 6.0,
    "500_after": 6.0,
    "504_before": 6.0,
    "504_after": 8.0,
    "504_late": 3.0,
    "521": 3.0,
    "521_after": 4.0,
    "drop_before": 6.0,
    "drop_after": 8.0,
    "truncate_before": 4.0,
    "truncate_after": 5.0,
    "200_error": 3.0,
    "duplicate_page": 5.0,
    "shift_page": 6.0,
    "empty_page": 3.0,
    # Some lies a run: each may hide what only the count of a night brings to light.
    "empty_list": 0.6,
    "stale_rows": 8.0,
    "row_error": 3.0,
    "401": 1.0,
    "429": 2.0,
    "302": 1.0,
}
"""Faults of the sandbox by how often they are drawn."""
_OF_LISTS = frozenset({"duplicate_page", "shift_page", "empty_page", "empty_list", "stale_rows"})
_OF_WRITES = frozenset({"500_after", "504_after", "504_late", "521_after", "drop_after", "truncate_after"})
OUTAGES = ("504_before", "521", "500", "drop_before")


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that is done to the fleet or to its Coupang.

    Attributes:
        at_s: Real seconds after the beginning of the chaos.
        kind: A key of `PER_MINUTE`.
        target: A child's name, `busiest`, a vendor id, or `any`.
        options: What else the kind needs; `for_s` are real seconds.
    """

    at_s: float
    kind: str
    target: str = ANY
    options: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return one line of a sequence."""
        return json.dumps(asdict(self), separators=(",", ":"))


def draw(seed: int, seconds: float, workers: int, vendor_ids: Sequence[str]) -> list[Deed]:
    """Return the deeds of a run in the order of their times; the same seed draws the same.

    Args:
        seed: Of this plan.
        seconds: Length of the chaos.
        workers: How many workers there are.
        vendor_ids: Whom faults are drawn for.
    """
    deeds: list[Deed] = []
    for kind, rate in PER_MINUTE.items():
        # Each kind has its own luck: another rate of one leaves all others as they were.
        luck = random.Random(f"chaos {seed} {kind}")
        count = max(1, round(rate * seconds / 60))
        # One in each slice, so that a short run has every kind and a long one no pile.
        for number in range(count):
            at_s = round((number + luck.random()) * seconds / count, 3)
            deeds.append(_drawn(luck, at_s, kind, workers, vendor_ids))
    return sorted(deeds, key=lambda deed: (deed.at_s, deed.kind))


def _drawn(luck: random.Random, at_s: float, kind: str, workers: int, vendor_ids: Sequence[str]) -> Deed:
    worker = f"worker-{luck.randrange(workers) + 1}"
    match kind:
        case "kill_worker":
            return Deed(at_s, kind, BUSIEST if luck.random() < 0.6 else worker)
        case "pause_worker":
            # Beyond its heartbeats: others take its vendors over, and it wakes up in the middle of a visit.
            return Deed(at_s, kind, BUSIEST, {"for_s": round(luck.uniform(7.0, 11.0), 1)})
        case "stall_tick":
            return Deed(at_s, kind, worker, {"for_s": round(luck.uniform(0.5, 2.5), 1)})
        case "kill_postgres":
            return Deed(at_s, kind, "postgres", {"for_s": round(luck.uniform(0.0, 2.0), 1)})
        case "cut_connections":
            return Deed(at_s, kind, ANY, {"share": luck.choice((0.2, 0.5, 1.0))})
        case "outage":
            return Deed(at_s, kind, ANY, {"fault": luck.choice(OUTAGES), "for_virtual_s": 3600})
        case "expire_key":
            return Deed(at_s, kind, luck.choice(vendor_ids), {"for_s": round(luck.uniform(2.0, 5.0), 1)})
        case "rotate_key":
            return Deed(at_s, kind, luck.choice(vendor_ids))
        case "fault":
            return _fault(luck, at_s, vendor_ids)
    return Deed(at_s, kind, "web")


def _fault(luck: random.Random, at_s: float, vendor_ids: Sequence[str]) -> Deed:
    plague = luck.choices(list(PLAGUES), list(PLAGUES.values()))[0]
    vendor_id = luck.choice(vendor_ids)
    options: dict[str, Any] = {"kind": plague, "times": luck.choice((1, 1, 2))}
    write, listed = luck.choice(WRITES[:2] + WRITES), luck.choice(LISTS)
    if plague in _OF_LISTS:
        # Without a further page it would be an empty list.
        options["route"] = {"shift_page": "O1", "empty_page": luck.choice(("O1", "E1"))}.get(plague, listed)
    elif plague in _OF_WRITES or luck.random() < 0.3:
        options["route"] = write
    if plague == "delay":
        # Some end as a 504 of the gateway, after 3 s; some of those apply the change that late.
        options |= {
            "delay_ms": luck.choice((200, 500, 1500, 3500)),
            "apply": luck.choice(("before", "after")),
        }
    elif plague == "504_late":
        options["late_s"] = luck.choice((60, 600, 1800))
    elif plague == "401":
        options["variant"] = luck.choice(("expired", "expired", "invalid_signature"))
    elif plague == "429":
        options["ban_real_s"] = 2.0
    elif plague == "row_error":
        options["route"] = luck.choice(("O6", "O7"))
    elif plague == "shift_page":
        options["direction"] = luck.choice(("skip", "repeat"))
    return Deed(at_s, "fault", vendor_id, options)


def write(path: Path, deeds: Iterable[Deed]) -> None:
    """Write a sequence, one deed a line."""
    path.write_text("".join(f"{deed}\n" for deed in deeds))


def read(path: Path) -> list[Deed]:
    """Read a sequence that `write` wrote.

    Raises:
        ValueError: The file is no sequence.
    """
    try:
        deeds = [Deed(**json.loads(line)) for line in path.read_text().splitlines() if line.strip()]
    except (TypeError, json.JSONDecodeError) as wrong:
        raise ValueError(f"{path} is no sequence of deeds: {wrong}") from wrong
    if unknown := {deed.kind for deed in deeds} - PER_MINUTE.keys():
        raise ValueError(f"{path} has deeds nobody knows: {', '.join(sorted(unknown))}")
    return sorted(deeds, key=lambda deed: deed.at_s)
