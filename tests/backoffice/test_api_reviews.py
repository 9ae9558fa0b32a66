"""Effects that nobody could prove or disprove, and what a person may rule."""

import pytest
from httpx2 import AsyncClient

from app.coupang.errors import Broken
from app.engine.context import Context
from app.engine.effects import outbox, readback
from app.engine.effects.verdicts import Verdict
from app.engine.visits import leases
from app.integrity import doctor
from app.machines.boxes import BoxState
from app.machines.effects import EFFECT
from app.orders.effects.kinds import OrderKind
from app.web.schemas import Effect
from tests.support.box_stock import BOX, VENDOR, put
from tests.support.callers import problem

WAYBILL = {"courier_code": "CJGLS", "invoice_number": "123456789012"}
WHY = "looked it up in WING"


async def doubted(context: Context, writer: AsyncClient) -> str:
    """Ship a box into an outcome that stays unknown until it is put before a person."""
    await put(context, BoxState.INSTRUCT)
    effect_id: str = (await writer.post(f"/v1/boxes/{BOX}/ship", json=WAYBILL)).json()["effect_id"]
    lease = await leases.begin(context, VENDOR)
    assert lease is not None
    for _ in range(context.policy.tries_most):
        context.clock.advance(minutes=30)  # type: ignore[attr-defined]
        batch = await outbox.take(context, VENDOR, lease.epoch, OrderKind.SHIP)
        assert batch is not None
        await outbox.settle_error(context, VENDOR, lease.epoch, batch, Broken("no answer", status=504))
        effect = (await readback.doubtful(context, VENDOR))[0]
        said = Verdict("disprove", "NOT_APPLIED", "Coupang does not show it")
        state = await readback.settle(context, VENDOR, lease.epoch, effect, said, b"box")
    assert state == "REVIEW"
    return effect_id


async def test_review_is_listed_and_blocks_the_box(
    context: Context, writer: AsyncClient, admin: AsyncClient
) -> None:
    effect_id = await doubted(context, writer)
    told = (await admin.get("/admin/v1/reviews")).json()
    assert [(one["effect_id"], one["state"]) for one in told["items"]] == [(effect_id, "REVIEW")]
    details = [one["detail"] for one in (await admin.get(f"/v1/effects/{effect_id}")).json()["trail"]]
    assert details[:2] == ["Broken HTTP 504", "NOT_APPLIED Coupang does not show it"]
    # It waits since it was given up, not since it was sent.
    (waits,) = (await admin.get("/admin/v1/decisions?kind=effect_review")).json()["items"]
    given_up = (await admin.get(f"/v1/effects/{effect_id}")).json()["history"][-1]
    assert (given_up["event"], waits["since"]) == ("give_up", given_up["at"])
    (found,) = [
        one.told
        async for report in doctor.examine(context)
        for one in report.findings
        if one.check == "effects" and "REVIEW" in one.told
    ]
    assert found.endswith(f"of box {BOX}; give a verdict: POST /admin/v1/effects/{effect_id}/verdict")
    actions = (await writer.get(f"/v1/boxes/{BOX}/actions")).json()["items"]
    assert "operator must rule" in actions[0]["refused_by"][-1]["unblock"]
    # Nobody waits for a person.
    answer = await writer.get(f"/v1/effects/{effect_id}")
    assert answer.json()["final"] is False


@pytest.mark.parametrize(
    ("verdict", "state", "box_state"),
    [
        ("applied", "CONFIRMED", "DEPARTURE"),
        ("not_applied", "PENDING", "INSTRUCT"),
        ("abandoned", "REJECTED", "INSTRUCT"),
    ],
)
async def test_verdict(
    context: Context, writer: AsyncClient, admin: AsyncClient, verdict: str, state: str, box_state: str
) -> None:
    effect_id = await doubted(context, writer)
    path = f"/admin/v1/effects/{effect_id}/verdict"
    told = problem(await admin.post(path, json={"verdict": verdict}), 422, "invalid-request")
    assert told["errors"][0]["pointer"] == "/reason"
    answer = await admin.post(path, json={"verdict": verdict, "reason": WHY})
    assert answer.status_code == 200, answer.text
    ruled = answer.json()
    Effect.model_validate(ruled)
    assert (ruled["state"], ruled["final"]) == (state, state != "PENDING")
    assert (await admin.get(f"/v1/boxes/{BOX}")).json()["state"] == box_state
    steps = (await admin.get(f"/v1/effects/{effect_id}")).json()["history"]
    last = steps[-1]
    assert (last["event"], last["actor"][:9], last["reason"]) == (f"rule_{verdict}", "operator:", WHY)
    assert last["evidence"] == ruled["evidence"]
    assert EFFECT.is_path((step["source"], step["event"], step["target"]) for step in steps)
    box_steps = (await admin.get(f"/v1/boxes/{BOX}/history")).json()["items"]
    assert (box_steps[-1]["cause"] == f"effect:{effect_id}") is (verdict == "applied")
    again = problem(
        await admin.post(path, json={"verdict": verdict, "reason": WHY}), 409, "transition-refused"
    )
    assert again["state"] == state
    context.clock.advance(minutes=1)  # type: ignore[attr-defined]
    sends_again = await outbox.waiting(context, VENDOR, OrderKind.SHIP)
    assert len(sends_again) == (1 if verdict == "not_applied" else 0)


async def test_only_reviews_are_ruled(context: Context, writer: AsyncClient, admin: AsyncClient) -> None:
    await put(context, BoxState.INSTRUCT)
    effect_id = (await writer.post(f"/v1/boxes/{BOX}/ship", json=WAYBILL)).json()["effect_id"]
    body = {"verdict": "applied", "reason": WHY}
    told = problem(
        await admin.post(f"/admin/v1/effects/{effect_id}/verdict", json=body), 409, "transition-refused"
    )
    assert (told["state"], told["event"]) == ("PENDING", "rule_applied")
    problem(await admin.post("/admin/v1/effects/999/verdict", json=body), 404, "not-found")
    wrong = {"verdict": "perhaps", "reason": WHY}
    told = problem(
        await admin.post(f"/admin/v1/effects/{effect_id}/verdict", json=wrong), 422, "invalid-request"
    )
    assert told["errors"][0]["pointer"] == "/verdict"
