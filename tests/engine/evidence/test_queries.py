"""What Coupang had said: told by its digest, without a person in it, and compared with its name."""

from typing import Any

import orjson
import pytest

from app.engine.context import PURPOSE_EVIDENCE, PURPOSE_QUARANTINE, Context
from app.engine.db.database import execute
from app.engine.evidence import queries as evidence_queries
from app.engine.evidence import store as evidence_store
from app.errors import NotFound
from tests.support.box_stock import OTHER, VENDOR, register

SAFE = 2**53
ANSWER = orjson.dumps(
    {
        "shipmentBoxId": SAFE + 1,
        "counts": [SAFE, -SAFE - 1, True, None, 1.5],
        "status": "ACCEPT",
        "receiver": {"name": "김가상", "addr1": "서울특별시"},
    }
)
"""Numbers up to 2**53 are safe with every reader of JSON."""
TOLD = {
    "shipmentBoxId": str(SAFE + 1),
    "counts": [SAFE, str(-SAFE - 1), True, None, 1.5],
    "status": "ACCEPT",
    "receiver": {"name": "", "addr1": ""},
}
STATEMENT = orjson.dumps({"operator": "op:1", "reason": "WING shows it"})


async def keep(
    context: Context, raw: bytes, kind: str = "sheet", vendor_id: str = VENDOR, **more: Any
) -> bytes:
    digest = context.vault.digest(more.get("named", raw))
    sealed = context.vault.seal_packed(raw, PURPOSE_EVIDENCE)
    async with context.db.transaction() as tx:
        await evidence_store.keep(tx, vendor_id, [(digest, kind, sealed)], context.now())
    return digest


async def tell(context: Context, digest: bytes, vendor_ids: list[str] | None = None) -> list[dict[str, Any]]:
    return await evidence_queries.get_evidence(context, vendor_ids, digest)


async def test_evidence_is_told_without_persons_and_compared_with_its_name(context: Context) -> None:
    await register(context)
    digest = await keep(context, ANSWER)
    assert await tell(context, digest) == [
        {
            "vendor_id": VENDOR,
            "kind": "sheet",
            "seen_at": context.now(),
            "erased_at": None,
            "digest": digest.hex(),
            "size_bytes": len(ANSWER),
            "intact": True,
            "answer": TOLD,
        }
    ]
    # Under the name of another answer, or under another key: it is said that it is not what was stored.
    forged = (await tell(context, await keep(context, ANSWER, named=b"another")))[0]
    assert (forged["intact"], forged["answer"]) == (False, TOLD)
    torn = context.vault.digest(b"torn")
    async with context.db.transaction() as tx:
        sealed = context.vault.seal_packed(ANSWER, PURPOSE_QUARANTINE)
        await evidence_store.keep(tx, VENDOR, [(torn, "sheet", sealed)], context.now())
    told = (await tell(context, torn))[0]
    assert (told["intact"], told["answer"], told["size_bytes"]) == (False, None, None)
    no_json = (await tell(context, await keep(context, b"<html>")))[0]
    assert (no_json["intact"], no_json["answer"], no_json["size_bytes"]) == (True, None, 6)


async def test_evidence_of_an_operator_keeps_its_words_while_it_is_intact(context: Context) -> None:
    await register(context)
    said = (await tell(context, await keep(context, STATEMENT, "operator")))[0]
    assert (said["intact"], said["answer"]) == (True, orjson.loads(STATEMENT))
    forged = (await tell(context, await keep(context, STATEMENT, "operator", named=b"another")))[0]
    assert (forged["intact"], forged["answer"]) == (False, {"operator": "", "reason": ""})


async def test_evidence_is_told_of_the_callers_vendors_only(context: Context) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    digest = await keep(context, ANSWER)
    await keep(context, ANSWER, vendor_id=OTHER)
    raw = b'{"orderId":7,"receiver":"x"}'
    odd = context.vault.digest(raw)
    async with context.db.transaction() as tx:
        sealed = context.vault.seal_packed(raw, PURPOSE_QUARANTINE)
        await evidence_store.quarantine(
            tx, OTHER, "feed:orders", [(odd, 1, "unreadable", sealed)], context.now()
        )
    assert [one["vendor_id"] for one in await tell(context, digest)] == [VENDOR, OTHER]
    assert [one["vendor_id"] for one in await tell(context, digest, [OTHER])] == [OTHER]
    told = (await tell(context, odd, [OTHER]))[0]
    assert (told["kind"], told["intact"], told["answer"]) == (
        "quarantine",
        True,
        {"orderId": 7, "receiver": ""},
    )
    for vendor_ids, asked in (([VENDOR], odd), ([], digest), (None, b"unknown")):
        with pytest.raises(NotFound) as no:
            await tell(context, asked, vendor_ids)
        assert no.value.members == {"digest": asked.hex()}


async def test_evidence_that_was_erased_is_no_longer_compared(context: Context) -> None:
    await register(context)
    digest = await keep(context, ANSWER)
    gone = await keep(context, b"{}")
    left = context.vault.seal_packed(b'{"status":"ACCEPT"}', PURPOSE_EVIDENCE)
    async with context.db.transaction() as tx:
        for name, sealed in ((digest, left), (gone, None)):
            await execute(
                tx,
                "UPDATE evidence SET sealed = %(sealed)s, erased_at = %(at)s WHERE digest = %(digest)s",
                sealed=sealed,
                at=context.now(),
                digest=name,
            )
    told = (await tell(context, digest))[0]
    assert (told["erased_at"], told["intact"], told["answer"]) == (context.now(), None, {"status": "ACCEPT"})
    told = (await tell(context, gone))[0]
    assert (told["erased_at"], told["intact"], told["answer"]) == (context.now(), None, None)
