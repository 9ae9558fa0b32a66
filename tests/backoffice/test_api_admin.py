"""What operators do: vendors, keys, moves by hand, verdicts, polls."""

from datetime import timedelta
from typing import Any

import pytest
from httpx2 import AsyncClient

from app.backoffice.api import schemas
from app.backoffice.api.manual_move_schemas import Moved
from app.clock import Frozen
from app.coupang.errors import Denied
from app.coupang.orders.decode import SheetPage, Unreadable
from app.engine.access import api_keys
from app.engine.context import PURPOSE_EVIDENCE, Context
from app.engine.evidence import store as evidence_store
from app.engine.feeds import feeds
from app.engine.feeds.feeds import Due, Reading
from app.engine.visits import circuit_breaker, leases
from app.machines.boxes import BOX as MACHINE
from app.machines.boxes import OBSERVED, BoxFacts, BoxState
from app.orders import ingest as box_ingest
from tests.support.box_stock import BOX, OTHER, SOCKS, VENDOR, Item, put, register
from tests.support.callers import Callers, problem

NEW = {
    "vendor_id": OTHER,
    "name": "예시 상점",
    "access_key": "0f9d3c1a-0000-4000-8000-00000000cafe",
    "secret_key": "00112233445566778899aabbccddeeff00112233",
    "key_issued_at": "2026-10-01T00:00:00+09:00",
}
WAYBILL = {"courier_code": "CJGLS", "invoice_number": "123456789012"}
WHY = "seen in WING, customer called"


# vendors


async def test_vendor_is_registered_and_its_keys_stay_inside(context: Context, admin: AsyncClient) -> None:
    answer = await admin.post("/admin/v1/vendors", json=NEW)
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/admin/v1/vendors/{OTHER}"
    told = answer.json()
    schemas.Vendor.model_validate(told)
    assert (told["key_age_days"], told["key_days_left"]) == (50, 129)
    listed = (await admin.get("/admin/v1/vendors")).json()
    schemas.Vendors.model_validate(listed)
    assert [one["vendor_id"] for one in listed["items"]] == [VENDOR, OTHER]
    for secret in (NEW["access_key"], NEW["secret_key"]):
        assert secret not in answer.text + str(listed)
    lease = await leases.begin(context, OTHER)
    assert lease is not None
    assert (lease.access_key, lease.secret_key) == (NEW["access_key"], NEW["secret_key"])
    problem(await admin.post("/admin/v1/vendors", json=NEW), 409, "conflict")


async def test_keys_are_rotated(context: Context, admin: AsyncClient) -> None:
    body = {"access_key": "new-access", "secret_key": "new-secret"}
    told = (await admin.post(f"/admin/v1/vendors/{VENDOR}/keys", json=body)).json()
    assert told["key_days_left"] == 180
    lease = await leases.begin(context, VENDOR)
    assert lease is not None
    assert lease.secret_key == "new-secret"


async def test_pause_resume_and_policy(context: Context, admin: AsyncClient) -> None:
    path = f"/admin/v1/vendors/{VENDOR}"
    assert (await admin.post(f"{path}/pause")).json()["state"] == "PAUSED"
    assert await leases.begin(context, VENDOR) is None
    assert (await admin.post(f"{path}/resume")).json()["state"] == "ACTIVE"
    lease = await leases.begin(context, VENDOR)
    assert lease is not None
    assert lease.auto_acknowledge is True
    told = (await admin.patch(path, json={"auto_acknowledge": False})).json()
    assert told["auto_acknowledge"] is False
    assert told["name"] == VENDOR
    assert (await admin.patch(path, json={"name": "새 이름"})).json()["name"] == "새 이름"
    assert (await admin.get(path)).json() == (await admin.patch(path, json={})).json()
    problem(await admin.get("/admin/v1/vendors/A99999999"), 404, "not-found")


async def test_resume_clears_a_stop(context: Context, admin: AsyncClient) -> None:
    lease = await leases.begin(context, VENDOR)
    assert lease is not None
    await circuit_breaker.stop(context, lease, Denied("key refused", status=401))
    path = f"/admin/v1/vendors/{VENDOR}"
    stopped = (await admin.get(path)).json()
    assert stopped["stopped_until"] == "2026-11-20T03:10:00Z"
    assert "HTTP 401" in stopped["stopped_reason"]
    told = (await admin.post(f"{path}/resume")).json()
    assert (told["stopped_until"], told["stopped_reason"], told["stops"]) == (None, None, 0)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"vendor_id": "X1"}, "/vendor_id"),
        ({"name": ""}, "/name"),
        ({"name": "two\nlines"}, "/name"),
        ({"access_key": "nul\x00"}, "/access_key"),
        ({"secret_key": "s" * 201}, "/secret_key"),
        ({"key_issued_at": "2026-12-01T00:00:00Z"}, "/key_issued_at"),
        ({"key_issued_at": 1_790_000_000}, "/key_issued_at"),
        ({"auto_acknowledge": "perhaps"}, "/auto_acknowledge"),
    ],
)
async def test_bad_vendor_names_the_field(admin: AsyncClient, change: dict[str, Any], pointer: str) -> None:
    answer = await admin.post("/admin/v1/vendors", json={**NEW, **change})
    told = problem(answer, 422, "invalid-request")
    assert told["errors"][0]["pointer"] == pointer
    assert len((await admin.get("/admin/v1/vendors")).json()["items"]) == 1


async def test_restricted_admin_stays_within_its_vendors(callers: Callers) -> None:
    mine = await callers.make(api_keys.ADMIN, vendors=[VENDOR])
    problem(await mine.post("/admin/v1/vendors", json=NEW), 403, "forbidden")
    for vendor_ids in (None, [OTHER], [VENDOR, OTHER]):
        body = {"name": "k", "scopes": ["admin"], "vendor_ids": vendor_ids}
        problem(await mine.post("/admin/v1/keys", json=body), 403, "forbidden")
    body = {"name": "k", "scopes": ["warehouse:read"], "vendor_ids": [VENDOR]}
    assert (await mine.post("/admin/v1/keys", json=body)).status_code == 201
    problem(await mine.post(f"/admin/v1/vendors/{OTHER}/pause"), 404, "not-found")


# keys


async def test_key_is_shown_once_works_and_ends(
    admin: AsyncClient, callers: Callers, nobody: AsyncClient
) -> None:
    body = {"name": "packing line 1", "scopes": ["warehouse:read"], "vendor_ids": [VENDOR]}
    answer = await admin.post("/admin/v1/keys", json=body)
    made = answer.json()
    schemas.MadeKey.model_validate(made)
    assert answer.headers["cache-control"] == "no-store"
    bearer = {"Authorization": f"Bearer {made['key']}"}
    assert (await nobody.get("/v1/boxes", headers=bearer)).status_code == 200
    one = (await admin.get(answer.headers["location"])).json()
    schemas.ApiKey.model_validate(one)
    assert "key" not in one
    assert made["key"].split("_", 2)[2] not in (await admin.get("/admin/v1/keys")).text
    mine = await callers.make(api_keys.ADMIN, vendors=[OTHER])
    problem(await mine.delete(answer.headers["location"]), 404, "not-found")
    assert (await admin.delete(answer.headers["location"])).status_code == 204
    problem(await nobody.get("/v1/boxes", headers=bearer), 401, "unauthorized")
    assert (await admin.delete(answer.headers["location"])).status_code == 204
    assert (await admin.get(answer.headers["location"])).json()["revoked_at"] == "2026-11-20T03:00:00Z"
    problem(await admin.get("/admin/v1/keys/ffffffffffff"), 404, "not-found")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"scopes": []}, "/scopes"),
        ({"scopes": ["root"]}, "/scopes/0"),
        ({"vendor_ids": []}, "/vendor_ids"),
        ({"vendor_ids": ["x"]}, "/vendor_ids/0"),
        ({"name": None}, "/name"),
    ],
)
async def test_bad_key_names_the_field(admin: AsyncClient, change: dict[str, Any], pointer: str) -> None:
    body = {"name": "k", "scopes": ["admin"], "vendor_ids": [VENDOR], **change}
    told = problem(await admin.post("/admin/v1/keys", json=body), 422, "invalid-request")
    assert told["errors"][0]["pointer"] == pointer


# boxes by hand


@pytest.mark.parametrize("body", [{"event": "see_cancelled"}, {"event": "see_cancelled", "reason": "x"}])
async def test_reason_is_mandatory(context: Context, admin: AsyncClient, body: dict[str, str]) -> None:
    await put(context)
    answer = await admin.post(f"/admin/v1/boxes/{BOX}/transitions", json=body)
    told = problem(answer, 422, "invalid-request")
    assert [one["pointer"] for one in told["errors"]] == ["/reason"]
    assert (await admin.get(f"/v1/boxes/{BOX}")).json()["state"] == "ACCEPT"


@pytest.mark.parametrize("state", list(BoxState))
async def test_observations_move_only_along_the_machine(
    context: Context, admin: AsyncClient, state: BoxState
) -> None:
    for number, event in enumerate(sorted(OBSERVED)):
        box_id = await put(context, state, BOX + number)
        before = (await admin.get(f"/v1/boxes/{box_id}/history")).json()["items"]
        answer = await admin.post(
            f"/admin/v1/boxes/{box_id}/transitions", json={"event": event, "reason": WHY}
        )
        targets = {target for source, name, target in MACHINE.edges() if (source, name) == (state, event)}
        # An operator's word proves nothing: what needs proof is read with `resync`.
        if event not in MACHINE.allowed(state, BoxFacts()):
            told = problem(answer, 409, "transition-refused")
            assert (told["state"], told["event"]) == (state, event)
            assert [one["rule"] for one in told["missing"]] == (["is_proven"] if targets else [])
            assert event not in told["allowed"]
            assert (await admin.get(f"/v1/boxes/{box_id}/history")).json()["items"] == before
            continue
        assert answer.status_code == 200, answer.text
        Moved.model_validate(answer.json())
        assert {answer.json()["state"]} == targets
        steps = (await admin.get(f"/v1/boxes/{box_id}/history")).json()["items"]
        last = steps[-1]
        assert (last["actor"][:9], last["cause"], last["reason"]) == ("operator:", "operator", WHY)
        assert MACHINE.is_path((step["source"], step["event"], step["target"]) for step in steps)
        # The operator's statement is the evidence.
        async with context.db.connection() as connection:
            (kept,) = await evidence_store.find(connection, [VENDOR], bytes.fromhex(last["evidence"]))
        assert kept["kind"] == "operator"
        assert WHY.encode() in context.vault.open_packed(kept["sealed"], PURPOSE_EVIDENCE)


async def test_event_of_ours_becomes_an_effect_in_the_operators_name(
    context: Context, admin: AsyncClient
) -> None:
    await put(context, BoxState.INSTRUCT, items=(Item(), Item(SOCKS, 1)))
    path = f"/admin/v1/boxes/{BOX}/transitions"
    told = problem(await admin.post(path, json={"event": "ship", "reason": WHY}), 409, "transition-refused")
    assert [one["rule"] for one in told["missing"]] == ["has_waybill"]
    wrong = {"event": "ship_direct", "reason": WHY, **WAYBILL}
    told = problem(await admin.post(path, json=wrong), 409, "transition-refused")
    assert [one["rule"] for one in told["missing"]] == ["is_direct"]
    half = {"event": "ship", "reason": WHY, "courier_code": "CJGLS"}
    problem(await admin.post(path, json=half), 422, "invalid-request")
    for event in ("ship", "ship_part"):
        rest = {"later": [str(SOCKS)], "later_date": "2026-11-25"} if event == "ship" else {}
        problem(
            await admin.post(path, json={"event": event, "reason": WHY, **WAYBILL, **rest}),
            422,
            "invalid-request",
        )
    problem(
        await admin.post(path, json={"event": "see_departure", "reason": WHY, **WAYBILL}),
        422,
        "invalid-request",
    )
    answer = await admin.post(path, json={"event": "ship", "reason": WHY, **WAYBILL})
    assert answer.status_code == 202
    Moved.model_validate(answer.json())
    effect = answer.json()["effect"]
    assert effect["asked_by"].startswith("operator:")
    assert answer.headers["location"] == f"/v1/effects/{effect['effect_id']}"
    problem(
        await admin.post(path, json={"event": "change_invoice", "reason": WHY, **WAYBILL}),
        409,
        "transition-refused",
    )


@pytest.mark.parametrize("event", ["acknowledge", "close_undelivered", "change_invoice", "ship_direct"])
async def test_every_event_of_ours_is_routed(context: Context, admin: AsyncClient, event: str) -> None:
    state = {"acknowledge": BoxState.ACCEPT, "ship_direct": BoxState.INSTRUCT}.get(event, BoxState.DEPARTURE)
    await put(context, state)
    context.clock.advance(days=31)  # type: ignore[attr-defined]
    body: dict[str, Any] = {"event": event, "reason": WHY}
    if event == "change_invoice":
        body |= WAYBILL
    if event == "ship_direct":
        body |= {"courier_code": "DIRECT", "invoice_number": "1"}
    answer = await admin.post(f"/admin/v1/boxes/{BOX}/transitions", json=body)
    assert answer.status_code == 202, answer.text
    assert answer.json()["effect"]["event"] == event


async def test_resync_has_the_box_read_again(context: Context, admin: AsyncClient, clock: Frozen) -> None:
    await put(context, BoxState.DEPARTURE)
    answer = await admin.post(f"/admin/v1/boxes/{BOX}/resync")
    assert answer.status_code == 202
    assert answer.json()["doubtful"] is True
    assert answer.headers["location"] == f"/v1/boxes/{BOX}"
    waited = await admin.post(f"/admin/v1/boxes/{BOX}/resync", headers={"Prefer": "wait=0"})
    assert (waited.status_code, waited.headers["preference-applied"]) == (202, "wait=0")
    async with context.db.connection() as connection:
        row = await (await connection.execute("SELECT next_read_at, doubtful FROM box")).fetchone()
    assert row == {"next_read_at": clock.now(), "doubtful": True}


# polls, coverage, quarantine, calls


async def test_polls_coverage_quarantine_and_calls(
    context: Context, admin: AsyncClient, clock: Frozen, callers: Callers
) -> None:
    lease = await leases.begin(context, VENDOR)
    assert lease is not None
    await feeds.due_feeds(context, VENDOR)
    for _ in range(3):
        window = feeds.accept_window(context, Due("accept", None))
        await feeds.record(context, VENDOR, lease.epoch, Reading(window, clock.now(), pages=1))
    broken = SheetPage((), (Unreadable(b'{"name": "Kim"}', "shippingCount is missing", BOX),))
    await box_ingest.take_page(context, VENDOR, broken, cause="feed:accept", at=clock.now())
    turn_calls = leases.Counter({("accept", "O2", "ok"): 3})
    clock.advance(minutes=1)
    await leases.end(context, lease, turn_calls, heard=True, again=False)

    first = (await admin.get("/admin/v1/polls", params={"limit": 2})).json()
    schemas.PollPage.model_validate(first)
    rest = (await admin.get("/admin/v1/polls", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    runs = [int(one["run_id"]) for one in first["items"] + rest["items"]]
    assert len(runs) == 3
    assert runs == sorted(runs, reverse=True)
    assert (await admin.get("/admin/v1/polls", params={"feed": "orders"})).json()["items"] == []

    told = (await admin.get("/admin/v1/coverage")).json()
    schemas.Coverages.model_validate(told)
    by_feed = {one["feed"]: one for one in told["items"]}
    thirty_days = timedelta(days=30) - context.policy.lag
    assert by_feed["orders"]["uncovered_minutes"] == thirty_days / timedelta(minutes=1)

    told = (await admin.get("/admin/v1/quarantine")).json()
    schemas.Quarantine.model_validate(told)
    assert [(one["shipment_box_id"], one["times"]) for one in told["items"]] == [(str(BOX), 1)]
    assert "Kim" not in str(told)

    told = (await admin.get("/admin/v1/calls", params={"since": "2026-11-20T00:00:00Z"})).json()
    schemas.Tally.model_validate(told)
    assert [(one["purpose"], one["calls"]) for one in told["items"]] == [("accept", 3)]

    await register(context, OTHER)
    theirs = await callers.make(api_keys.ADMIN, vendors=[OTHER])
    for path in ("polls", "coverage", "quarantine", "calls"):
        assert (await theirs.get(f"/admin/v1/{path}")).json()["items"] == []
        # Exactly like a vendor that does not exist.
        told = problem(await theirs.get(f"/admin/v1/{path}", params={"vendor_id": VENDOR}), 404, "not-found")
        assert told["detail"] == "no such vendor"
