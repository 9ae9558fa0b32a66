"""Everything that waits for a person in one list, and readings on demand."""

import json
from datetime import timedelta
from typing import Any

from httpx2 import AsyncClient

from app.backoffice.api.inbox_schemas import DecisionPage
from app.claims.ingest import take_receipts
from app.coupang.claims.decode_receipts import read_receipt_page
from app.engine.caller import US
from app.engine.context import Context
from app.engine.visits import resync
from app.families import REGISTRY
from app.machines.boxes import BoxState
from app.orders import changes as box_changes
from app.web.resync_schemas import Resync
from tests.support.box_stock import BOX, OTHER, VENDOR, put, register
from tests.support.callers import problem
from tests.support.exchange_stock import exchange, tell_exchange
from tests.support.receipt_stock import RECEIPT, receipt, returned, tell

LIST = "/admin/v1/decisions"


async def run(context: Context, statement: str, *values: Any) -> None:
    async with context.db.connection() as connection:
        await connection.execute(statement, values)  # type: ignore[call-overload]


async def kinds(admin: AsyncClient, query: str = "") -> list[str]:
    answer = await admin.get(f"{LIST}{query}")
    assert answer.status_code == 200, answer.text
    DecisionPage.model_validate(answer.json())
    return [one["kind"] for one in answer.json()["items"]]


async def _everything(context: Context) -> None:
    """One of every kind; receipts are told apart by their numbers."""
    for number in range(9):
        await put(context, BoxState.INSTRUCT, BOX + number, order_id=1000 + number)
    rows = [returned(RECEIPT + number, box_id=BOX + number, order_id=1000 + number) for number in range(1, 7)]
    await tell(context, receipt(order_id=1000), *rows)
    states = ["EXPECTED", "ARRIVED", "DISPUTED", "PASSED", "PASSED", "PASSED"]
    for number, state in enumerate(states, start=1):
        await _goods(context, "return", RECEIPT + number, state)
    await run(
        context, "UPDATE return_ SET state = 'VENDOR_WAREHOUSE_CONFIRM' WHERE receipt_id = %s", RECEIPT + 5
    )
    await run(
        context, "UPDATE return_ SET state = 'REQUEST_COUPANG_CHECK' WHERE receipt_id = %s", RECEIPT + 6
    )
    await run(context, "UPDATE receipt SET attention = 'look' WHERE receipt_id = %s", RECEIPT + 6)
    first = await tell_exchange(context, exchange())
    for number, state in enumerate(["EXPECTED", "ARRIVED", "DISPUTED", "PASSED", "PASSED"]):
        if number:
            await tell_exchange(context, exchange(exchangeId=first + number))
        await _goods(context, "exchange", first + number, state)
    await run(
        context, "UPDATE exchange SET collect_state = 'COMPLETE_COLLECT' WHERE exchange_id = %s", first + 4
    )
    await run(context, "UPDATE exchange SET attention = 'look' WHERE exchange_id = %s", first)
    # Unreadable: a claim that names an order, and a row that names a box.
    await tell(context, receipt(RECEIPT + 7, order_id=1007, status="NEW_WORD"))
    await run(context, "UPDATE box SET attention = NULL WHERE shipment_box_id <> %s", BOX + 7)
    await run(
        context,
        """INSERT INTO quarantine (vendor_id, digest, feed, shipment_box_id, reason, sealed, first_seen_at,
                                   last_seen_at, times)
           VALUES (%s, 'x', 'feed:accept', %s, 'odd', 'x', %s, %s, 1)""",
        VENDOR,
        BOX,
        context.now(),
        context.now(),
    )
    await run(
        context,
        """INSERT INTO hold (vendor_id, shipment_box_id, reason, placed_by, placed_at, expires_at)
           VALUES (%s, %s, 'address', 'key:1', %s, %s)""",
        VENDOR,
        BOX + 8,
        context.now() - timedelta(hours=2),
        context.now() - timedelta(hours=1),
    )
    effect = await box_changes.acknowledge(
        context, US, await put(context, BoxState.ACCEPT, BOX + 20, order_id=1020)
    )
    await run(context, "UPDATE effect SET state = 'REVIEW' WHERE effect_id = %s", effect["effect_id"])


async def _goods(context: Context, subject: str, row_id: int, state: str) -> None:
    await run(
        context,
        """INSERT INTO reception (vendor_id, subject, subject_id, order_id, state, version, state_at)
           VALUES (%s, %s, %s, 1, %s, 1, %s)
           ON CONFLICT (vendor_id, subject, subject_id) DO UPDATE SET state = excluded.state""",
        VENDOR,
        subject,
        row_id,
        state,
        context.now(),
    )


async def test_every_kind_is_in_one_list(context: Context, admin: AsyncClient) -> None:
    await _everything(context)
    assert sorted(await kinds(admin)) == sorted(REGISTRY.inbox)
    # What waits has an address for everything that can be done about it.
    items = (await admin.get(LIST)).json()["items"]
    paths = (await admin.get("/openapi.json")).json()["paths"]
    known = {(method.upper(), len(path.split("/"))) for path, ways in paths.items() for method in ways}
    for one in items:
        for way in one["actions"]:
            assert "None" not in way["href"]
            assert (way["method"], len(way["href"].split("/"))) in known
            if way["method"] == "GET":
                assert (await admin.get(way["href"])).status_code == 200, way
    stop = next(one for one in items if one["kind"] == "stop_request")
    assert [way["who_pays"] is not None for way in stop["actions"]] == [True, True, False]
    # Each alone, too.
    for kind in REGISTRY.inbox:
        assert await kinds(admin, f"?kind={kind}") == [kind]
    assert sorted(await kinds(admin, "?kind=hold_over&kind=effect_review")) == ["effect_review", "hold_over"]


async def test_an_unknown_kind_names_those_that_there_are(admin: AsyncClient) -> None:
    told = problem(await admin.get(f"{LIST}?kind=hold_over&kind=lunch"), 422, "invalid-request")
    assert told["errors"][0]["pointer"] == "/kind"
    assert all(f"'{name}'" in told["errors"][0]["detail"] for name in REGISTRY.inbox)


async def test_the_nearest_deadline_is_first_and_pages_join(context: Context, admin: AsyncClient) -> None:
    await _everything(context)
    items = (await admin.get(LIST)).json()["items"]
    assert [one["kind"] for one in items[:2]] == ["hold_over", "stop_request"]
    rest = [one["since"] for one in items[2:]]
    assert rest == sorted(rest)
    paged: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = (await admin.get(f"{LIST}?limit=3{cursor}")).json()
        paged += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert paged == items
    assert await kinds(admin, "?overdue=true") == ["hold_over"]
    assert len(await kinds(admin, "?overdue=false")) == len(items) - 1
    context.clock.advance(hours=49)  # type: ignore[attr-defined]
    assert await kinds(admin, "?overdue=true") == ["hold_over", "stop_request"]


async def test_what_is_done_waits_no_more(context: Context, admin: AsyncClient) -> None:
    await put(context, BoxState.FINAL_DELIVERING)
    await tell(context, returned(RECEIPT))
    for path, body, then in [
        (f"/v1/returns/{RECEIPT}/arrive", None, "return_inspection"),
        (
            f"/v1/returns/{RECEIPT}/inspect",
            [{"vendor_item_id": "85000000001", "verdict": "DAMAGED"}],
            "return_finding",
        ),
        (f"/admin/v1/returns/{RECEIPT}/accept", None, "return_confirmation"),
    ]:
        sent = {"lines": body} if body else {"reason": "customer agreed"} if "accept" in path else None
        answer = await admin.post(path, json=sent)
        assert answer.status_code == 200, answer.text
        assert await kinds(admin) == [then]
    await run(context, "UPDATE return_ SET state = 'RETURNS_COMPLETED'")
    assert await kinds(admin) == []


async def test_vendors_see_their_own(context: Context, admin: AsyncClient) -> None:
    await register(context, OTHER)
    await put(context, BoxState.INSTRUCT)
    await tell(context, receipt())
    assert await kinds(admin, f"?vendor_id={VENDOR}") == ["stop_request"]
    assert await kinds(admin, f"?vendor_id={OTHER}") == []
    made = await admin.post("/admin/v1/keys", json={"name": "k", "scopes": ["admin"], "vendor_ids": [OTHER]})
    theirs = {"Authorization": f"Bearer {made.json()['key']}"}
    assert (await admin.get(LIST, headers=theirs)).json()["items"] == []
    problem(await admin.get(f"{LIST}?kind=nothing"), 422, "invalid-request")
    problem(await admin.get(f"{LIST}?cursor=x"), 422, "invalid-request")


async def test_a_receipt_is_read_on_demand(context: Context, admin: AsyncClient) -> None:
    await put(context, BoxState.INSTRUCT)
    await tell(context, receipt())
    await run(context, "UPDATE vendor SET due_at = '2027-01-01'")
    answer = await admin.post(f"/admin/v1/receipts/{RECEIPT}/resync")
    assert answer.status_code == 202
    told = answer.json()
    Resync.model_validate(told)
    assert (told["read"], told["changes"], told["states"]) == (False, [], {"cancel": "REQUESTED"})
    async with context.db.connection() as connection:
        row = await (await connection.execute("SELECT next_read_at, due_at FROM receipt, vendor")).fetchone()
    assert row == {"next_read_at": context.now(), "due_at": context.now()}
    problem(await admin.post("/admin/v1/receipts/1/resync"), 404, "not-found")


async def test_a_reading_tells_what_it_changed(context: Context, admin: AsyncClient) -> None:
    await put(context, BoxState.INSTRUCT)
    await tell(context, receipt())
    asked = await resync.ask(context, US, "receipt", RECEIPT)
    context.clock.advance(seconds=30)  # type: ignore[attr-defined]
    body = json.dumps({"code": 200, "message": "OK", "data": [returned(RECEIPT)], "nextToken": ""}).encode()
    page, proven = read_receipt_page(body), frozenset({RECEIPT})
    await take_receipts(context, VENDOR, page, cause="look:receipt", at=context.now(), proven=proven)
    told = await resync.look(context, asked)
    assert told["read"]
    assert told["content_changed"]
    assert told["states"] == {"cancel": "SHIPPED_ALREADY", "return": "RETURNS_UNCHECKED"}
    assert [(one["aggregate"], one["event"]) for one in told["changes"]] == [
        ("return", "appear"),
        ("cancel", "see_shipped_already"),
    ]
    # Read once more and nothing is new: that is told, too.
    asked = await resync.ask(context, US, "receipt", RECEIPT)
    await take_receipts(context, VENDOR, page, cause="look:receipt", at=context.now(), proven=proven)
    told = await resync.look(context, asked)
    assert (told["read"], told["content_changed"], told["changes"]) == (True, False, [])


async def test_an_exchange_is_read_on_demand(context: Context, admin: AsyncClient) -> None:
    exchange_id = await tell_exchange(context, exchange(collectStatus="CompleteDirection"))
    path = f"/admin/v1/exchanges/{exchange_id}/resync"
    answer = await admin.post(path, headers={"Prefer": "wait=0"})
    assert (answer.status_code, answer.headers["preference-applied"]) == (202, "wait=0")
    Resync.model_validate(answer.json())
    problem(await admin.post("/admin/v1/exchanges/1/resync"), 404, "not-found")
    asked = await resync.ask(context, US, "exchange", exchange_id)
    await tell_exchange(context, exchange(collectStatus="Collecting", modifiedAt="2026-11-19T12:00:00"))
    await run(context, "UPDATE exchange SET next_read_at = NULL")
    told = await resync.look(context, asked)
    assert told["read"]
    assert [(one["aggregate"], one["event"]) for one in told["changes"]] == [("collect", "see_collecting")]
