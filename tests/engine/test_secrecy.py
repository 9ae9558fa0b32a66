"""Nobody who reads the database learns a key or where somebody lives; and keys can be rotated."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from app.engine.context import PURPOSE_RECEIVER, PURPOSE_SECRETS
from app.engine.crypto.installation_keys import with_keys
from app.engine.crypto.rotation import rotate
from app.families import REGISTRY
from app.sandbox.core.order_entities import Receiver
from app.vault import Sealed, Vault, new_key, parse_ring
from tests.support.shop import ACCESS_KEY, HOUR, SECRET_KEY, VENDOR, Shop, assert_promises

RECEIVERS = "SELECT shipment_box_id, version, digest FROM receiver ORDER BY 1, 2"
PERSON = Receiver("홍비밀", "50377778888", "제주특별자치도 비밀시 숨은길 31", "909동 1717호", "63999")


async def a_full_story(shop: Shop) -> int:
    """Let one box go the whole way, with an unreadable row, a refusal and a doubtful answer beside it."""
    shop.world.set_rules(couriers=False)
    box_id = shop.order(receiver=PERSON).box_id
    broken = shop.order(receiver=PERSON).box_id
    fault = shop.world.add_fault("unreadable_row", times=2, box_id=broken, set={"orderItems": PERSON.name})
    shop.world.add_fault("504_after", route="O7")
    await shop.to_instruct(box_id)
    await shop.ship(box_id)
    await shop.until_state("DEPARTURE", box_id)
    shop.world.deliver(box_id)
    await shop.until_state("FINAL_DELIVERING", box_id)
    assert fault.hits
    return box_id


async def everything(shop: Shop) -> dict[str, bytes]:
    """Return all tables as the bytes they hold, `bytea` unescaped."""
    names = await shop.rows(
        """SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE n.nspname = 'public' AND c.relkind = 'r'"""
    )
    held: dict[str, bytes] = {}
    for row in names:
        found = await shop.rows(f'SELECT * FROM "{row["name"]}"')
        held[row["name"]] = b"\n".join(_bytes(value) for one in found for value in one.values())
    return held


def _bytes(value: Any) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else repr(value).encode()


async def test_no_table_holds_a_key_or_a_person_in_plain(shop: Shop) -> None:
    await a_full_story(shop)
    held = await everything(shop)
    assert {"box", "receiver", "evidence", "vendor", "quarantine", "procrastinate_jobs"} <= held.keys()
    assert sum(map(len, held.values())) > 10_000
    secrets = [ACCESS_KEY, SECRET_KEY, PERSON.name, PERSON.addr1, PERSON.addr2, PERSON.safe_digits]
    for name, content in held.items():
        for secret in secrets:
            assert secret.encode() not in content, name
            assert secret.encode("utf-16-le") not in content, name
            assert repr(secret)[1:-1].encode() not in content, name
    # What is looked for can be found: the same search finds the vendor and the name of the goods.
    assert VENDOR.encode() in held["box"]
    assert "예시".encode() in held["line"]
    # And sealed it is there.
    box_id = next(iter(await shop.boxes()))
    assert (await shop.receivers(box_id))[0]["name"] == PERSON.name


async def with_claims(shop: Shop, box_id: int) -> None:
    """Let the customer of a delivered box send it back, another one exchange, and a third be unreadable."""
    shop.world.request_return(box_id)
    broken = shop.order(receiver=PERSON).box_id
    shop.world.add_fault("unreadable_row", times=1000, box_id=broken, set={"orderItems": PERSON.name})
    other = shop.order(receiver=PERSON).box_id
    await shop.to_instruct(other)
    await shop.ship(other)
    await shop.until_state("DEPARTURE", other)
    shop.world.deliver(other)
    await shop.until_state("FINAL_DELIVERING", other)
    shop.world.request_exchange(other)

    async def known() -> bool:
        found = await shop.rows("SELECT 1 FROM exchange WHERE sealed_contacts IS NOT NULL")
        return bool(found and await shop.rows("SELECT 1 FROM receipt WHERE sealed_requester IS NOT NULL"))

    await shop.until(known)


async def sealed_by(shop: Shop, key: str) -> dict[str, int]:
    """Return for each sealed column how many of its values a key has sealed."""
    found: dict[str, int] = {}
    for column in REGISTRY.sealed_columns:
        rows = await shop.rows(f"SELECT {column.column} AS sealed FROM {column.table}")
        mine = [row for row in rows if row["sealed"] is not None and key.encode() in row["sealed"][:12]]
        found[f"{column.table}.{column.column}"] = len(mine)
    return found


async def test_a_new_master_key_in_front_still_opens_what_the_old_one_sealed(shop: Shop) -> None:
    old, new = new_key(), new_key()
    shop.context = await under(shop, f"k1:{old}", reseal=True)
    box_id = await a_full_story(shop)
    await with_claims(shop, box_id)
    before = await sealed_by(shop, "k1")
    assert min(before.values()) >= 1, before
    digests = await shop.rows(RECEIVERS)

    shop.context = await under(shop, f"k2:{new},k1:{old}")
    assert (await shop.receivers(box_id))[0]["addr1"] == PERSON.addr1
    await shop.run_for(HOUR)
    # The digest key is of its own: a rotation does not look like a change of every address.
    known = {row["shipment_box_id"] for row in digests}
    assert [row for row in await shop.rows(RECEIVERS) if row["shipment_box_id"] in known] == digests

    assert min((await sealed_by(shop, "k1")).values()) >= 1
    assert await rotate(shop.context) > 5
    assert await rotate(shop.context) == 0
    assert set((await sealed_by(shop, "k1")).values()) == {0}
    shop.world.faults.clear()
    await shop.run_for(HOUR)
    shop.context = await under(shop, f"k2:{new}")
    assert (await shop.receivers(box_id))[0]["addr1"] == PERSON.addr1
    assert await shop.visit(), "the vendor's keys open as well"
    await assert_promises(shop)

    stranger = Vault(parse_ring(f"k1:{old}"))
    sealed_now = await shop.rows("SELECT sealed FROM receiver")
    with pytest.raises(Sealed, match="'k2'"):
        stranger.open(sealed_now[0]["sealed"], PURPOSE_RECEIVER)


async def under(shop: Shop, ring: str, *, reseal: bool = False) -> Any:
    """Return the house with another ring; `reseal` as a fresh installation."""
    vault = Vault(parse_ring(ring))
    if reseal:
        purpose = PURPOSE_SECRETS + VENDOR.encode()
        async with shop.context.db.transaction() as tx:
            await tx.execute("DELETE FROM secret")
            await tx.execute(
                "UPDATE vendor SET sealed_access_key = %s, sealed_secret_key = %s",
                [vault.seal(ACCESS_KEY.encode(), purpose), vault.seal(SECRET_KEY.encode(), purpose)],
            )
    context = replace(shop.context, vault=vault)
    return replace(context, vault=await with_keys(context))


async def test_two_processes_that_start_at_once_agree_on_the_digest_key(shop: Shop) -> None:
    async with shop.context.db.transaction() as tx:
        await tx.execute("DELETE FROM secret")
    vault = Vault(parse_ring(new_key()))
    context = replace(shop.context, vault=vault)
    both = await asyncio.gather(with_keys(context), with_keys(context))
    assert both[0].digest(b"the same") == both[1].digest(b"the same")
    assert both[0].digest(b"the same") != vault.digest(b"the same")
