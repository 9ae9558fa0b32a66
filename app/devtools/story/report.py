"""What happened, checked from outside: the sandbox's truth and ledger against our database, unit by unit."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from app.devtools.story.boxes import compare_boxes
from app.devtools.story.calls import judge_calls
from app.devtools.story.changes import compare_changes, shipped_cancelled
from app.devtools.story.claims import compare_claims
from app.devtools.story.ending import Unfinished, unfinished
from app.devtools.story.holdings import Holdings, read_holdings
from app.devtools.story.truth import Truth, read_truth
from app.devtools.story.units import compare_units, true_units
from app.devtools.story.verdict import Verdict
from app.engine.context import Context
from app.integrity import invariants, stored_content

INSTANT_S = 1.0
"""Real seconds between our last reading and Coupang's taking of a waybill, at the most."""


@dataclass(frozen=True, slots=True)
class Sides:
    """What is true and what we hold, as they were read together.

    Attributes:
        truth: Coupang's world.
        held: What we hold, read right after it.
    """

    truth: Truth
    held: Holdings

    def differences(self) -> list[str]:
        """Return every difference between what is true and what we hold; empty when both sides agree."""
        truth, held = self.truth, self.held
        return (
            compare_boxes(truth, held)
            + compare_claims(truth, held)
            + compare_units(truth, held)
            + compare_changes(truth, held)
        )


async def read_sides(context: Context, sandbox_url: str) -> Sides:
    """Read both sides. Coupang goes on meanwhile: it decides by itself what waits for a person."""
    truth = await read_truth(sandbox_url)
    return Sides(truth, await read_holdings(context))


async def read_end(context: Context, sandbox_url: str, boxes: int, claim_within: timedelta) -> Sides | None:
    """Return both sides when nothing can happen any more; None before.

    All is final or has a named decision, on both sides, and they agree. What is judged is what was read
    here: a moment later Coupang may have decided one of those.
    """
    held = await read_holdings(context)
    if len(held.sales) + len(held.unseen) < boxes or any(not one.why for one in unfinished(held)):
        return None
    sides = await read_sides(context, sandbox_url)
    if len(sides.truth.sales) < boxes or not sides.truth.quiet(claim_within):
        return None
    over = not any(not one.why for one in unfinished(sides.held)) and not sides.differences()
    return sides if over else None


async def report(
    context: Context, sides: Sides, vendor_ids: list[str], boxes: int, complete: bool
) -> Verdict:
    """Compare both sides, check histories and evidence, and count the calls.

    Args:
        context: Our side.
        sides: Both sides as they were at the end.
        vendor_ids: Whose story it was.
        boxes: How many boxes were bought.
        complete: Whether the story ended by itself; an unfinished one is broken.
    """
    verdict = Verdict()
    truth, held = sides.truth, sides.held
    if not complete:
        verdict.broken.append("the story did not end in time")
    if len(truth.sales) < boxes:
        verdict.broken.append(f"the sandbox holds {len(truth.sales)} boxes, {boxes} were placed")
    verdict.broken += sides.differences()
    verdict.broken += shipped_cancelled(
        truth.ledger, timedelta(seconds=INSTANT_S * max(1.0, context.clock.factor))
    )
    _states(verdict, held)
    _units(verdict, truth)
    decisions = unfinished(held)
    verdict.broken += [str(one) for one in decisions if not one.why]
    _mutations(verdict, truth)
    found = await invariants.audit(context)
    verdict.broken += found.broken + await stored_content.all_faults(context)
    verdict.lines.append(
        f"histories   {found.counts()}, "
        f"{len(found.illegal)} illegal, {len(found.unproven)} confirmed without evidence"
    )
    judge_calls(
        verdict,
        await invariants.call_tally(context),
        truth.ledger,
        vendors=len(vendor_ids),
        boxes=boxes,
        claims=len(truth.receipts) + len(truth.exchanges),
    )
    _decisions(verdict, [one for one in decisions if one.why])
    return verdict


def _states(verdict: Verdict, held: Holdings) -> None:
    for name, states in (
        ("boxes", [row["state"] for row in held.sales]),
        ("cancels", [row["cancel_state"] for row in held.receipts]),
        ("returns", [row["return_state"] for row in held.receipts]),
        ("exchanges", [row["state"] for row in held.exchanges]),
        ("goods back", [row["reception_state"] for row in (*held.receipts, *held.exchanges)]),
    ):
        if counted := sorted(Counter(state for state in states if state).items()):
            verdict.lines.append(f"{name:11s} " + ", ".join(f"{state} {n}" for state, n in counted))
    if parts := sum(row["split_shipping"] for row in held.sales):
        verdict.lines.append(f"split       {parts} boxes that left in parts, or their parts")
    if held.unseen:
        verdict.lines.append(f"unseen      {len(held.unseen)} boxes cancelled before any list showed them")
    lost = sum(1 for line in verdict.broken if line.startswith("lost"))
    verdict.lines.append(f"lost        {lost}")


def _units(verdict: Verdict, truth: Truth) -> None:
    counted = ", ".join(f"{fate} {sum(n.values())}" for fate, n in true_units(truth).items())
    verdict.lines.append(f"units       {counted}")


def _mutations(verdict: Verdict, truth: Truth) -> None:
    for kind, counted in sorted(truth.ledger["kinds"].items()):
        if counted["applied"]:
            verdict.lines.append(
                f"{kind:17s} {counted['applied']} applied, {counted['applied_twice']} of them twice"
            )
    accepted, asked = truth.ledger["shipped_cancelled"], truth.ledger["attempted_cancelled"]
    verdict.lines.append(
        f"waybills for cancelled units: {len(accepted)} taken, {len(asked)} asked for while the cancel came"
    )
    verdict.lines.append(f"repeated    {truth.ledger['repeated']} attempts on what had it already")


def _decisions(verdict: Verdict, decisions: list[Unfinished]) -> None:
    if decisions:
        verdict.lines.append(f"open decisions of a person: {len(decisions)}")
        verdict.lines += [f"  {one}" for one in decisions]
