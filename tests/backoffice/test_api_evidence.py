"""What Coupang had said can be shown, and shows nobody."""

import orjson
from httpx2 import AsyncClient

from app.backoffice.api.evidence import Witnesses
from app.engine.context import Context
from app.machines.boxes import BoxState
from tests.support.box_stock import BOX, OTHER, put
from tests.support.callers import problem

WHY = "seen in WING, the courier called"


async def evidence_of(admin: AsyncClient, box_id: int = BOX) -> str:
    """The digest behind the newest step of a box."""
    steps = (await admin.get(f"/v1/boxes/{box_id}/history")).json()["items"]
    return str(steps[-1]["evidence"])


async def test_the_answer_behind_a_step_is_shown_without_the_person(
    context: Context, admin: AsyncClient
) -> None:
    await put(context, BoxState.DEPARTURE)
    digest = await evidence_of(admin)
    answer = await admin.get(f"/admin/v1/evidence/{digest}")
    Witnesses.model_validate(answer.json())
    (told,) = answer.json()["items"]
    assert (told["digest"], told["intact"], told["erased_at"]) == (digest, True, None)
    # An id that JavaScript would round is told as a text.
    assert told["answer"]["shipmentBoxId"] == str(BOX)
    assert (told["answer"]["status"], told["answer"]["invoiceNumber"]) == ("DEPARTURE", "123456789012")
    receiver = (await admin.get(f"/v1/boxes/{BOX}/receiver")).json()["receiver"]
    persons = [text for text in receiver.values() if text]
    assert len(persons) > 3
    shown = orjson.dumps(told).decode()
    assert not [text for text in persons if orjson.dumps(text).decode() in shown]


async def test_an_operators_word_and_what_is_no_json_and_what_was_altered(
    context: Context, admin: AsyncClient
) -> None:
    await put(context, BoxState.DEPARTURE)
    moved = await admin.post(
        f"/admin/v1/boxes/{BOX}/transitions", json={"event": "see_delivering", "reason": WHY}
    )
    assert moved.status_code == 200, moved.text
    digest = await evidence_of(admin)
    (told,) = (await admin.get(f"/admin/v1/evidence/{digest}")).json()["items"]
    assert told["kind"] == "operator"
    assert WHY in str(told["answer"])
    for sealed, size in ((context.vault.seal_packed(b"<html>", b"evidence"), 6), (b"garbage", None)):
        async with context.db.transaction() as tx:
            query = "UPDATE evidence SET sealed = %(sealed)s WHERE digest = %(digest)s"
            await tx.execute(query, {"sealed": sealed, "digest": bytes.fromhex(digest)})
        (told,) = (await admin.get(f"/admin/v1/evidence/{digest}")).json()["items"]
        assert (told["intact"], told["size_bytes"], told["answer"]) == (False, size, None)


async def test_evidence_is_for_operators_of_its_vendor(
    context: Context, admin: AsyncClient, reader: AsyncClient
) -> None:
    await put(context, BoxState.DEPARTURE)
    path = f"/admin/v1/evidence/{await evidence_of(admin)}"
    problem(await reader.get(path), 403, "forbidden")
    problem(await admin.get(f"{path}?vendor_id={OTHER}"), 404, "not-found")
    problem(await admin.get("/admin/v1/evidence/" + "0" * 32), 404, "not-found")
    told = problem(await admin.get("/admin/v1/evidence/zz"), 422, "invalid-request")
    assert told["errors"][0]["pointer"] == "/digest"
