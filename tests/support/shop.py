"""One seller in front of a sandbox: the clock, the database and Coupang of a story, in one object."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from app.clock import Frozen
from app.engine.caller import US
from app.engine.context import PURPOSE_RECEIVER, PURPOSE_SECRETS, Context
from app.engine.crypto.installation_keys import with_keys
from app.engine.db.database import Database, execute, fetch, fetch_one
from app.engine.history.lists import history_of
from app.engine.history.verify import chain_faults
from app.engine.policy import Policy
from app.engine.vendors import store as vendor_store
from app.engine.visits.session import Reach
from app.engine.visits.visit import visit
from app.families import REGISTRY
from app.machines.boxes import BOX, from_wire
from app.machines.cancels import CANCEL
from app.machines.collects import COLLECT
from app.machines.effects import EFFECT
from app.machines.exchanges import EXCHANGE
from app.machines.receptions import RECEPTION
from app.machines.redeliveries import REDELIVERY
from app.machines.returns import RETURN
from app.orders import changes as box_changes
from app.orders import store as box_store
from app.orders.waybills.waybills import Waybill
from app.sandbox.core.order_entities import Box
from app.sandbox.core.rules import Rules
from app.sandbox.http.server import Running
from app.sandbox.world.world import World
from app.vault import Vault, new_key, parse_ring

VENDOR = "A00012345"
ACCESS_KEY = "7f3c1a52-acce-5500-0000-0123456789ab"
SECRET_KEY = "5ec2e7f00d5ec2e7f00d5ec2e7f00d5ec2e7f00d"
START = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
"""12:00 in Seoul."""
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)

Predicate = Callable[[], Awaitable[object]]


@dataclass
class Shop:
    """Everything of one story."""

    clock: Frozen
    world: World
    context: Context
    reach: Reach
    vendor_id: str = VENDOR
    waybills: int = field(default=600_000_000_000)

    # time

    def later(self, pause: timedelta) -> None:
        self.clock.set(self.clock.now() + pause)

    async def visit(self) -> bool:
        return await visit(self.context, self.reach, self.vendor_id)

    async def due_at(self) -> datetime:
        """When a tick would ask for the next visit."""
        vendor = await self.vendor()
        silent = await self.one("SELECT until FROM circuit WHERE closed_at IS NULL")
        times = (vendor["due_at"], vendor["stopped_until"], silent)
        return max(time for time in times if time is not None)

    async def until(
        self, predicate: Predicate, step: timedelta = 6 * HOUR, most: int = 400, least: timedelta = SECOND
    ) -> int:
        """Visit whenever the vendor is due, until the predicate holds; return how many visits it took."""
        for visits in range(1, most + 1):
            await self.visit()
            if await predicate():
                return visits
            now = self.clock.now()
            self.clock.set(max(now + least, min(await self.due_at(), now + step)))
        raise AssertionError(
            f"not reached after {most} visits, at {self.clock.now()}: {await self.summary()}"
        )

    async def until_state(self, state: str, *box_ids: int, **options: Any) -> int:
        """Visit whenever the vendor is due, until these boxes (all, if none is named) are in a state."""

        async def reached() -> bool:
            held = await self.boxes()
            return bool(held) and all(
                box_id in held and held[box_id]["state"] == state for box_id in box_ids or held
            )

        return await self.until(reached, **options)

    async def run_for(self, pause: timedelta, step: timedelta = 6 * HOUR, least: timedelta = SECOND) -> None:
        """Visit whenever the vendor is due, for a while; `least` apart, to make long whiles cheap."""
        end = self.clock.now() + pause
        while True:
            await self.visit()
            now = self.clock.now()
            if now >= end:
                return
            self.clock.set(min(end, max(now + least, min(await self.due_at(), now + step))))

    # customers and warehouse

    def order(self, *args: Any, **options: Any) -> Box:
        """Let a customer buy one box."""
        return self.world.order(self.vendor_id, *args, **options)[0][0]

    def waybill(self, courier: str = "CJGLS") -> Waybill:
        self.waybills += 1
        return Waybill(courier, str(self.waybills))

    async def ship(self, box_id: int, **options: Any) -> dict[str, Any]:
        waybill = options.pop("waybill", None) or self.waybill()
        return await box_changes.ship(self.context, US, box_id, waybill, **options)

    async def ship_ready(self) -> list[int]:
        """Ship every box that may be shipped, as a warehouse would."""
        ready = await self.rows(
            """SELECT shipment_box_id FROM box b WHERE state = 'INSTRUCT' AND address_final
               AND (SELECT sum(held) = 0 AND sum(shippable) > 0 FROM line l
                    WHERE l.shipment_box_id = b.shipment_box_id)
               AND NOT EXISTS (SELECT FROM effect e WHERE e.shipment_box_id = b.shipment_box_id
                               AND (e.state IN ('PENDING', 'SENDING', 'UNKNOWN', 'REVIEW')))
               ORDER BY 1"""
        )
        for row in ready:
            await self.ship(row["shipment_box_id"])
        return [row["shipment_box_id"] for row in ready]

    async def to_instruct(self, box_id: int) -> None:
        """Acknowledge as usual, until the final address is known."""

        async def known() -> bool:
            box = await self.find(box_id)
            return box is not None and box["state"] == "INSTRUCT" and bool(box["address_final"])

        await self.until(known)

    # what we hold

    async def rows(self, query: str, **params: Any) -> list[dict[str, Any]]:
        async with self.context.db.connection() as connection:
            return await fetch(connection, query, **params)

    async def one(self, query: str, **params: Any) -> Any:
        async with self.context.db.connection() as connection:
            row = await fetch_one(connection, query, **params)
        return next(iter(row.values())) if row else None

    async def vendor(self) -> dict[str, Any]:
        async with self.context.db.connection() as connection:
            found = await vendor_store.find(connection, self.vendor_id)
        assert found is not None
        return found

    async def boxes(self) -> dict[int, dict[str, Any]]:
        return {row["shipment_box_id"]: row for row in await self.rows("SELECT * FROM box ORDER BY 2")}

    async def find(self, box_id: int) -> dict[str, Any] | None:
        async with self.context.db.connection() as connection:
            return await box_store.find(connection, None, box_id)

    async def state(self, box_id: int) -> str | None:
        box = await self.find(box_id)
        return box["state"] if box else None

    async def history(self, box_id: int, aggregate: str = "box") -> list[dict[str, Any]]:
        async with self.context.db.connection() as connection:
            return await history_of(connection, self.vendor_id, aggregate, box_id)

    async def road(self, box_id: int) -> list[tuple[str, str]]:
        """The steps of a box as (event, state reached)."""
        return [(step["event"], step["target"]) for step in await self.history(box_id)]

    async def effects(self, box_id: int | None = None) -> list[dict[str, Any]]:
        return await self.rows(
            """SELECT * FROM effect WHERE %(box)s::bigint IS NULL OR shipment_box_id = %(box)s
               ORDER BY effect_id""",
            box=box_id,
        )

    async def receivers(self, box_id: int) -> list[dict[str, Any]]:
        """Every version of the receiver we hold, newest first, opened."""
        async with self.context.db.connection() as connection:
            found = await box_store.receiver_of(connection, self.vendor_id, box_id)
        return [
            msgspec.json.decode(self.context.vault.open(row["sealed"], PURPOSE_RECEIVER))
            | {"version": row["version"]}
            for row in found
        ]

    async def holes(self) -> list[tuple[datetime, datetime]]:
        """What coverage lacks of the last 30 days, up to the lag."""
        now = self.clock.now()
        rows = await self.rows(
            """SELECT lower(hole) AS start, upper(hole) AS until
               FROM unnest(tstzmultirange(tstzrange(%(start)s, %(end)s)) - coalesce(
                 (SELECT covered FROM feed WHERE feed = 'orders'), '{}')) AS hole ORDER BY 1""",
            start=now - self.context.policy.catch_up,
            end=now - self.context.policy.lag,
        )
        return [(row["start"], row["until"]) for row in rows]

    async def summary(self) -> dict[str, Any]:
        states = await self.rows(
            """SELECT state, market_status, address_final, doubtful, attention, count(*)
               FROM box GROUP BY 1, 2, 3, 4, 5"""
        )
        asked = await self.rows("SELECT kind, state, result_code, count(*) FROM effect GROUP BY 1, 2, 3")
        return {
            "boxes": [tuple(row.values()) for row in states],
            "effects": [tuple(row.values()) for row in asked],
        }

    # what Coupang knows

    @property
    def ledger(self) -> dict[str, Any]:
        return self.world.report()

    def truth(self) -> dict[int, dict[str, Any]]:
        return {row["shipment_box_id"]: row for row in self.world.truth(self.vendor_id)}

    def mutations(self, box_id: int | None = None) -> list[tuple[str, int]]:
        """(kind, times applied) of every change, or of one box."""
        return [
            (one["kind"], one["times_applied"])
            for one in self.ledger["mutations"]
            if box_id in (None, one["shipment_box_id"])
        ]

    def calls(self, route: str) -> int:
        return sum(self.ledger["calls_per_route"].get(route, {}).values())


@asynccontextmanager
async def open_shop(
    url: str,
    *,
    start: datetime = START,
    seed: int = 1,
    policy: Policy | None = None,
    auto_acknowledge: bool = True,
    rules: Rules | None = None,
    pace_per_s: float = 1000.0,
    master_key: str = "",
) -> AsyncIterator[Shop]:
    """Open a shop on a fresh database; the sandbox counts no calls per second unless its rules say so."""
    clock = Frozen(start)
    world = World(clock, seed=seed, rules=rules or Rules(limit_per_second=0))
    world.add_vendor(VENDOR, ACCESS_KEY, SECRET_KEY)
    database = Database(url, most=6)
    await database.open()
    try:
        context = Context(
            database, clock, Vault(parse_ring(master_key or new_key())), REGISTRY, policy or Policy(), "shop"
        )
        context = replace(context, vault=await with_keys(context))
        purpose = PURPOSE_SECRETS + VENDOR.encode()
        async with database.transaction() as tx:
            await vendor_store.add(
                tx,
                vendor_id=VENDOR,
                name="Example shop",
                sealed_access_key=context.vault.seal(ACCESS_KEY.encode(), purpose),
                sealed_secret_key=context.vault.seal(SECRET_KEY.encode(), purpose),
                key_issued_at=start,
                auto_acknowledge=auto_acknowledge,
                at=start,
            )
        async with Running(world) as sandbox:
            yield Shop(clock, world, context, Reach(sandbox.url, pace_per_s=pace_per_s))
    finally:
        await database.close()


@pytest.fixture
async def shop(database_url: str) -> AsyncIterator[Shop]:
    """A shop with everything behind it; a conftest that wants it imports it."""
    async with open_shop(database_url) as opened:
        yield opened


async def newer_epoch(shop: Shop) -> int:
    """Let another worker begin a visit of this vendor."""
    async with shop.context.db.transaction() as tx:
        row = await vendor_store.take_epoch(tx, shop.vendor_id, shop.clock.now(), "another")
    assert row is not None
    return int(row["epoch"])


# What every story must end with


async def assert_promises(shop: Shop, *, settled: bool = True) -> None:
    """Check the six promises on everything that the story has left behind.

    Args:
        shop: Where the story took place.
        settled: Our states must be the true ones; False when the story ends in the middle of a lag.
    """
    truth, ours = shop.truth(), await shop.boxes()
    visible = (
        shop.clock.now() - timedelta(seconds=shop.world.rules.list_lag_s) - shop.context.policy.sweep_every
    )
    # P1: nothing lost. A box that was cancelled before anybody could see it leaves no trace in the lists.
    # The box of a replacement is no sale, and in no list of boxes.
    lost = [
        box_id
        for box_id, box in truth.items()
        if box_id not in ours
        and shop.world.boxes[box_id].exchange_id is None
        and box["status"] != "CANCELLED"
        and datetime.fromisoformat(box["paid_at"]) < visible
    ]
    assert not lost, f"lost: {[truth[box_id] for box_id in lost]}"
    assert not ours.keys() - truth.keys()
    if settled:
        wrong = {
            box_id: (box["state"], truth[box_id]["status"])
            for box_id, box in ours.items()
            if box["state"] != true_state(truth[box_id])
        }
        assert not wrong, wrong
        quantities = await shop.rows("SELECT * FROM line")
        for line in quantities:
            box = truth[line["shipment_box_id"]]
            if box["status"] == "CANCELLED":
                continue
            real = next(one for one in box["lines"] if one["vendor_item_id"] == line["vendor_item_id"])
            told = (line["ordered"], line["market_held"], line["market_cancelled"])
            assert told == (real["count"], real["held"], real["canceled"]), line
            assert (line["held"], line["cancelled"]) == told[1:], line
    # P2: nothing doubled, by Coupang's own count; and what is confirmed rests on stored evidence.
    assert shop.ledger["applied_twice"] == 0
    counted = Counter(
        (one["shipment_box_id"], one["kind"], one["subject"]) for one in shop.ledger["mutations"]
    )
    doubled = {
        key: times for key, times in counted.items() if times > 1 and key[1] in ("acknowledge", "invoice")
    }
    assert not doubled, doubled
    unproven = await shop.rows(
        """SELECT e.effect_id, e.kind FROM effect e WHERE e.state = 'CONFIRMED' AND NOT EXISTS (
             SELECT FROM evidence v WHERE v.vendor_id = e.vendor_id AND v.digest = e.evidence)"""
    )
    assert not unproven, unproven
    # P4: nothing shipped that a customer had asked to stop, by Coupang's own watch.
    assert shop.ledger["shipped_cancelled"] == []
    # P3: nothing illegal: every history is a path, and it tells what the row holds.
    await assert_paths(shop)
    async with shop.context.db.connection() as connection:
        assert [fault async for fault in chain_faults(connection, REGISTRY.present)] == []
    # P5: nothing unexplained: every step of a box has an actor, a cause and stored evidence.
    unexplained = await shop.rows(
        """SELECT h.* FROM history h
           WHERE h.actor = '' OR h.cause = '' OR (h.aggregate = 'box' AND NOT EXISTS (
             SELECT FROM evidence v WHERE v.vendor_id = h.vendor_id AND v.digest = h.evidence))"""
    )
    assert not unexplained, unexplained
    # Confirmed effects and applied changes are the same thing, seen from both sides.
    await assert_effects_are_true(shop)


def true_state(box: dict[str, Any]) -> str:
    return "CANCELLED" if box["status"] == "CANCELLED" else str(from_wire(box["status"]))


async def assert_paths(shop: Shop) -> None:
    told: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for row in await shop.rows("SELECT * FROM history ORDER BY aggregate, aggregate_id, version"):
        told.setdefault((row["aggregate"], row["aggregate_id"]), []).append(row)
    held = await shop.rows(
        """SELECT 'box' AS aggregate, shipment_box_id AS id, state, version FROM box
           UNION ALL SELECT 'effect', effect_id, state, version FROM effect
           UNION ALL SELECT 'cancel', receipt_id, state, version FROM cancel
           UNION ALL SELECT 'return', receipt_id, state, version FROM return_
           UNION ALL SELECT subject || '_reception', subject_id, state, version FROM reception
           UNION ALL SELECT 'exchange', exchange_id, state, version FROM exchange
           UNION ALL SELECT 'collect', exchange_id, collect_state, collect_version FROM exchange
           UNION ALL SELECT 'redelivery', exchange_id, redelivery_state, redelivery_version FROM exchange"""
    )
    machines: dict[str, Any] = {
        "box": BOX,
        "effect": EFFECT,
        "cancel": CANCEL,
        "return": RETURN,
        "return_reception": RECEPTION,
        "exchange_reception": RECEPTION,
        "exchange": EXCHANGE,
        "collect": COLLECT,
        "redelivery": REDELIVERY,
    }
    assert {(row["aggregate"], row["id"]) for row in held} == told.keys()
    for row in held:
        steps = told[row["aggregate"], row["id"]]
        rules = machines[row["aggregate"]]
        walked = [(step["source"], step["event"], step["target"]) for step in steps]
        assert rules.is_path(walked), walked
        assert (row["state"], row["version"]) == (steps[-1]["target"], len(steps)), (row, walked)
        assert [step["version"] for step in steps] == list(range(1, len(steps) + 1))


async def assert_effects_are_true(shop: Shop) -> None:
    kinds = {
        "ACKNOWLEDGE": "acknowledge",
        "SHIP": "invoice",
        "CHANGE_INVOICE": "update_invoice",
        "SELLER_CANCEL": "cancel",
        "STOP_SHIPMENT": "stop_shipment",
        "DECLARE_SHIPPED": "already_shipped",
        "PICKUP_WAYBILL": "register_pickup",
        "CONFIRM_RETURN": "receive_return",
        "APPROVE_RETURN": "approve_return",
        "CONFIRM_EXCHANGE": "receive_exchange",
        "REJECT_EXCHANGE": "reject_exchange",
        "SHIP_EXCHANGE": "ship_exchange",
    }
    applied = Counter((one["kind"], one["shipment_box_id"]) for one in shop.ledger["mutations"])
    claimed = Counter((one["kind"], one["about_id"]) for one in shop.ledger["mutations"])
    for effect in await shop.effects():
        kind = kinds.get(effect["kind"], "complete")
        happened = applied[kind, effect["shipment_box_id"]] or claimed[kind, effect["subject_id"]]
        by_hand = [
            step for step in shop.truth()[effect["shipment_box_id"]]["history"] if step["by"] == "wing"
        ]
        if effect["state"] == "CONFIRMED":
            assert happened or by_hand, effect
        elif effect["state"] == "PENDING":
            sent = effect["sent_at"] is not None
            assert not sent, effect


async def set_vendor(shop: Shop, **values: Any) -> None:
    async with shop.context.db.transaction() as tx:
        await vendor_store.change(tx, shop.vendor_id, **values)


async def run_sql(shop: Shop, query: str, **params: Any) -> int:
    async with shop.context.db.connection() as connection:
        return await execute(connection, query, **params)
