"""Holds: a person keeps a box back, by hand and by the clock."""

from datetime import timedelta

from httpx2 import AsyncClient

from app.engine.context import Context
from app.machines.boxes import BoxState
from app.orders.api.holds import Hold, Holds
from app.web.schemas import Box
from tests.support.box_stock import BOX, OTHER, put, register
from tests.support.callers import Callers, problem

CJ = {"courier_code": "CJGLS", "invoice_number": "123456789012"}
HOLDS = f"/v1/boxes/{BOX}/holds"


def asked(context: Context, hours: float = 2) -> dict[str, str]:
    return {"reason": "a stain", "expires_at": (context.now() + timedelta(hours=hours)).isoformat()}


async def test_a_held_box_is_not_shipped_until_it_is_released(context: Context, writer: AsyncClient) -> None:
    await put(context, BoxState.INSTRUCT)
    answer = await writer.post(HOLDS, json=asked(context))
    assert answer.status_code == 201, answer.text
    hold = Hold.model_validate(answer.json())
    assert hold.active
    box = Box.model_validate((await writer.get(f"/v1/boxes/{BOX}")).json())
    assert box.hold_until == hold.expires_at
    refused = problem(await writer.post(f"/v1/boxes/{BOX}/ship", json=CJ), 409, "transition-refused")
    assert [one["rule"] for one in refused["missing"]] == ["not_on_hold"]
    assert "Release the hold" in refused["missing"][0]["unblock"]
    released = (await writer.delete(f"{HOLDS}/{hold.hold_id}")).json()
    assert not Hold.model_validate(released).active
    assert (await writer.delete(f"{HOLDS}/{hold.hold_id}")).json() == released
    assert Box.model_validate((await writer.get(f"/v1/boxes/{BOX}")).json()).hold_until is None
    assert (await writer.post(f"/v1/boxes/{BOX}/ship", json=CJ)).status_code == 202


async def test_the_longest_of_several_holds_counts(context: Context, writer: AsyncClient) -> None:
    await put(context, BoxState.INSTRUCT)
    long = (await writer.post(HOLDS, json=asked(context, 3))).json()
    await writer.post(HOLDS, json=asked(context, 1))
    await writer.delete(f"{HOLDS}/{long['hold_id']}")
    assert (await writer.post(f"/v1/boxes/{BOX}/ship", json=CJ)).status_code == 409
    listed = Holds.model_validate((await writer.get(HOLDS)).json())
    assert [hold.active for hold in listed.items] == [True, False]


async def test_a_hold_ends_by_the_clock(context: Context, writer: AsyncClient) -> None:
    await put(context, BoxState.INSTRUCT)
    await writer.post(HOLDS, json=asked(context))
    context.clock.advance(hours=1, minutes=59)  # type: ignore[attr-defined]
    assert (await writer.post(f"/v1/boxes/{BOX}/ship", json=CJ)).status_code == 409
    context.clock.advance(minutes=1)  # type: ignore[attr-defined]
    assert not (await writer.get(HOLDS)).json()["items"][0]["active"]
    assert (await writer.post(f"/v1/boxes/{BOX}/ship", json=CJ)).status_code == 202


async def test_actions_tell_of_the_hold(context: Context, writer: AsyncClient) -> None:
    await put(context, BoxState.INSTRUCT)
    await writer.post(HOLDS, json=asked(context))
    told = (await writer.get(f"/v1/boxes/{BOX}/actions")).json()["items"]
    ship = next(one for one in told if one["action"] == "ship")
    assert [one["rule"] for one in ship["refused_by"]] == ["not_on_hold"]


async def test_what_cannot_be_a_hold(context: Context, writer: AsyncClient, reader: AsyncClient) -> None:
    await put(context, BoxState.INSTRUCT)
    for wrong in (asked(context, 0), asked(context, -1), asked(context, 24 * 31)):
        refused = problem(await writer.post(HOLDS, json=wrong), 422, "invalid-request")
        assert refused["errors"][0]["pointer"] == "/expires_at"
    problem(await writer.post(HOLDS, json={**asked(context), "reason": ""}), 422, "invalid-request")
    problem(await reader.post(HOLDS, json=asked(context)), 403, "forbidden")
    problem(await writer.delete(f"{HOLDS}/99"), 404, "not-found")


async def test_a_box_of_another_vendor_is_not_held(
    context: Context, writer: AsyncClient, callers: Callers
) -> None:
    await register(context, OTHER)
    await put(context, BoxState.INSTRUCT, vendor_id=OTHER)
    problem(await writer.post(HOLDS, json=asked(context)), 404, "not-found")
    problem(await writer.get(HOLDS), 404, "not-found")
