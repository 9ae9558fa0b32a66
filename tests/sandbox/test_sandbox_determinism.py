"""The same seed and script give the same transcript, byte for byte."""

import asyncio
from datetime import timedelta

from app.clock import Frozen
from app.sandbox.core.rules import Rules
from app.sandbox.http.server import Running
from app.sandbox.world.population import Shop
from app.sandbox.world.world import World
from tests.support.loopback_client import client_of
from tests.support.sandbox_seller import ACCESS_KEY, SECRET_KEY, VENDOR, Seller, dtos

OTHER = "C00000002"


async def play(clock: Frozen, seed: int, *, neighbour: bool = False) -> bytes:
    """Sell for two days; `neighbour` lets a second vendor call in between."""
    world = World(clock, seed=seed, rules=Rules(limit_per_second=0, transcript=True))
    world.add_vendor(VENDOR, ACCESS_KEY, SECRET_KEY)
    world.add_vendor(OTHER, "other-access", "other-secret")
    begins = clock.now()
    world.shop(VENDOR, Shop(orders=40, begins=begins, ends=begins + timedelta(hours=20), cancel_share=0.3))
    world.add_fault("504_after", route="O6", vendor_id=VENDOR)
    async with Running(world) as running, client_of(running.url) as client:
        seller = Seller(client, clock, VENDOR, ACCESS_KEY, SECRET_KEY)
        second = Seller(client, clock, OTHER, "other-access", "other-secret")
        for step in range(12):
            clock.advance(hours=4)
            if neighbour:
                world.order(OTHER)
                await asyncio.gather(second.day("ACCEPT"), second.get("nowhere"))
            accepted = await seller.ids("ACCEPT", first="2026-11-20", last="2026-11-30", size=20)
            await seller.acknowledge(*accepted)
            for box_id in await seller.ids("INSTRUCT", first="2026-11-20", last="2026-11-30"):
                await seller.invoices(*dtos(world.box(box_id), invoiceNumber=f"{box_id % 10**12:012d}"))
            await seller.day("DELIVERING", "2026-11-20", "2026-11-30", version="v4" if step % 2 else "v5")
            await seller.get("unknown")
    lines = world.transcript().split(b"\n")
    return b"\n".join(line for line in lines if OTHER.encode() not in line)


async def test_same_seed_same_bytes(clock: Frozen) -> None:
    first = await play(Frozen(clock.at), 1)
    assert len(first) > 100_000
    assert b"FINAL_DELIVERY" not in first.split(b"\n")[0]
    assert first == await play(Frozen(clock.at), 1)


async def test_another_seed_other_bytes(clock: Frozen) -> None:
    assert await play(Frozen(clock.at), 1) != await play(Frozen(clock.at), 2)


async def test_a_neighbour_changes_nothing(clock: Frozen) -> None:
    """One vendor's luck does not depend on another vendor's calls."""
    alone = await play(Frozen(clock.at), 1)
    assert alone == await play(Frozen(clock.at), 1, neighbour=True)


async def test_no_transcript_unless_wanted(seller: Seller, world: World) -> None:
    await seller.day("ACCEPT")
    assert world.transcript() == b""


def test_same_time_events_happen_in_order_of_their_making(clock: Frozen) -> None:
    world = World(clock)
    seen: list[int] = []
    at = clock.now() + timedelta(seconds=5)
    for number in range(20):
        world.schedule(at, lambda _, n=number: seen.append(n))  # type: ignore[misc]
    world.schedule(at - timedelta(seconds=1), lambda when: world.schedule(when, lambda _: seen.append(-1)))
    world.advance()
    assert seen == []
    clock.advance(seconds=5)
    world.advance()
    assert seen == [-1, *range(20)]
