"""Clients that nobody here wrote: clocks of their own, wrong keys, others' paths, bursts of errors."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.clock import Frozen, fast, parse
from app.coupang.signing import authorization, signed_date
from app.errors import Invalid
from app.sandbox.core.rules import Rules
from app.sandbox.http.server import Running
from app.sandbox.world.world import World
from tests.support.sandbox_seller import ACCESS_KEY, PREFIX, SECRET_KEY, VENDOR, Seller, selling

OTHER = "A00054321"
QUERY = "createdAtFrom=2026-11-20%2B09:00&createdAtTo=2026-11-21%2B09:00&status=ACCEPT"
PATH = f"{PREFIX}/v5/vendors/{VENDOR}/ordersheets"
REAL = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
EXPIRED = "Specified signature is expired."


class Hands:
    """Real seconds, moved by hand."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def wall() -> Frozen:
    """The real clock, a week after the sandbox's."""
    return Frozen(REAL)


def busy(clock: Frozen, hands: Hands, **rules: Any) -> World:
    """A world that counts calls, with two vendors."""
    world = World(clock, rules=Rules(**{"limit_per_second": 10, **rules}), monotonic=hands)
    world.add_vendor(VENDOR, ACCESS_KEY, SECRET_KEY)
    world.add_vendor(OTHER, "other-access", "other-secret")
    return world


async def ask(seller: Seller, at: datetime, *, access: str = ACCESS_KEY) -> httpx.Response:
    header = authorization(access, SECRET_KEY, signed_date(at), "GET", PATH, QUERY)
    return await seller.client.get(f"{PATH}?{QUERY}", headers={"Authorization": header})


# 27: two clocks


@pytest.mark.parametrize("factor", [60.0, 4000.0])
async def test_a_fast_clock_lets_clients_with_the_real_time_in(wall: Frozen, factor: float) -> None:
    """The sandbox is a week ahead or behind; the caller signs with the time on its own wall."""
    clock = parse(fast(datetime(2026, 10, 1, tzinfo=UTC), factor))
    world = World(clock, rules=Rules(limit_per_second=0), wall=wall)
    world.add_vendor(VENDOR, ACCESS_KEY, SECRET_KEY)
    async with selling(world, clock) as seller:
        assert (await ask(seller, wall.now())).status_code == 200
        assert (await ask(seller, clock.now())).status_code == 200
        # The real clock grants five real minutes, whatever the factor.
        wall.advance(minutes=6)
        late = await ask(seller, REAL)
        assert (late.status_code, late.json()["message"]) == (401, EXPIRED)


async def test_a_frozen_clock_lets_clients_with_the_real_time_in(clock: Frozen, wall: Frozen) -> None:
    world = World(clock, rules=Rules(limit_per_second=0), wall=wall)
    world.add_vendor(VENDOR, ACCESS_KEY, SECRET_KEY)
    async with selling(world, clock) as seller:
        assert (await ask(seller, wall.now())).status_code == 200
        assert (await ask(seller, clock.now())).status_code == 200
        # Seoul's time labelled Z stays the classic mistake.
        assert (await ask(seller, wall.now() + timedelta(hours=9))).status_code == 401


@pytest.mark.parametrize(("clocks", "passes"), [("virtual", (200, 401)), ("real", (401, 200))])
async def test_one_clock_only_by_rule(
    clock: Frozen, wall: Frozen, clocks: str, passes: tuple[int, int]
) -> None:
    world = World(clock, rules=Rules(limit_per_second=0, signature_clocks=clocks), wall=wall)
    world.add_vendor(VENDOR, ACCESS_KEY, SECRET_KEY)
    async with selling(world, clock) as seller:
        asked = [(await ask(seller, one.now())).status_code for one in (clock, wall)]
    assert tuple(asked) == passes


async def test_what_was_signed_by_the_real_clock_is_there_after_a_restart(
    clock: Frozen, wall: Frozen, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    rules = Rules(limit_per_second=0, list_lag_s=0, acknowledge_lag_max_s=0)
    world = World(clock, seed=5, rules=rules, wall=wall)
    async with Running(world, journal=journal) as sandbox, httpx.AsyncClient(base_url=sandbox.url) as client:
        keys = {"vendor_id": VENDOR, "access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
        await client.post("/_sandbox/vendors", json=keys)
        await client.post("/_sandbox/orders", json={"vendor_id": VENDOR})
        (box_id,) = world.boxes
        answer = await Seller(client, wall, VENDOR, ACCESS_KEY, SECRET_KEY).acknowledge(box_id)
        assert answer.status_code == 200
    wall.advance(days=3)
    again = World(clock, seed=5, rules=rules, wall=wall)
    async with Running(again, journal=journal):
        assert again.boxes[box_id].status == "INSTRUCT"
        assert again.wall is wall


# 29: who is counted, and who is blocked


async def test_a_stranger_without_a_key_cannot_ban_a_vendor(clock: Frozen, hands: Hands) -> None:
    world = busy(clock, hands)
    async with selling(world, clock) as seller:
        for header in (
            None,
            "Bearer x",
            authorization("nobody", "x", signed_date(clock.now()), "GET", PATH, ""),
        ):
            more = {"Authorization": header} if header else {}
            asked = [
                (await seller.client.get(f"{PATH}?{QUERY}", headers=more)).status_code for _ in range(12)
            ]
            assert set(asked) <= {401, 429}
        # The key's name is no secret: a wrong signature proves nothing either.
        header = authorization(ACCESS_KEY, "wrong", signed_date(clock.now()), "GET", PATH, QUERY)
        for _ in range(30):
            await seller.client.get(f"{PATH}?{QUERY}", headers={"Authorization": header})
        assert (await seller.day("ACCEPT")).status_code == 200
    figures = world.report()["vendors"][VENDOR]
    assert (figures["max_calls_in_a_second"], figures["calls_while_banned"]) == (1, 0)


async def test_strangers_are_counted_by_their_address(clock: Frozen, hands: Hands) -> None:
    world = busy(clock, hands, limit_per_second=3, abuse_calls=4)
    async with selling(world, clock) as seller:
        asked = [(await seller.client.get(f"{PATH}?{QUERY}")).status_code for _ in range(8)]
        assert asked == [401, 401, 429, 429, 429, 429, 302, 302]
        assert (await seller.day("ACCEPT")).status_code == 200
        world.pardon(VENDOR)
        assert (await seller.client.get(f"{PATH}?{QUERY}")).status_code == 401


async def test_strangers_count_for_the_vendor_of_the_path_by_rule(clock: Frozen, hands: Hands) -> None:
    world = busy(clock, hands, limit_per_second=3, limit_counts_strangers=True)
    async with selling(world, clock) as seller:
        for _ in range(3):
            await seller.client.get(f"{PATH}?{QUERY}")
        assert (await seller.day("ACCEPT")).status_code == 429


async def test_foreign_paths_count_for_the_caller_and_block_him(clock: Frozen, hands: Hands) -> None:
    world = busy(clock, hands, foreign_paths_most=5)
    async with selling(world, clock) as seller:
        seller.vendor_id = OTHER
        for _ in range(5):
            assert (await seller.day("ACCEPT")).status_code == 404
            hands.at += 1
        seller.vendor_id = VENDOR
        assert (await seller.day("ACCEPT")).status_code == 302
        # Whose name was used is not to blame.
        other = Seller(seller.client, clock, OTHER, "other-access", "other-secret")
        assert (await other.day("ACCEPT")).status_code == 200
        world.pardon(VENDOR)
        assert (await seller.day("ACCEPT")).status_code == 200


async def test_calls_of_unknown_paths_count_too(clock: Frozen, hands: Hands) -> None:
    """Paths without a vendor, or of one that is not registered, were counted for nobody."""
    world = busy(clock, hands)
    paths = (
        "/v2/providers/seller_api/apis/api/v1/marketplace/seller-products",
        f"{PREFIX}/v5/vendors/A00099999/ordersheets",
        "/nowhere",
    )
    async with selling(world, clock) as seller:
        asked = [(await seller.client.get(path, auth=seller.auth)).status_code for path in paths * 4]
        assert asked == [404] * 9 + [429] * 3


async def test_a_burst_of_errors_is_met_at_the_edge(clock: Frozen, hands: Hands) -> None:
    world = busy(clock, hands, errors_most=20, errors_within_real_s=60.0, errors_block_real_s=600.0)
    async with selling(world, clock) as seller:
        for _ in range(20):
            assert (await seller.day("NEVER")).status_code == 400
            hands.at += 0.5
        refused = await seller.day("ACCEPT")
        assert (refused.status_code, refused.headers["content-type"]) == (403, "text/html")
        assert "Access Denied" in refused.text
        hands.at += 600
        assert (await seller.day("ACCEPT")).status_code == 200
        # The same number over a longer time is no burst, and scripted faults are not the caller's.
        for _ in range(30):
            assert (await seller.day("NEVER")).status_code == 400
            hands.at += 4
        world.add_fault("500", times=30)
        for _ in range(30):
            assert (await seller.day("ACCEPT")).status_code == 500
            hands.at += 0.2
        assert (await seller.day("ACCEPT")).status_code == 200


async def test_without_a_limit_nothing_is_judged(clock: Frozen, hands: Hands) -> None:
    world = busy(clock, hands, limit_per_second=0, errors_most=3, foreign_paths_most=3)
    async with selling(world, clock) as seller:
        for _ in range(6):
            assert (await seller.day("NEVER")).status_code == 400
        assert (await seller.day("ACCEPT")).status_code == 200


async def test_what_a_limit_refused_stays_refused_after_a_restart(clock: Frozen, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    rules = Rules(limit_per_second=2, list_lag_s=0, acknowledge_lag_max_s=0)
    world = World(clock, seed=5, rules=rules, monotonic=Hands())
    async with Running(world, journal=journal) as sandbox, httpx.AsyncClient(base_url=sandbox.url) as client:
        keys = {"vendor_id": VENDOR, "access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
        await client.post("/_sandbox/vendors", json=keys)
        await client.post("/_sandbox/orders", json={"vendor_id": VENDOR, "count": 3})
        seller = Seller(client, clock, VENDOR, ACCESS_KEY, SECRET_KEY)
        asked = [(await seller.acknowledge(box_id)).status_code for box_id in list(world.boxes)]
        assert asked == [200, 429, 429]
    before = world.truth()
    again = World(clock, seed=5, rules=rules)
    async with Running(again, journal=journal):
        assert again.truth() == before


# 29: keys and addresses


async def test_a_key_dies_after_half_a_year(clock: Frozen) -> None:
    world = World(clock, rules=Rules(limit_per_second=0))
    world.add_vendor(VENDOR, ACCESS_KEY, SECRET_KEY)
    async with selling(world, clock) as seller:
        clock.advance(days=180)
        assert (await seller.day("ACCEPT")).status_code == 200
        clock.advance(seconds=1)
        dead = await seller.day("ACCEPT")
        assert dead.status_code == 401
        assert dead.json()["message"].startswith("Unknown error occurred")
        world.set_rules(key_life_days=0)
        assert (await seller.day("ACCEPT")).status_code == 200
        world.set_rules(key_life_days=180)
        world.add_vendor(VENDOR, ACCESS_KEY, SECRET_KEY, issued_at=clock.now() - timedelta(days=179))
        assert (await seller.day("ACCEPT")).status_code == 200


async def test_on_a_fast_clock_a_key_lives_half_a_real_year() -> None:
    """At 60 times the speed 180 virtual days are three real ones: `make run` would be shut out."""
    clock = parse(fast(datetime(2026, 10, 1, tzinfo=UTC), 60.0))
    world = World(clock, rules=Rules(limit_per_second=0))
    world.add_vendor(VENDOR, ACCESS_KEY, SECRET_KEY, issued_at=clock.now() - timedelta(days=200))
    async with selling(world, clock) as seller:
        assert (await seller.day("ACCEPT")).status_code == 200
        world.add_vendor(VENDOR, ACCESS_KEY, SECRET_KEY, issued_at=clock.now() - timedelta(days=181 * 60))
        assert (await seller.day("ACCEPT")).status_code == 401


async def test_only_listed_addresses_may_use_a_key(clock: Frozen) -> None:
    world = World(clock, rules=Rules(limit_per_second=0, allowed_ips=("203.0.113.9",)))
    world.add_vendor(VENDOR, ACCESS_KEY, SECRET_KEY)
    async with selling(world, clock) as seller:
        refused = await seller.day("ACCEPT")
        assert refused.status_code == 403
        assert refused.json()["message"] == "Your ip address 127.0.0.1 is not allowed for this request."
        # A list of its own goes before the rule, at once when it is the first one.
        body = {"vendor_id": VENDOR, "access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
        await seller.client.post("/_sandbox/vendors", json={**body, "allowed_ips": ["127.0.0.1"]})
        assert (await seller.day("ACCEPT")).status_code == 200
        await seller.client.post("/_sandbox/vendors", json={**body, "allowed_ips": ["203.0.113.9"]})
        assert (await seller.day("ACCEPT")).status_code == 200
        clock.advance(minutes=30)
        assert (await seller.day("ACCEPT")).status_code == 403


def test_a_list_has_ten_addresses_at_most(clock: Frozen) -> None:
    world = World(clock)
    world.add_vendor(VENDOR, ACCESS_KEY, SECRET_KEY, allowed_ips=[f"203.0.113.{n}" for n in range(10)])
    for wrong in ([f"203.0.113.{n}" for n in range(11)], ["somewhere"]):
        with pytest.raises(Invalid):
            world.add_vendor(VENDOR, ACCESS_KEY, SECRET_KEY, allowed_ips=wrong)


async def test_rules_that_are_lists_can_be_set_and_read(seller: Seller, world: World) -> None:
    told = {"allowed_ips": ["203.0.113.9"], "providers": ["openapi"]}
    answer = await seller.client.post("/_sandbox/rules", json=told)
    assert {name: answer.json()[name] for name in told} == told
    wrong = await seller.client.post("/_sandbox/rules", json={"allowed_ips": "203.0.113.9"})
    assert wrong.status_code == 422
    wrong = await seller.client.post("/_sandbox/rules", json={"box_id_digits": 17})
    assert "15, 18" in wrong.json()["errors"][0]["detail"]


# 28: nothing takes no time


async def test_ten_calls_one_after_the_other_earn_no_ban(clock: Frozen) -> None:
    """Real seconds on purpose: this is what a script on this machine does."""
    world = World(clock, rules=Rules(limit_per_second=10, latency_real_s=0.12))
    world.add_vendor(VENDOR, ACCESS_KEY, SECRET_KEY)
    loop = asyncio.get_running_loop()
    async with selling(world, clock) as seller:
        began_s = loop.time()
        asked = [(await seller.day("ACCEPT")).status_code for _ in range(12)]
        assert asked == [200] * 12
        assert loop.time() - began_s >= 12 * 0.12
        # Calls beside each other are ten in a second all the same.
        crowd = await asyncio.gather(*(seller.day("ACCEPT") for _ in range(12)))
        assert 429 in {one.status_code for one in crowd}
    # They are open while they take their time.
    assert world.report()["vendors"][VENDOR]["max_in_flight"] > 1
