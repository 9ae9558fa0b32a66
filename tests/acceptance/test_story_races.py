"""Cancel and ship, interleaved at every await point of the visit that ships: scripted, none by chance.

A point is any statement sent to the database, and any request to Coupang before it leaves and after its
answer is back. The customer asks for the stop exactly there. Either Coupang had taken the waybill before, and
the request becomes a return, or no waybill of that box is ever taken and the effect says what happened.
"""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from httpx2 import AsyncClient
from psycopg import AsyncConnection

from tests.acceptance.test_story_permits import told, warehouse
from tests.support.shop import MINUTE, SECOND, Shop, assert_promises
from tests.support.stop_requests import ON, receipt_of

PLACES = 90
"""More await points than lie between the begin of a visit and the end of the shipping."""
AFTER = 15
"""Points after Coupang has taken the waybill that are tried: more than storing its answer has."""


class Points:
    """Counts the await points of a visit and acts at one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.act: Callable[[], None] | None = None
        self.left = -1
        self.at = ""
        points, real_execute, real_send = self, AsyncConnection.execute, httpx.AsyncClient.send

        async def execute(connection: Any, query: Any, *args: Any, **options: Any) -> Any:
            points.pass_by("statement")
            return await real_execute(connection, query, *args, **options)

        async def send(client: Any, request: httpx.Request, **options: Any) -> Any:
            points.pass_by(f"before {request.method} {request.url.path.rsplit('/', 1)[-1]}")
            answer = await real_send(client, request, **options)
            points.pass_by(f"after {request.method} {request.url.path.rsplit('/', 1)[-1]}")
            return answer

        monkeypatch.setattr(AsyncConnection, "execute", execute)
        monkeypatch.setattr(httpx.AsyncClient, "send", send)

    def arm(self, place: int, act: Callable[[], None]) -> None:
        self.left, self.act, self.at = place, act, ""

    def pass_by(self, name: str) -> None:
        if self.act is None:
            return
        if self.left == 0:
            act, self.act, self.at = self.act, None, name
            act()
        self.left -= 1


async def ready_boxes(shop: Shop, number: int = 1) -> list[int]:
    """Boxes that may be shipped."""
    shop.world.set_rules(**ON, late_stop_requests=True)
    ids = [box.box_id for order in shop.world.order(shop.vendor_id, count=number) for box in order]

    async def ready() -> bool:
        held = await shop.boxes()
        return len(held) == number and all(box["address_final"] for box in held.values())

    await shop.until(ready)
    return ids


async def shipped(shop: Shop, client: AsyncClient, box_id: int, permit: bool) -> tuple[str, str | None]:
    """Ask for the waybill over REST; the effect's and the permit's address."""
    body: dict[str, Any] = {"courier_code": "CJGLS", "invoice_number": shop.waybill().invoice_number}
    address = None
    if permit:
        address = (await client.post(f"/v1/boxes/{box_id}/permit")).headers["location"]
        await shop.visit()
        body["permit"] = address.rsplit("/", 1)[-1]
    answer = await client.post(f"/v1/boxes/{box_id}/ship", json=body)
    assert answer.status_code == 202, answer.text
    return answer.headers["location"], address


def taken(shop: Shop, box_id: int) -> bool:
    return any(kind == "invoice" for kind, _ in shop.mutations(box_id))


@pytest.mark.parametrize("permit", [False, True], ids=["without a permit", "with a permit"])
@pytest.mark.parametrize("batch", [1, 2], ids=["alone", "in a batch of two"])
async def test_no_interleaving_ships_a_stopped_unit(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, batch: int, permit: bool
) -> None:
    free = iter(await ready_boxes(shop, PLACES * batch))
    points = Points(monkeypatch)
    won: list[str] = []
    lost: dict[str, tuple[int, str | None]] = {}
    sent: list[bool] = []
    async with warehouse(shop) as client:
        place = 0
        while len(won) < AFTER:
            box_id, *others = [next(free) for _ in range(batch)]
            effect, address = await shipped(shop, client, box_id, permit)
            beside = [(await shipped(shop, client, other, permit=False))[0] for other in others]
            before: list[bool] = []

            def ask(box_id: int = box_id, before: list[bool] = before) -> None:
                before.append(taken(shop, box_id))
                shop.world.request_cancel(box_id)

            shop.later(5 * SECOND)
            points.arm(place, ask)
            await shop.visit()
            assert before, f"the visit has only {place} points"
            # A visit that has read the stops again after a refusal leaves the next one less to store, so that
            # the points before the waybill are stepped over: they are looked for from behind.
            place += -1 if before[0] and not any("before POST" in at for at in lost) else 1
            answer = await told_effect(client, effect)
            assert before == [taken(shop, box_id)], (place, points.at, "taken after the customer had asked")
            if before[0]:
                # Coupang took it first: the customer's request is a return, which nobody stops any more.
                assert answer["state"] == "CONFIRMED", (place, points.at, answer)
                assert await shop.state(box_id) == "DEPARTURE"
                assert receipt_of(shop, box_id).kind == "return"
                won.append(points.at)
            else:
                assert answer["state"] == "REJECTED", (place, points.at, answer)
                code, said = answer["result_code"], answer["result_message"]
                refused_here = code == "REFUSED_HERE" and (
                    "no_stop_requested" in said or "nothing_held" in said
                )
                assert refused_here or code.startswith("ORDER_DELIVERY_"), (place, points.at, answer)
                assert await shop.state(box_id) == "INSTRUCT"
                lost[f"{len(lost)} {points.at}"] = (box_id, address)
                sent.append(not refused_here)
            for other in beside:
                assert (await told_effect(client, other))["state"] == "CONFIRMED", (place, points.at)
        # Both outcomes were met, and the request to Coupang itself from both sides.
        assert any(at.startswith("after POST") for at in won)
        assert any("before POST" in at for at in lost)
        assert len(lost) > AFTER
        # Up to our last reading we refuse by ourselves; only from there on it takes Coupang to refuse.
        assert sent == sorted(sent)
        assert set(sent) == {False, True}, sent
        shop.later(6 * MINUTE)
        await shop.visit()
        asked = {row["receipt_id"]: row["state"] for row in await shop.rows("SELECT * FROM cancel")}
        for at, (box_id, address) in lost.items():
            assert asked[receipt_of(shop, box_id).receipt_id] == "REQUESTED", at
            if address is not None:
                seen = await told(client, address)
                assert seen["state"] == "REVOKED", at
                assert (
                    "asks to stop" in seen["revoked_reason"] or "cancel is pending" in seen["revoked_reason"]
                )
    assert shop.ledger["shipped_cancelled"] == []
    await assert_promises(shop, settled=False)


async def told_effect(client: AsyncClient, address: str) -> dict[str, Any]:
    answer = await client.get(address)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def test_a_lost_answer_is_not_repeated_against_a_stop(shop: Shop) -> None:
    """Coupang took the waybill, the answer was lost, and the customer asks: one waybill, and a return."""
    box_id = (await ready_boxes(shop))[0]
    async with warehouse(shop) as client:
        effect, address = await shipped(shop, client, box_id, permit=True)
        shop.world.add_fault("drop_after", route="O7", times=1)
        shop.later(5 * SECOND)
        await shop.visit()
        assert (await told_effect(client, effect))["state"] in ("UNKNOWN", "CONFIRMED")
        shop.world.request_cancel(box_id)
        shop.later(2 * MINUTE)
        await shop.visit()
        assert (await told_effect(client, effect))["state"] == "CONFIRMED"
        assert [times for kind, times in shop.mutations(box_id) if kind == "invoice"] == [1]
        assert address is not None
        assert (await told(client, address))["used_by_effect"] == effect.rsplit("/", 1)[-1]
    assert receipt_of(shop, box_id).kind == "return"
    await assert_promises(shop, settled=False)


async def test_a_lost_request_is_not_repeated_against_a_stop(shop: Shop) -> None:
    """Coupang never saw the waybill, the customer asks before it is read back: it is not sent again."""
    box_id = (await ready_boxes(shop))[0]
    async with warehouse(shop) as client:
        effect, address = await shipped(shop, client, box_id, permit=True)
        shop.world.add_fault("drop_before", route="O7", times=1)
        shop.later(5 * SECOND)
        await shop.visit()
        shop.world.request_cancel(box_id)
        calls = shop.calls("O7")
        await shop.run_for(10 * MINUTE)
        answer = await told_effect(client, effect)
        assert answer["state"] == "REJECTED", answer
        assert not taken(shop, box_id)
        assert shop.calls("O7") == calls
        assert address is not None
        assert (await told(client, address))["state"] == "REVOKED"
    await assert_promises(shop, settled=False)
