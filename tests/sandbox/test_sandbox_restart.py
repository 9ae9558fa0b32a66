"""A sandbox with a journal comes back as it was: what it applied stays applied."""

from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from app.clock import Frozen
from app.sandbox.core.rules import Rules
from app.sandbox.http.server import Running
from app.sandbox.world.world import World
from tests.support.loopback_client import client_of
from tests.support.sandbox_seller import ACCESS_KEY, SECRET_KEY, VENDOR, Seller, dtos


def fresh(clock: Frozen) -> World:
    """The same start every time: real limits, no vendor yet."""
    return World(clock, seed=5, rules=Rules(list_lag_s=0, acknowledge_lag_max_s=0))


async def test_changes_survive_a_restart(clock: Frozen, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    world = fresh(clock)
    async with Running(world, journal=journal) as sandbox, client_of(sandbox.url) as client:
        keys = {"vendor_id": VENDOR, "access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
        await client.post("/_sandbox/vendors", json=keys)
        # More orders than the limit allows calls in a second, and a clock that moves between them.
        await client.post("/_sandbox/rules", json={"limit_per_second": 0})
        await client.post("/_sandbox/orders", json={"vendor_id": VENDOR, "count": 12})
        seller = Seller(client, clock, VENDOR, ACCESS_KEY, SECRET_KEY)
        await client.post("/_sandbox/faults", json={"kind": "drop_after", "route": "O7"})
        for box in list(world.boxes.values()):
            clock.advance(minutes=1)
            await seller.acknowledge(box.box_id)
        first = next(iter(world.boxes.values()))
        with pytest.raises(httpx.RemoteProtocolError):
            await seller.invoices(*dtos(first))
        await client.post("/_sandbox/rules", json={"limit_per_second": 10})
    before = world.truth()
    assert before[0]["status"] == "DEPARTURE"

    again = fresh(clock)
    async with Running(again, journal=journal) as sandbox, client_of(sandbox.url) as client:
        assert again.truth() == before
        assert again.report()["mutations"] == world.report()["mutations"]
        seller = Seller(client, clock, VENDOR, ACCESS_KEY, SECRET_KEY)
        assert (await seller.box(first.box_id)).json()["data"]["status"] == "DEPARTURE"


@pytest.mark.parametrize("kind", ["504_before", "500", "429", "drop_before", "401"])
async def test_what_a_fault_refused_stays_refused_after_a_restart(
    clock: Frozen, tmp_path: Path, kind: str
) -> None:
    journal = tmp_path / "journal"
    world = fresh(clock)
    async with Running(world, journal=journal) as sandbox, client_of(sandbox.url) as client:
        keys = {"vendor_id": VENDOR, "access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
        await client.post("/_sandbox/vendors", json=keys)
        await client.post("/_sandbox/orders", json={"vendor_id": VENDOR, "count": 2})
        seller = Seller(client, clock, VENDOR, ACCESS_KEY, SECRET_KEY)
        refused, taken = list(world.boxes)
        fault = {"kind": kind, "route": "O6", "ban_real_s": 0.0} if kind == "429" else {"kind": kind}
        await client.post("/_sandbox/faults", json=fault)
        with suppress(httpx.RemoteProtocolError):
            assert (await seller.acknowledge(refused)).status_code != 200
        assert (await seller.acknowledge(taken)).status_code == 200
    before = world.truth()
    assert [one["status"] for one in before] == ["ACCEPT", "INSTRUCT"]

    again = fresh(clock)
    async with Running(again, journal=journal) as sandbox, client_of(sandbox.url) as client:
        assert again.truth() == before
        assert again.faults.listed() == []
        seller = Seller(client, clock, VENDOR, ACCESS_KEY, SECRET_KEY)
        assert (await seller.acknowledge(refused)).status_code == 200


async def test_limits_after_a_restart_run_in_real_time_again(clock: Frozen, tmp_path: Path) -> None:
    """Vendors registered in the replay must not keep the replay's standing clock."""
    journal = tmp_path / "journal"
    keys = {"vendor_id": VENDOR, "access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
    first = Running(fresh(clock), journal=journal)
    async with first as sandbox, client_of(sandbox.url) as client:
        await client.post("/_sandbox/vendors", json=keys)
    real = [1_000.0]
    world = World(clock, rules=Rules(limit_per_second=3), monotonic=lambda: real[0])
    async with Running(world, journal=journal) as sandbox, client_of(sandbox.url) as client:
        seller = Seller(client, clock, VENDOR, ACCESS_KEY, SECRET_KEY)
        for _ in range(8):
            assert (await seller.day("ACCEPT")).status_code == 200
            real[0] += 0.6
