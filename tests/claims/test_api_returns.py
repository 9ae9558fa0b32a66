"""Changes of returns over REST: what may be asked, arrival, inspection, the operator's word, the changes."""

import pytest
from httpx2 import AsyncClient

from app.claims.api import reception_schemas as shapes
from app.engine.context import Context
from app.web.schemas import Effect
from tests.support.box_stock import SHIRT, SOCKS
from tests.support.callers import Callers, problem
from tests.support.receipt_stock import RECEIPT, returned, tell

PLACE = f"/v1/returns/{RECEIPT}"
GOOD = {"lines": [{"vendor_item_id": str(SHIRT), "verdict": "GOOD"}]}
BAD = {"lines": [{"vendor_item_id": str(SHIRT), "verdict": "DAMAGED", "note": "한쪽 소매"}]}


@pytest.fixture
async def open_return(context: Context, callers: Callers) -> int:
    """A return that somebody else collects."""
    await tell(context, returned(RECEIPT))
    return RECEIPT


async def allowed(client: AsyncClient) -> dict[str, bool]:
    told = (await client.get(f"{PLACE}/actions")).json()
    shapes.ClaimActions.model_validate(told)
    return {one["action"]: one["allowed"] for one in told["items"]}


@pytest.mark.usefixtures("open_return")
async def test_arrive_inspect_confirm(writer: AsyncClient) -> None:
    assert (await writer.get(f"{PLACE}/reception")).status_code == 404
    assert await allowed(writer) == {
        "arrive": True,
        "inspect": False,
        "pickup": False,
        "confirm": False,
        "approve": False,
    }
    early = await writer.post(f"{PLACE}/confirm")
    assert [one["rule"] for one in problem(early, 409, "transition-refused")["missing"]] == [
        "goods_arrived",
        "goods_inspected",
        "inspection_passed",
    ]
    problem(await writer.post(f"{PLACE}/inspect", json=GOOD), 409, "transition-refused")
    arrived = (await writer.post(f"{PLACE}/arrive")).json()
    shapes.Reception.model_validate(arrived)
    assert [step["event"] for step in arrived["history"]] == ["appear", "arrive"]
    problem(await writer.post(f"{PLACE}/arrive"), 409, "transition-refused")
    foreign = {"lines": [{"vendor_item_id": str(SOCKS), "verdict": "GOOD"}]}
    assert problem(await writer.post(f"{PLACE}/inspect", json=foreign), 422, "invalid-request")["errors"][0][
        "pointer"
    ]
    twice = {"lines": GOOD["lines"] * 2}
    problem(await writer.post(f"{PLACE}/inspect", json=twice), 422, "invalid-request")
    told = (await writer.post(f"{PLACE}/inspect", json=GOOD)).json()
    assert (told["state"], told["inspection"][0]["vendor_item_id"]) == ("PASSED", str(SHIRT))
    assert (await allowed(writer))["confirm"]
    asked = await writer.post(f"{PLACE}/confirm", headers={"Idempotency-Key": "a"})
    assert asked.status_code == 202
    effect = asked.json()
    Effect.model_validate(effect)
    assert (effect["kind"], effect["subject"], effect["subject_id"]) == (
        "CONFIRM_RETURN",
        "return",
        str(RECEIPT),
    )
    again = await writer.post(f"{PLACE}/confirm", headers={"Idempotency-Key": "a"})
    assert again.json()["effect_id"] == effect["effect_id"]
    problem(await writer.post(f"{PLACE}/confirm"), 409, "conflict")
    assert not (await allowed(writer))["confirm"]


@pytest.mark.usefixtures("open_return")
async def test_a_finding_waits_for_an_operator(writer: AsyncClient, admin: AsyncClient) -> None:
    await writer.post(f"{PLACE}/arrive")
    told = (await writer.post(f"{PLACE}/inspect", json=BAD)).json()
    assert told["state"] == "DISPUTED"
    no = problem(await writer.post(f"{PLACE}/confirm"), 409, "transition-refused")
    assert [one["rule"] for one in no["missing"]] == ["inspection_passed"]
    problem(await writer.post(f"{PLACE}/inspect", json=GOOD), 409, "transition-refused")
    assert (
        await writer.post(f"/admin/v1/returns/{RECEIPT}/accept", json={"reason": "seen"})
    ).status_code == 403
    accepted = await admin.post(f"/admin/v1/returns/{RECEIPT}/accept", json={"reason": "seen it"})
    shapes.Reception.model_validate(accepted.json())
    assert (accepted.json()["state"], accepted.json()["history"][-1]["reason"]) == ("PASSED", "seen it")
    assert (await writer.post(f"{PLACE}/confirm")).status_code == 202
    pickup = {"courier_code": "CJGLS", "invoice_number": "123456789012"}
    no = problem(await writer.post(f"{PLACE}/pickup", json=pickup), 409, "transition-refused")
    assert [one["rule"] for one in no["missing"]] == ["is_ours_to_collect"]


async def test_strangers_see_nothing(context: Context, callers: Callers, reader: AsyncClient) -> None:
    await tell(context, returned(RECEIPT))
    assert (await reader.post(f"{PLACE}/arrive")).status_code == 403
    for way in ("actions", "reception"):
        assert (await reader.get(f"/v1/returns/1/{way}")).status_code == 404
