"""A ship permit: asked over REST, answered by a visit that reads live, revoked by what would refuse it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from httpx2 import ASGITransport, AsyncClient

from app.engine.access import api_keys
from app.main import create_app
from app.orders.api.permits import Permit
from tests.support.shop import MINUTE, SECOND, Shop, assert_promises
from tests.support.stop_requests import packed, receipt_of, requested

CJ = {"courier_code": "CJGLS", "invoice_number": "600000000777"}


@asynccontextmanager
async def warehouse(shop: Shop) -> AsyncIterator[AsyncClient]:
    """A packing station with a key of its own."""
    made = await api_keys.create(
        shop.context, name="packing", scopes=(api_keys.READ, api_keys.WRITE), vendor_ids=[shop.vendor_id]
    )
    transport = ASGITransport(create_app(shop.context, wait_most_s=1.0))
    headers = {"Authorization": f"Bearer {made['key']}"}
    async with AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
        yield client


async def asked(client: AsyncClient, box_id: int) -> str:
    """Ask for a permit; its address."""
    answer = await client.post(f"/v1/boxes/{box_id}/permit")
    assert answer.status_code == 202, answer.text
    assert Permit.model_validate(answer.json()).state == "ASKED"
    return answer.headers["location"]


async def told(client: AsyncClient, address: str) -> dict[str, Any]:
    answer = await client.get(address)
    Permit.model_validate(answer.json())
    return answer.json()


async def permitted(shop: Shop, client: AsyncClient, box_id: int) -> dict[str, Any]:
    """A valid permit of a box."""
    address = await asked(client, box_id)
    await shop.visit()
    permit = await told(client, address)
    assert permit["state"] == "VALID", permit
    return permit


async def refused(client: AsyncClient, box_id: int, permit: dict[str, Any], why: str) -> None:
    """The permit does not let the box leave, and the answer says why."""
    body = {**CJ, "permit": permit["permit_id"]}
    answer = await client.post(f"/v1/boxes/{box_id}/ship", json=body)
    assert answer.status_code == 409, answer.text
    missing = {one["rule"]: one["unblock"] for one in answer.json()["missing"]}
    assert list(missing) == ["permit_valid"]
    assert why in missing["permit_valid"]


async def test_a_permit_reads_live_and_ships(shop: Shop) -> None:
    box_id = await packed(shop)
    async with warehouse(shop) as client:
        before = shop.calls("R1")
        permit = await permitted(shop, client, box_id)
        assert shop.calls("R1") > before
        assert permit["fence"] == 1
        lasts = timedelta(minutes=15)
        row = await shop.rows("SELECT expires_at - issued_at AS lasts FROM permit")
        assert row[0]["lasts"] == lasts
        answer = await client.post(f"/v1/boxes/{box_id}/ship", json={**CJ, "permit": permit["permit_id"]})
        assert answer.status_code == 202, answer.text
        shop.later(5 * SECOND)
        before = shop.calls("R1")
        await shop.visit()
        assert shop.calls("R1") > before, "a permit does not replace the check on the way out"
        assert await shop.state(box_id) == "DEPARTURE"
        permit = await told(client, f"/v1/permits/{permit['permit_id']}")
        assert permit["used_by_effect"] == answer.json()["effect_id"]
        assert permit["revoked_at"] is None
    await assert_promises(shop)


async def test_a_stop_request_refuses_the_permit(shop: Shop) -> None:
    box_id = await packed(shop)
    async with warehouse(shop) as client:
        address = await asked(client, box_id)
        shop.world.request_cancel(box_id)
        await shop.visit()
        permit = await told(client, address)
        assert permit["state"] == "REFUSED"
        assert "no_stop_requested" in permit["refused_reason"]


async def test_a_late_stop_request_revokes_it(shop: Shop) -> None:
    box_id = await packed(shop)
    async with warehouse(shop) as client:
        permit = await permitted(shop, client, box_id)
        receipt_id = await requested(shop, box_id)
        permit = await told(client, f"/v1/permits/{permit['permit_id']}")
        assert permit["state"] == "REVOKED"
        assert str(receipt_id) in permit["revoked_reason"]
        assert receipt_id == receipt_of(shop, box_id).receipt_id


async def test_a_hold_and_its_release(shop: Shop) -> None:
    box_id = await packed(shop)
    async with warehouse(shop) as client:
        permit = await permitted(shop, client, box_id)
        expires = (shop.clock.now() + MINUTE).isoformat()
        held = await client.post(
            f"/v1/boxes/{box_id}/holds", json={"reason": "a stain", "expires_at": expires}
        )
        hold_id = held.json()["hold_id"]
        permit = await told(client, f"/v1/permits/{permit['permit_id']}")
        assert (permit["state"], permit["revoked_reason"]) == ("REVOKED", f"hold {hold_id} was placed")
        address = await asked(client, box_id)
        await shop.visit()
        assert "not_on_hold" in (await told(client, address))["refused_reason"]
        await client.delete(f"/v1/boxes/{box_id}/holds/{hold_id}")
        await refused(client, box_id, permit, "it was revoked")
        newer = await permitted(shop, client, box_id)
        assert newer["fence"] == 3
        body = {**CJ, "permit": newer["permit_id"]}
        assert (await client.post(f"/v1/boxes/{box_id}/ship", json=body)).status_code == 202


async def test_expired_replaced_and_foreign_permits(shop: Shop) -> None:
    box_id, other_id = await packed(shop), await packed(shop)
    async with warehouse(shop) as client:
        first = await permitted(shop, client, box_id)
        await refused(client, other_id, first, "no such permit")
        second = await permitted(shop, client, box_id)
        assert (await told(client, f"/v1/permits/{first['permit_id']}"))["state"] == "REPLACED"
        await refused(client, box_id, first, "a newer permit")
        shop.later(15 * MINUTE)
        assert (await told(client, f"/v1/permits/{second['permit_id']}"))["state"] == "EXPIRED"
        await refused(client, box_id, second, "its time is over")
        assert (await client.get("/v1/permits/999")).status_code == 404


async def test_a_moved_box_revokes_it(shop: Shop) -> None:
    box_id = await packed(shop)
    async with warehouse(shop) as client:
        permit = await permitted(shop, client, box_id)
        await shop.ship(box_id)
        shop.later(5 * SECOND)
        await shop.visit()
        assert await shop.state(box_id) == "DEPARTURE"
        permit = await told(client, f"/v1/permits/{permit['permit_id']}")
        assert (permit["state"], permit["revoked_reason"]) == ("REVOKED", "the box moved to DEPARTURE")


async def test_a_changed_receiver_revokes_it_also_under_way(shop: Shop) -> None:
    """The waybill was asked for with a permit; the address changes before it goes: it does not go."""
    box_id = await packed(shop)
    async with warehouse(shop) as client:
        permit = await permitted(shop, client, box_id)
        body = {**CJ, "permit": permit["permit_id"]}
        effect = (await client.post(f"/v1/boxes/{box_id}/ship", json=body)).json()
        box = shop.world.box(box_id)
        box.receiver = replace(box.receiver, addr2="909호")
        shop.later(5 * SECOND)
        await shop.visit()
        permit = await told(client, f"/v1/permits/{permit['permit_id']}")
        assert permit["revoked_reason"] == "the receiver was changed"
        told_effect = (await client.get(f"/v1/effects/{effect['effect_id']}")).json()
        assert (told_effect["state"], told_effect["tries"]) == ("REJECTED", 0)
        assert "permit_valid" in told_effect["result_message"]
        assert shop.calls("O7") == 0
        newer = await permitted(shop, client, box_id)
        assert newer["address_version"] > permit["address_version"]


@pytest.mark.parametrize("fault", ["500", "drop_before"])
async def test_an_asking_waits_while_claims_cannot_be_read(shop: Shop, fault: str) -> None:
    box_id = await packed(shop)
    async with warehouse(shop) as client:
        address = await asked(client, box_id)
        shop.world.add_fault(fault, route="R1", times=3)
        await shop.visit()
        assert (await told(client, address))["state"] == "ASKED"
        shop.world.faults.clear()
        shop.later(20 * SECOND)
        await shop.visit()
        assert (await told(client, address))["state"] == "VALID"
        late = await asked(client, box_id)
        shop.later(15 * MINUTE)
        await shop.visit()
        assert (await told(client, late))["state"] == "REFUSED"
