"""What the story cost in calls: polling, the plain road per box, and claims per claim."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from app.devtools.story.verdict import Verdict

POLLING = frozenset({"poll", "sweep", "claims", "exchanges", "census", "probe"})
"""Purposes that cost the same however many boxes there are; all others are marginal calls."""
PLAIN = frozenset({"acknowledge", "receiver", "accept", "claim", "invoice", "tracking"})
"""Marginal purposes of a box without claims; the check for claims before a waybill is one of them."""
MOST_CALLS_PER_BOX = 0.5
FAIR_BOXES = 100
"""Boxes per vendor from which the calls per box are judged: calls are shared by up to 50 boxes."""


def judge_calls(
    verdict: Verdict,
    tally: Sequence[dict[str, Any]],
    ledger: dict[str, Any],
    *,
    vendors: int,
    boxes: int,
    claims: int,
) -> None:
    """Add what the calls cost to the verdict; too many for the plain road break it.

    Args:
        verdict: Where findings go.
        tally: Our count, by hour and purpose.
        ledger: The sandbox's count, by route and answer.
        vendors: How many sellers shared the polling.
        boxes: How many boxes shared the plain road.
        claims: How many receipts and exchanges there were.
    """
    hours = max(1, len({row["hour"] for row in tally}))
    counted: Counter[str] = Counter()
    for row in tally:
        counted[row["purpose"]] += row["calls"]
    polling = sum(n for purpose, n in counted.items() if purpose in POLLING)
    plain = {purpose: n for purpose, n in sorted(counted.items()) if purpose in PLAIN}
    others = {p: n for p, n in sorted(counted.items()) if p not in PLAIN | POLLING}
    per_box = sum(plain.values()) / max(1, boxes)
    verdict.lines.append(
        f"polling     {polling} calls = {polling / hours / vendors:.1f} per vendor and virtual hour "
        f"({hours} hours)"
    )
    verdict.lines.append(
        f"plain road  {sum(plain.values())} calls = {per_box:.3f} per box ({_listed(plain)})"
    )
    if claims or others:
        per_claim = sum(others.values()) / max(1, claims)
        verdict.lines.append(
            f"claims      {sum(others.values())} calls = {per_claim:.2f} per claim ({_listed(others)})"
        )
    if per_box > MOST_CALLS_PER_BOX and boxes >= FAIR_BOXES * vendors:
        verdict.broken.append(
            f"{per_box:.3f} marginal calls per box, at most {MOST_CALLS_PER_BOX} are allowed"
        )
    for vendor_id, figures in ledger["vendors"].items():
        if figures["max_in_flight"] > 1:
            verdict.broken.append(f"{vendor_id}: {figures['max_in_flight']} calls in flight at once")
    refused = sum(
        n for route in ledger["calls_per_route"].values() for status, n in route.items() if status == "429"
    )
    verdict.lines.append(f"refused     {refused} calls answered 429")


def _listed(counted: dict[str, int]) -> str:
    return ", ".join(f"{purpose} {n}" for purpose, n in counted.items())
