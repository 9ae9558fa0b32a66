"""What is stored is compared with the answers of Coupang that it was stored from."""

from app.engine.context import PURPOSE_EVIDENCE, Context
from app.engine.db.database import execute, fetch_one
from app.integrity import stored_content
from app.machines.boxes import BoxState
from tests.support.box_stock import BOX, ORDER, OTHER, VENDOR, put, register


async def change(context: Context, statement: str, **params: object) -> None:
    """Change a row as no code of ours does; the triggers that guard history are off for it."""
    async with context.db.transaction() as tx:
        await tx.execute("SET LOCAL session_replication_role = replica")
        assert await execute(tx, statement, **params) == 1


async def test_contents_are_compared_with_the_sheets_they_were_stored_from(context: Context) -> None:
    for vendor_id, box_id in ((VENDOR, BOX), (OTHER, BOX + 1)):
        await register(context, vendor_id)
        await put(context, BoxState.INSTRUCT, box_id, vendor_id=vendor_id)
    assert await stored_content.all_faults(context) == []
    await change(context, "UPDATE box SET order_id = 1 WHERE shipment_box_id = %(id)s", id=BOX)
    assert await stored_content.all_faults(context) == [
        f"{VENDOR}: box {BOX}: order_id is 1, Coupang said {ORDER}"
    ]
    async with context.db.connection() as connection:
        row = await fetch_one(
            connection, "SELECT content_hash FROM box WHERE shipment_box_id = %(id)s", id=BOX + 1
        )
    assert row is not None
    forged = context.vault.seal_packed(b'{"forged":true}', PURPOSE_EVIDENCE)
    await change(
        context,
        "UPDATE evidence SET sealed = %(sealed)s WHERE digest = %(digest)s AND vendor_id = %(vendor_id)s",
        sealed=forged,
        digest=row["content_hash"],
        vendor_id=OTHER,
    )
    told = [one for one in await stored_content.all_faults(context) if one.startswith(OTHER)]
    assert told == [f"{OTHER}: box {BOX + 1}: the sheet that it was stored from is not what was stored"]


async def test_words_that_no_family_declares_are_found(context: Context) -> None:
    await register(context)
    await put(context, BoxState.INSTRUCT)
    about: dict[str, object] = {"vendor_id": VENDOR, "id": BOX, "at": context.now()}
    for statement in (
        """INSERT INTO history (vendor_id, aggregate, aggregate_id, version, target, event, actor, cause, at,
                                hash)
           VALUES (%(vendor_id)s, 'parcel', %(id)s, 1, 'BORN', 'begin', 'us', 'test', %(at)s, '')""",
        """INSERT INTO observation (vendor_id, aggregate, aggregate_id, at, evidence)
           VALUES (%(vendor_id)s, 'effect', %(id)s, %(at)s, '')""",
        """INSERT INTO effect (vendor_id, kind, event, subject, subject_id, order_id, payload, state, version,
                               box_state, asked_by, asked_at, not_before, attempts)
           VALUES (%(vendor_id)s, 'LOSE', 'lose', 'parcel', %(id)s, 1, '{}', 'REVIEW', 1, 'BORN', 'us',
                   %(at)s, %(at)s, 0)""",
    ):
        await change(context, statement, **about)
    assert await stored_content.all_faults(context) == [
        f"{VENDOR}: 1 {part} rows name the {word}, which no family declares"
        for part, word in (
            ("effect", "kind 'LOSE'"),
            ("effect", "subject 'parcel'"),
            ("history", "aggregate 'parcel'"),
            ("observation", "aggregate 'effect'"),
        )
    ]
