"""Holds: a person keeps a box back, by hand and by the clock."""

from datetime import timedelta

from httpx2 import AsyncClient

from app.flows.house import House
from app.machines.boxes import BoxState
from app.web.shapes import Box
from app.web.warehouse.holds import Hold, Holds
from tests.web.callers import Callers, problem
from tests.web.stock import BOX, OTHER, put, register

CJ = {"courier_code": "CJGLS", "invoice_number": "123456789012"}
HOLDS = f"/v1/boxes/{BOX}/holds"


def asked(house: House, hours: float = 2) -> dict[str, str]:
    return {"reason": "a stain", "expires_at": (house.now() + timedelta(hours=hours)).isoformat()}


async def test_a_held_box_is_not_shipped_until_it_is_released(house: House, writer: AsyncClient) -> None:
    await put(house, BoxState.INSTRUCT)
    answer = await writer.post(HOLDS, json=asked(house))
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


async def test_the_longest_of_several_holds_counts(house: House, writer: AsyncClient) -> None:
    await put(house, BoxState.INSTRUCT)
    long = (await writer.post(HOLDS, json=asked(house, 3))).json()
    await writer.post(HOLDS, json=asked(house, 1))
    await writer.delete(f"{HOLDS}/{long['hold_id']}")
    assert (await writer.post(f"/v1/boxes/{BOX}/ship", json=CJ)).status_code == 409
    listed = Holds.model_validate((await writer.get(HOLDS)).json())
    assert [hold.active for hold in listed.items] == [True, False]


async def test_a_hold_ends_by_the_clock(house: House, writer: AsyncClient) -> None:
    await put(house, BoxState.INSTRUCT)
    await writer.post(HOLDS, json=asked(house))
    house.clock.advance(hours=1, minutes=59)  # type: ignore[attr-defined]
    assert (await writer.post(f"/v1/boxes/{BOX}/ship", json=CJ)).status_code == 409
    house.clock.advance(minutes=1)  # type: ignore[attr-defined]
    assert not (await writer.get(HOLDS)).json()["items"][0]["active"]
    assert (await writer.post(f"/v1/boxes/{BOX}/ship", json=CJ)).status_code == 202


async def test_actions_tell_of_the_hold(house: House, writer: AsyncClient) -> None:
    await put(house, BoxState.INSTRUCT)
    await writer.post(HOLDS, json=asked(house))
    told = (await writer.get(f"/v1/boxes/{BOX}/actions")).json()["items"]
    ship = next(one for one in told if one["action"] == "ship")
    assert [one["rule"] for one in ship["refused_by"]] == ["not_on_hold"]


async def test_what_cannot_be_a_hold(house: House, writer: AsyncClient, reader: AsyncClient) -> None:
    await put(house, BoxState.INSTRUCT)
    for wrong in (asked(house, 0), asked(house, -1), asked(house, 24 * 31)):
        refused = problem(await writer.post(HOLDS, json=wrong), 422, "invalid-request")
        assert refused["errors"][0]["pointer"] == "/expires_at"
    problem(await writer.post(HOLDS, json={**asked(house), "reason": ""}), 422, "invalid-request")
    problem(await reader.post(HOLDS, json=asked(house)), 403, "forbidden")
    problem(await writer.delete(f"{HOLDS}/99"), 404, "not-found")


async def test_a_box_of_another_vendor_is_not_held(
    house: House, writer: AsyncClient, callers: Callers
) -> None:
    await register(house, OTHER)
    await put(house, BoxState.INSTRUCT, vendor_id=OTHER)
    problem(await writer.post(HOLDS, json=asked(house)), 404, "not-found")
    problem(await writer.get(HOLDS), 404, "not-found")
