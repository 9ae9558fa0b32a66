"""The audit log, and requests about goods that are heard once."""

from typing import Any

import psycopg
import pytest
from httpx2 import AsyncClient

from app.backoffice.api.audit_log import AuditPage
from app.engine.access import api_keys
from app.engine.context import Context
from app.machines.boxes import BoxState
from tests.support.box_stock import OTHER, SHIRT, VENDOR, put, register
from tests.support.callers import Callers, problem
from tests.support.exchange_stock import exchange, tell_exchange
from tests.support.receipt_stock import RECEIPT, returned, tell

AUDIT = "/admin/v1/audit"


async def test_what_operators_do_is_told_and_no_secret(context: Context, admin: AsyncClient) -> None:
    vendor = f"/admin/v1/vendors/{OTHER}"
    new = {"access_key": "hidden-access", "secret_key": "hidden-secret"}
    body = {"vendor_id": OTHER, "name": "n", **new}
    assert (await admin.post("/admin/v1/vendors", json=body)).status_code == 201
    assert (await admin.post(f"{vendor}/pause")).status_code == 200
    assert (await admin.post(f"{vendor}/resume")).status_code == 200
    assert (await admin.patch(vendor, json={"auto_acknowledge": False})).status_code == 200
    assert (await admin.patch(vendor, json={})).status_code == 200
    assert (await admin.post(f"{vendor}/keys", json=new)).status_code == 200
    made = await admin.post("/admin/v1/keys", json={"name": "k", "scopes": ["admin"], "vendor_ids": [OTHER]})
    key = made.json()
    for _ in range(2):
        assert (await admin.delete(f"/admin/v1/keys/{key['key_id']}")).status_code == 204
    answer = await admin.get(f"{AUDIT}?vendor_id={OTHER}")
    AuditPage.model_validate(answer.json())
    items = answer.json()["items"]
    assert [one["action"] for one in items] == [
        "key.revoke",
        "key.create",
        "vendor.rotate_keys",
        "vendor.set_policy",
        "vendor.resume",
        "vendor.pause",
        "vendor.register",
    ]
    assert {one["actor"][:9] for one in items} == {"operator:"}
    assert items[3]["detail"] == {"auto_acknowledge": False}
    assert items[4]["detail"] == {"state": "ACTIVE"}
    whole = (await admin.get(f"{AUDIT}?limit=200")).text
    for secret in ("hidden", key["key"], key["key"].rpartition("_")[2]):
        assert secret not in whole
    first = (await admin.get(f"{AUDIT}?vendor_id={OTHER}&limit=3")).json()
    then = await admin.get(f"{AUDIT}?vendor_id={OTHER}&cursor={first['next_cursor']}")
    assert first["items"] + then.json()["items"] == items
    told = (await admin.get(f"{AUDIT}?subject=key:{key['key_id']}")).json()["items"]
    assert [one["action"] for one in told] == ["key.revoke", "key.create"]


async def test_the_audit_log_is_of_ones_own_vendors_and_stays(context: Context, callers: Callers) -> None:
    await register(context, OTHER)
    mine = await callers.make(api_keys.ADMIN, vendors=[VENDOR])
    subjects = {one["subject"] for one in (await mine.get(AUDIT)).json()["items"]}
    assert f"vendor:{VENDOR}" in subjects
    assert f"vendor:{OTHER}" not in subjects
    for statement in (
        "UPDATE audit_entry SET actor = 'x'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
    ):
        async with context.db.connection() as connection:
            with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
                await connection.execute(statement)


@pytest.mark.parametrize("kind", ["returns", "exchanges"])
async def test_goods_are_told_once(context: Context, writer: AsyncClient, kind: str) -> None:
    if kind == "returns":
        await put(context, BoxState.FINAL_DELIVERING)
        await tell(context, returned(RECEIPT))
        row_id = RECEIPT
    else:
        row_id = await tell_exchange(context, exchange())
    place = f"/v1/{kind}/{row_id}"
    lines: list[dict[str, Any]] = [{"vendor_item_id": str(SHIRT), "verdict": "GOOD"}]
    early = {"Idempotency-Key": "inspect-1"}
    body = {"lines": lines}
    # Refused is not done: the same key may ask again.
    problem(await writer.post(f"{place}/inspect", json=body, headers=early), 409, "transition-refused")
    once = {"Idempotency-Key": "arrive-1"}
    first = await writer.post(f"{place}/arrive", headers=once)
    again = await writer.post(f"{place}/arrive", headers=once)
    assert (first.status_code, again.status_code) == (200, 200), again.text
    assert again.json() == first.json()
    problem(await writer.post(f"{place}/arrive"), 409, "transition-refused")
    problem(await writer.post(f"{place}/inspect", json=body, headers=once), 409, "conflict")
    first = await writer.post(f"{place}/inspect", json=body, headers=early)
    assert first.json()["state"] == "PASSED"
    assert (await writer.post(f"{place}/inspect", json=body, headers=early)).json() == first.json()
    other = {"lines": [{**lines[0], "verdict": "DAMAGED"}]}
    problem(await writer.post(f"{place}/inspect", json=other, headers=early), 409, "conflict")


async def test_pages_of_exchanges_join(context: Context, reader: AsyncClient) -> None:
    for number in range(3):
        await tell_exchange(context, exchange(exchangeId=101 + number))
    first = (await reader.get("/v1/exchanges?limit=2")).json()
    then = (await reader.get(f"/v1/exchanges?limit=2&cursor={first['next_cursor']}")).json()
    found = [one["exchange_id"] for one in first["items"] + then["items"]]
    assert found == ["101", "102", "103"]
    assert then["next_cursor"] is None
    assert (await reader.get("/v1/exchanges?state=SUCCESS")).json()["items"] == []
