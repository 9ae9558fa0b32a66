"""What `actions` says and what the change then does must be the same, everywhere."""

import itertools
from typing import Any

import pytest
from httpx2 import AsyncClient

from app.engine.caller import US
from app.engine.context import Context
from app.engine.vendors import vendors
from app.machines.boxes import BOX as MACHINE
from app.machines.boxes import OBSERVED, BoxState
from app.orders.api import schemas
from tests.support.box_stock import BOX, SOCKS, VENDOR, Item, put

CJ = {"courier_code": "CJGLS", "invoice_number": "123456789012"}
DIRECT = {"courier_code": "DIRECT", "invoice_number": "7"}
PART = {**CJ, "later": [SOCKS], "later_date": "2026-12-25"}
BODIES: dict[str, Any] = {
    "acknowledge": None,
    "ship": CJ,
    "ship_direct": DIRECT,
    "ship_part": PART,
    "change_invoice": CJ,
    "change_invoice_direct": DIRECT,
    "close_undelivered": None,
    "seller_cancel": {"reason": "CCTTER", "confirm_score_loss": True},
}
CONTENTS: dict[str, dict[str, Any]] = {
    "plain": {"items": (Item(),)},
    "divisible": {"items": (Item(), Item(SOCKS, 1))},
    "indivisible": {"items": (Item(), Item(SOCKS, 1)), "divisible": False},
    "held": {"items": (Item(held=1), Item(SOCKS, 1))},
    "nothing left": {"items": (Item(cancelled=2), Item(SOCKS, 1, cancelled=1))},
}


@pytest.mark.parametrize(
    ("state", "content", "age_days"), list(itertools.product(BoxState, CONTENTS, [0, 31]))
)
async def test_explained_is_what_happens(
    context: Context, writer: AsyncClient, state: BoxState, content: str, age_days: int
) -> None:
    ids = [BOX + number for number in range(len(BODIES))]
    await vendors.set_policy(context, US, VENDOR, wing_user_id="wing01")
    for box_id in ids:
        await put(context, state, box_id, **CONTENTS[content])
    context.clock.advance(days=age_days)  # type: ignore[attr-defined]
    for box_id, (name, body) in zip(ids, BODIES.items(), strict=True):
        told = (await writer.get(f"/v1/boxes/{box_id}/actions")).json()
        schemas.Actions.model_validate(told)
        assert [one["action"] for one in told["items"]] == list(BODIES)
        action = next(one for one in told["items"] if one["action"] == name)
        answer = await writer.request(action["method"], action["href"], json=body)
        over = content in ("plain", "nothing left") or state is BoxState.CANCELLED
        if name == "ship_part" and over:
            # Nothing to leave behind, or nothing to ship beside it: no such request can be right.
            assert (answer.status_code, action["allowed"]) == (422, False)
            continue
        assert answer.status_code == (202 if action["allowed"] else 409), (name, action, answer.text)
        if action["allowed"]:
            # Which of the two cancels it is follows from the state of the box.
            assert answer.json()["event"].startswith(name)
            again = (await writer.get(f"/v1/boxes/{box_id}/actions")).json()["items"]
            assert not any(one["allowed"] for one in again)
            assert all(one["refused_by"][-1]["rule"] == "no_open_change" for one in again)
            assert answer.json()["effect_id"] in again[0]["refused_by"][-1]["unblock"]
            assert (await writer.request(action["method"], action["href"], json=body)).status_code == 409
        else:
            assert all(one["unblock"] for one in action["refused_by"])
            missing = [one["rule"] for one in answer.json()["missing"]]
            assert [one["rule"] for one in action["refused_by"] if one["rule"] != "state"] == missing


async def test_address_must_be_read_before_shipping(context: Context, writer: AsyncClient) -> None:
    """An acknowledge that Coupang confirmed, but whose box was not read again yet."""
    await put(context, BoxState.ACCEPT)
    move = {"event": "see_instruct", "reason": "seen in WING"}
    async with context.db.connection() as connection:
        await connection.execute("UPDATE api_key SET scopes = '{admin}'")
    assert (await writer.post(f"/admin/v1/boxes/{BOX}/transitions", json=move)).status_code == 200
    told = (await writer.get(f"/v1/boxes/{BOX}/actions")).json()["items"]
    ship = next(one for one in told if one["action"] == "ship")
    assert [one["rule"] for one in ship["refused_by"]] == ["address_is_final"]
    answer = await writer.post(f"/v1/boxes/{BOX}/ship", json=CJ)
    assert [one["rule"] for one in answer.json()["missing"]] == ["address_is_final"]


def test_every_event_we_ask_has_an_address() -> None:
    assert set(BODIES) - {"seller_cancel"} == set(MACHINE.events) - OBSERVED
