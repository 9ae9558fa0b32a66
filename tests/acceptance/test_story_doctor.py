"""The doctor: nothing to say of a sound shop, and each of many damages planted by hand is found."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from app.engine.context import Context
from app.engine.db.database import Connection, Database
from app.engine.policy import Policy
from app.integrity import doctor
from app.integrity.doctor import Finding
from app.sandbox.orders.checkout import BoxSpec, LineSpec
from tests.support.shop import DAY, HOUR, MINUTE, Shop, open_shop
from tests.support.stop_requests import SHIRT, SOCKS

PLANTED = {
    "a hole in the coverage": (
        """UPDATE feed SET covered = covered - tstzmultirange(tstzrange(
             %(now)s - interval '10 days', %(now)s - interval '9 days')) WHERE feed = 'orders'""",
        "coverage",
        "orders: 1440 minutes of the last 30 days were never read completely",
    ),
    "a feed that nobody reads": (
        "UPDATE feed SET due_at = %(now)s - interval '2 hours' WHERE feed = 'stops'",
        "feeds",
        "stops has been due since",
    ),
    "a reading that was forgotten": (
        "UPDATE box SET next_read_at = %(now)s - interval '3 hours' WHERE shipment_box_id = %(box)s",
        "feeds",
        "box {box} was to be read at",
    ),
    "a census that stopped": (
        "UPDATE census SET finished_at = finished_at - interval '3 days'",
        "census",
        "nothing was counted since",
    ),
    "something the census missed": (
        "UPDATE census SET missing = 2",
        "census",
        "2 missing",
    ),
    "a change that hangs": (
        """UPDATE effect SET state = 'SENDING', sent_at = %(now)s - interval '2 hours'
           WHERE effect_id = %(effect)s""",
        "effects",
        "effect {effect} SHIP is SENDING since",
    ),
    "evidence that is gone": (
        "DELETE FROM evidence WHERE digest = (SELECT evidence FROM effect WHERE effect_id = %(effect)s)",
        "effects",
        "effect {effect} is confirmed without evidence",
    ),
    "a state written by hand": (
        "UPDATE box SET state = 'ACCEPT' WHERE shipment_box_id = %(box)s",
        "history",
        "box {box}: history does not end in ACCEPT",
    ),
    "a step that the machine does not have": (
        """UPDATE history SET event = 'acknowledge', target = 'DELIVERING'
           WHERE aggregate = 'box' AND aggregate_id = %(box)s AND version = 2""",
        "history",
        "box {box}: history is not a path",
    ),
    "a reason rewritten": (
        """UPDATE history SET actor = 'operator:nobody'
           WHERE aggregate = 'box' AND aggregate_id = %(box)s AND version = 2""",
        "history",
        "box {box} v2:",
    ),
    "a last step taken away": (
        """DELETE FROM history WHERE aggregate = 'box' AND aggregate_id = %(box)s
           AND version = (SELECT version FROM box WHERE shipment_box_id = %(box)s)""",
        "history",
        "box {box}: history does not end in",
    ),
    "a box that was deleted": (
        "DELETE FROM box WHERE shipment_box_id = %(box)s",
        "history",
        "box {box} v",
    ),
    "units that nobody claims": (
        """UPDATE line SET held = 1 WHERE shipment_box_id = %(untouched)s AND vendor_item_id = %(item)s""",
        "quantities",
        "box {untouched}, option {item}: held is 1, expected 0",
    ),
    "lines that are gone": (
        "DELETE FROM line WHERE shipment_box_id = %(box)s",
        "rows",
        "box {box} has no lines",
    ),
    "a receiver that is gone": (
        "DELETE FROM receiver WHERE shipment_box_id = %(box)s",
        "rows",
        "box {box} has no receiver",
    ),
    "a clock that is wrong": (
        "UPDATE vendor SET skew_s = -200, skew_at = %(now)s",
        "clock",
        "Coupang's clock is -200 s from ours",
    ),
    "a key that grows old": (
        "UPDATE vendor SET key_issued_at = %(now)s - interval '170 days'",
        "key",
        "it ends in 10 days",
    ),
    "a key that has ended": (
        "UPDATE vendor SET key_issued_at = %(now)s - interval '182 days'",
        "key",
        "it ended 2 days ago",
    ),
}


class Inside(Database):
    """A database that is one open transaction: what is done and asked inside can be taken back."""

    def __init__(self, tx: Connection) -> None:
        self._tx = tx

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        yield self._tx

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        async with self._tx.transaction():
            yield self._tx


class Undo(Exception):
    """Take everything back."""


@pytest.fixture
async def shop(database_url: str) -> AsyncIterator[Shop]:
    """A shop that is counted at night."""
    async with open_shop(database_url, policy=Policy(census_hour=3)) as opened:
        yield opened


async def findings(context: Context) -> list[Finding]:
    return [one async for report in doctor.examine(context) for one in report.findings]


async def findings_after(shop: Shop, damage: str, facts: dict[str, object]) -> list[Finding]:
    """Do the damage, examine, and take it back."""
    found: list[Finding] = []
    with suppress(Undo):
        async with shop.context.db.transaction() as tx:
            # By somebody who may do everything: keys and triggers keep nobody from it.
            await tx.execute("SET LOCAL session_replication_role = replica")
            done = await tx.execute(damage, facts | {"now": shop.clock.now()})
            assert done.rowcount > 0, damage
            found = await findings(replace(shop.context, db=Inside(tx)))
            raise Undo
    return found


async def test_a_sound_shop_has_nothing_to_say_and_every_planted_damage_is_found(shop: Shop) -> None:
    shop.world.set_rules(couriers=False)
    box = shop.order().box_id
    untouched = shop.order([BoxSpec([LineSpec(SHIRT, 2), LineSpec(SOCKS, 1)])]).box_id
    await shop.run_for(HOUR, least=MINUTE)
    await shop.ship(box)
    await shop.run_for(2 * DAY, least=30 * MINUTE)
    sound = [report async for report in doctor.examine(shop.context)]
    assert [one.findings for one in sound] == [[]], sound[0].text()
    assert "ok  history    2 boxes, 0 claims, 3 effects" in sound[0].text()
    # The last day of the shop was quiet, so that nothing is young.
    effect = await shop.one("SELECT effect_id FROM effect WHERE kind = 'SHIP'")
    facts = {"box": box, "untouched": untouched, "effect": effect, "item": SHIRT}
    assert await shop.state(box) == "DEPARTURE"

    for name, (damage, check, told) in PLANTED.items():
        found = await findings_after(shop, damage, facts)
        expected = told.format(**facts)
        assert any(one.check == check and expected in one.told for one in found), (name, found)
    assert await findings(shop.context) == []


async def test_a_clock_that_goes_wrong_is_told_before_signatures_fail(shop: Shop) -> None:
    await shop.visit()
    assert await findings(shop.context) == []
    shop.world.set_rules(date_skew_s=120.0)
    shop.later(5 * MINUTE)
    await shop.visit()
    (told,) = await findings(shop.context)
    assert (told.check, told.told[:33]) == ("clock", "Coupang's clock is +120 s from ou")


async def test_a_silent_vendor_is_behind_by_design_and_a_refused_key_is_told(shop: Shop) -> None:
    await shop.visit()
    shop.world.add_fault("401", variant="unknown_key", times=100)
    shop.later(HOUR)
    await shop.visit()
    shop.later(timedelta(minutes=5))
    told = await findings(shop.context)
    assert [one.check for one in told] == ["key"]
    assert told[0].told.startswith("Coupang refuses it: Denied HTTP 401")


async def test_a_refused_signature_time_is_the_clocks_fault_and_not_the_keys(shop: Shop) -> None:
    await shop.visit()
    shop.world.add_fault("401", variant="expired", times=100)
    shop.later(HOUR)
    await shop.visit()
    told = await findings(shop.context)
    assert [one.check for one in told] == ["clock"]
    assert told[0].told.startswith("Coupang refuses the time of our signatures, set the clock: Expired")
