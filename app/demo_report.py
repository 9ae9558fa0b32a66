"""What happened in the demo, checked from outside: the sandbox's ledger against our database."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from app.flows.audit import audit, box_states, call_tally, unseen_cancels
from app.flows.house import House

POLLING = {"poll", "sweep", "claims", "exchanges"}
"""Purposes that cost the same however many boxes there are; all others are the marginal calls."""
MOST_CALLS_PER_BOX = 0.5
FAIR_BOXES = 100
"""Boxes per vendor from which the calls per box are judged."""
OUR_NAME = {"FINAL_DELIVERY": "FINAL_DELIVERING"}


@dataclass(slots=True)
class Verdict:
    """The demo's findings."""

    lines: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


async def report(
    house: House,
    sandbox_url: str,
    vendor_ids: list[str],
    boxes: int,
    complete: bool,
    *,
    judge_calls: bool = True,
) -> Verdict:
    """Compare the sandbox's truth and ledger with our database, and count the calls.

    `judge_calls` is off when customers cancel: what claims cost is shown, not judged.
    """
    verdict = Verdict()
    async with httpx.AsyncClient(base_url=sandbox_url, timeout=60.0) as client:
        ledger = (await client.get("/_sandbox/ledger")).json()
        truth = (await client.get("/_sandbox/boxes")).json()
    ours = {row["shipment_box_id"]: row for row in await box_states(house)}
    _arrivals(verdict, truth, ours, await unseen_cancels(house), boxes, complete)
    _mutations(verdict, ledger)
    found = await audit(house)
    verdict.broken += found.broken
    verdict.broken += [f"not settled: {name}" for name in found.open_effects]
    verdict.lines.append(
        f"histories   {found.boxes} boxes, {found.effects} effects and {found.claims} claims, "
        f"{len(found.illegal)} illegal, {len(found.unproven)} confirmed without evidence"
    )
    await _calls(verdict, house, vendor_ids, boxes, ledger, judge_calls)
    return verdict


def _arrivals(
    verdict: Verdict,
    truth: list[dict[str, Any]],
    ours: dict[int, Any],
    unseen: set[int],
    boxes: int,
    complete: bool,
) -> None:
    states = Counter(row["state"] for row in ours.values())
    verdict.lines.append("boxes       " + ", ".join(f"{state} {n}" for state, n in sorted(states.items())))
    if not complete:
        verdict.broken.append("the story did not end in time")
    if len(truth) < boxes:
        verdict.broken.append(f"the sandbox holds {len(truth)} boxes, {boxes} were placed")
    for box in truth:
        box_id = int(box["shipment_box_id"])
        row = ours.get(box_id)
        shown = OUR_NAME.get(box["status"], box["status"])
        if row is None and box_id in unseen:
            continue
        if row is None:
            verdict.broken.append(f"lost: box {box_id} ({shown}) is not stored")
        elif complete and row["state"] != shown:
            verdict.broken.append(f"box {box_id}: we say {row['state']}, Coupang {shown}")
        elif complete and (row["invoice_number"] or "") != (box["invoice"] or ""):
            verdict.broken.append(f"box {box_id}: another waybill than at Coupang")
    if unseen:
        verdict.lines.append(f"unseen      {len(unseen)} boxes cancelled before any list showed them")
    verdict.lines.append(f"lost        {sum(1 for line in verdict.broken if line.startswith('lost'))}")


def _mutations(verdict: Verdict, ledger: dict[str, Any]) -> None:
    times: dict[str, Counter[tuple[str, int, str]]] = {}
    for mutation in ledger["mutations"]:
        # A box, a receipt or an exchange; a split acts on the items of a box one by one.
        about = (mutation["about"], int(mutation["about_id"]), str(mutation["subject"]))
        times.setdefault(mutation["kind"], Counter())[about] += mutation["times_applied"]
    for kind, counted in sorted(times.items()):
        twice = [about for about, n in counted.items() if n > 1]
        verdict.lines.append(f"{kind:15s} {len(counted)} applied, {len(twice)} of them twice")
        verdict.broken += [f"{kind} applied more than once to {about[0]} {about[1]}" for about in twice]
    for one in ledger["shipped_cancelled"]:
        verdict.broken.append(f"shipped after a cancel: box {one['shipment_box_id']} ({one['why']})")
    verdict.lines.append(f"shipped after a cancel: {len(ledger['shipped_cancelled'])}")
    verdict.lines.append(f"repeated    {ledger['repeated']} attempts on boxes that had it already")


async def _calls(
    verdict: Verdict,
    house: House,
    vendor_ids: list[str],
    boxes: int,
    ledger: dict[str, Any],
    judge: bool,
) -> None:
    rows = await call_tally(house)
    hours = max(1, len({row["hour"] for row in rows}))
    polling = sum(row["calls"] for row in rows if row["purpose"] in POLLING)
    marginal: Counter[str] = Counter()
    for row in rows:
        if row["purpose"] not in POLLING:
            marginal[row["purpose"]] += row["calls"]
    per_box = sum(marginal.values()) / max(1, boxes)
    verdict.lines.append(
        f"polling     {polling} calls = {polling / hours / len(vendor_ids):.1f} per vendor and virtual hour "
        f"({hours} hours)"
    )
    verdict.lines.append(
        f"marginal    {sum(marginal.values())} calls = {per_box:.3f} per box ("
        + ", ".join(f"{purpose} {n}" for purpose, n in sorted(marginal.items()))
        + ")"
    )
    # Calls are shared by up to 50 boxes of a vendor, so a handful of boxes cannot show it.
    if judge and per_box > MOST_CALLS_PER_BOX and boxes >= FAIR_BOXES * len(vendor_ids):
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
