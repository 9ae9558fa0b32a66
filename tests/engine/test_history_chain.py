"""Whoever changes the history in the database is found: every kind of tampering, and nothing else."""

import hashlib
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

from app.claims import page_store as receipt_page_store
from app.claims.receptions import store as reception_store
from app.claims.transitions import move_receptions
from app.clock import Frozen
from app.engine.context import Context
from app.engine.crypto.installation_keys import with_keys
from app.engine.db.database import execute
from app.engine.history import transitions, verify
from app.engine.history.steps import ClaimMove
from app.engine.history.verify import chain_faults
from app.exchanges import page_store as exchange_page_store
from app.families import REGISTRY
from app.orders.transitions import BoxMove, move_boxes
from app.vault import ChainKey, Vault, new_key, parse_ring
from tests.support.shop import Shop, assert_promises


async def faults(
    context: Context, vendor_id: str | None = None, **options: Any
) -> list[tuple[str, int, str]]:
    """Return what is broken: (aggregate, version, kind)."""
    async with context.db.connection() as connection:
        found = [fault async for fault in chain_faults(connection, REGISTRY.present, vendor_id, **options)]
    return [(fault.aggregate, fault.version, fault.kind) for fault in found]


async def tamper(shop: Shop, *statements: str, **params: Any) -> None:
    """Do what the owner of the database can: without the trigger."""
    async with shop.context.db.transaction() as tx:
        await execute(tx, "ALTER TABLE history DISABLE TRIGGER USER")
        for statement in statements:
            await execute(tx, statement, **params)
        await execute(tx, "ALTER TABLE history ENABLE TRIGGER USER")


async def a_road(shop: Shop) -> int:
    """Return a box that has gone the whole road, among others."""
    shop.world.set_rules(couriers=False)
    box_id = shop.order().box_id
    shop.order()
    await shop.to_instruct(box_id)
    await shop.ship(box_id)
    await shop.until_state("DEPARTURE", box_id)
    shop.world.deliver(box_id)
    await shop.until_state("FINAL_DELIVERING", box_id)
    return box_id


_OF = "WHERE aggregate = 'box' AND aggregate_id = %(box)s AND version"
_FIELDS = {
    "source": "'DEPARTURE'",
    "target": "'CANCELLED'",
    "event": "'another'",
    "actor": "'operator:somebody'",
    "cause": "'effect:4711'",
    "reason": "'because'",
    "evidence": "'\\x00'",
    "at": "at + interval '1 microsecond'",
    "hash": "sha256(hash)",
}


async def test_every_kind_of_tampering_is_found(shop: Shop) -> None:
    box_id = await a_road(shop)
    assert await faults(shop.context) == []
    await assert_promises(shop)
    before = await shop.rows("SELECT * FROM history ORDER BY history_id")
    last = len(await shop.history(box_id))
    assert last >= 4

    async def tampered(*statements: str) -> list[tuple[str, int, str]]:
        await tamper(shop, *statements, box=box_id)
        found = await faults(shop.context)
        assert found == await faults(shop.context, shop.vendor_id, batch=3), "however it is read"
        assert await faults(shop.context, "A00000000") == [], "of another vendor"
        box = await shop.find(box_id)
        assert box is not None
        # Put everything back, byte by byte.
        async with shop.context.db.transaction() as tx:
            await execute(tx, "ALTER TABLE history DISABLE TRIGGER USER")
            await execute(tx, "DELETE FROM history")
            names = ", ".join(before[0])
            marks = ", ".join(f"%({name})s" for name in before[0])
            for row in before:
                await execute(
                    tx, f"INSERT INTO history ({names}) OVERRIDING SYSTEM VALUE VALUES ({marks})", **row
                )
            await execute(tx, "ALTER TABLE history ENABLE TRIGGER USER")
        assert await faults(shop.context) == []
        return found

    for field, value in _FIELDS.items():
        kind = "source" if field == "source" else "hash"
        assert await tampered(f"UPDATE history SET {field} = {value} {_OF} = 2") == [("box", 2, kind)], field
    assert await tampered(f"UPDATE history SET target = 'CANCELLED' {_OF} = {last}") == [
        ("box", last, "hash")
    ]
    assert await tampered(f"DELETE FROM history {_OF} = 2") == [("box", 3, "gap")]
    assert await tampered(f"DELETE FROM history {_OF} = 1") == [("box", 2, "gap")]
    assert await tampered(f"DELETE FROM history {_OF} = {last}") == [("box", last - 1, "head")]
    assert await tampered(f"DELETE FROM history {_OF} > 0") == [("box", 1, "head")]
    # A row at the end that follows well, with a hash made of what is there.
    inserted = f"""INSERT INTO history (vendor_id, aggregate, aggregate_id, version, source, target, event,
                                        actor, cause, evidence, at, hash)
                   SELECT vendor_id, aggregate, aggregate_id, version + 1, target, 'CANCELLED', 'cancel',
                          actor, cause, evidence, at, sha256(hash) FROM history {_OF} = {last}"""
    assert await tampered(inserted) == [("box", last + 1, "hash")]
    # One row taken out and the rest moved up.
    moved_up = f"UPDATE history SET version = version - 1 {_OF} = "
    closed = [moved_up + str(version) for version in range(3, last + 1)]
    assert await tampered(f"DELETE FROM history {_OF} = 2", *closed) == [("box", 2, "source")]
    swapped = [f"UPDATE history SET version = {to} {_OF} = {of}" for to, of in ((98, 2), (2, 3), (3, 98))]
    assert (await tampered(*swapped))[0] == ("box", 2, "source")
    # Rows of another box, under this box's name.
    other = f"""UPDATE history SET hash = (SELECT o.hash FROM history o WHERE o.aggregate = 'box'
                AND o.aggregate_id <> %(box)s AND o.version = history.version) {_OF} = 1"""
    assert await tampered(other) == [("box", 1, "hash")]
    effect = (await shop.effects(box_id))[0]["effect_id"]
    assert await tampered(f"UPDATE history SET aggregate_id = 4711 WHERE aggregate_id = {effect}") == [
        ("effect", 1, "hash"),
        ("effect", 1, "head"),
    ]


async def test_an_aggregate_that_was_put_elsewhere_is_found(shop: Shop) -> None:
    box_id = await a_road(shop)
    last = len(await shop.history(box_id))
    await tamper(shop, "UPDATE box SET state = 'INSTRUCT' WHERE shipment_box_id = %(box)s", box=box_id)
    assert await faults(shop.context) == [("box", last, "head")]
    async with shop.context.db.connection() as connection:
        told = [fault.told async for fault in chain_faults(connection, REGISTRY.present)]
    assert told == [f"it is in INSTRUCT v{last}, its history ends in FINAL_DELIVERING v{last}"]


async def test_whoever_lacks_the_key_cannot_write_a_row(shop: Shop) -> None:
    box_id = await a_road(shop)
    stranger = replace(shop.context, vault=Vault(parse_ring(new_key())))
    try:
        assert {kind for _, _, kind in await faults(stranger)} == {"hash"}, "nothing fits another key"
        # The best that can be done without it: the program's own statement, on a connection of their own.
        step = transitions.Step("cancel", "FINAL_DELIVERING", "CANCELLED", "us", "test", b"x")
        box = await shop.find(box_id)
        assert box is not None
        async with stranger.db.transaction() as tx:
            move = BoxMove(box_id, box["version"], (step,), None)
            await move_boxes(tx, shop.vendor_id, [move], shop.clock.now())
    finally:
        replace(shop.context)
    assert await faults(shop.context) == [("box", box["version"] + 1, "hash")]
    # A chain without any key is what everybody can compute, also one that begins with the first row.
    await tamper(
        shop,
        f"""UPDATE history SET hash = sha256(decode(repeat('5c', 64), 'hex') || sha256(
              decode(repeat('36', 64), 'hex') || sha256(record_send(ROW(vendor_id, aggregate, aggregate_id)))
              || record_send(ROW(vendor_id, aggregate, aggregate_id, version, source, target, event, actor,
                                 cause, reason, evidence, at)))) {_OF} = 1""",
        box=box_id,
    )
    assert await faults(shop.context) == [("box", 1, "hash")]


async def test_the_key_survives_a_new_start_and_its_loss_is_loud(shop: Shop) -> None:
    await a_road(shop)
    again = replace(shop.context, vault=await with_keys(shop.context))
    assert await faults(again) == []
    await tamper(shop, "DELETE FROM secret WHERE name = 'chain-key'")
    lost = replace(shop.context, vault=await with_keys(shop.context))
    assert len(await faults(lost, most=1000)) == await shop.one(
        "SELECT count(*) FROM (SELECT DISTINCT aggregate, aggregate_id FROM history) h"
    )
    assert len(await faults(lost, most=2)) == 2


async def test_every_beginning_and_every_walk_is_chained(shop: Shop) -> None:
    """All writers at once, several steps in one statement among single ones; reasons and Korean included."""
    context, vendor_id, at = shop.context, shop.vendor_id, shop.clock.now()
    columns = exchange_page_store.ExchangeColumns(
        7, 70, None, b"e" * 16, True, "CUSTOMER", "c", "t", (), False, at, None
    )
    content = exchange_page_store.ExchangeContent(columns, b"", b"", (), ())
    async with context.db.transaction() as tx:
        births = [receipt_page_store.Birth(number, 10 * number, b"r" * 16) for number in range(1, 6)]
        await receipt_page_store.begin_returns(
            tx, vendor_id, births, initial="RETURNS_UNCHECKED", cause="t", at=at
        )
        await receipt_page_store.begin_cancels(tx, vendor_id, births, initial="REQUESTED", cause="t", at=at)
        pairs = [(number, 10 * number) for number in range(1, 6)]
        await reception_store.begin(
            tx, vendor_id, "return", pairs, initial="EXPECTED", actor="us", cause="t", at=at
        )
        initials = ("RECEIPT", "BEFORE_DIRECTION", "BEFORE_DIRECTION")
        await exchange_page_store.write(tx, vendor_id, [content], initials, cause="t", at=at)
    roll = random.Random(8)
    place = dict.fromkeys(range(1, 6), (1, "EXPECTED"))
    for lease in range(12):
        at += timedelta(microseconds=lease)
        moves = []
        for number in roll.sample(range(1, 6), roll.randint(1, 5)):
            version, source = place[number]
            steps = []
            for _ in range(roll.choice((1, 1, 2, 5))):
                target = roll.choice(("PICKED_UP", "ARRIVED", "DISPUTED"))
                reason = roll.choice((None, "", "고객 변심", "x' OR 1"))
                proof = roll.choice((None, b"", b"\x00\xff"))
                steps.append(transitions.Step("go", source, target, "operator:김", "t", proof, reason))
                source = target
            moves.append(ClaimMove(number, version, tuple(steps)))
            place[number] = (version + len(steps), source)
        async with context.db.transaction() as tx:
            await move_receptions(tx, vendor_id, "return", moves, at)
    assert await faults(context) == []
    rows = await shop.rows("SELECT * FROM history WHERE aggregate = 'return_reception'")
    assert len(rows) == sum(version for version, _ in place.values())
    # What is hashed here is what the server hashes, byte by byte.
    served = await shop.rows(
        """SELECT history_id, record_send(ROW(vendor_id, aggregate, aggregate_id, version, source, target,
                                              event, actor, cause, reason, evidence, at)) AS sent
           FROM history"""
    )
    sent = {row["history_id"]: row["sent"] for row in served}
    for row in await shop.rows("SELECT * FROM history"):
        assert verify.content(row) == sent[row["history_id"]]


def test_the_pads_are_those_of_hmac(clock: Frozen) -> None:
    key, at = ChainKey(b"k" * 32), clock.now()
    pads = key.pads("A00012345", at)
    inner = hashlib.sha256(pads["ipad"] + b"text").digest()
    assert hashlib.sha256(pads["opad"] + inner).digest() == key.link("A00012345", at, b"text")
    assert pads != key.pads("A00012345", at + timedelta(microseconds=1)) != key.pads("A00012346", at)
