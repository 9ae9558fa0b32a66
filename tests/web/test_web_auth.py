"""Who may come in, and how far."""

import pytest
from httpx2 import AsyncClient

from app.engine.access import api_keys
from app.engine.context import Context
from app.errors import Unauthorized
from app.machines.boxes import BoxState
from tests.support.box_stock import BOX, ORDER, OTHER, VENDOR, put, register
from tests.support.callers import Callers, problem

UNKNOWN = "Bearer cf_0a1b2c3d4e5f_" + "x" * 43


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer nonsense", "Basic cf_0a1b2c3d4e5f_x", UNKNOWN]
)
async def test_no_valid_key_is_401(nobody: AsyncClient, authorization: str | None) -> None:
    headers = {"Authorization": authorization} if authorization is not None else {}
    for path in (f"/v1/boxes/{BOX}", "/v1/couriers", "/admin/v1/keys"):
        answer = await nobody.get(path, headers=headers)
        problem(answer, 401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_right_id_with_wrong_secret_is_401(context: Context, nobody: AsyncClient) -> None:
    made = await api_keys.create(context, name="k", scopes=[api_keys.READ], vendor_ids=None)
    wrong = made["key"][:-4] + ("aaaa" if not made["key"].endswith("aaaa") else "bbbb")
    assert (
        await nobody.get("/v1/couriers", headers={"Authorization": f"Bearer {made['key']}"})
    ).status_code == 200
    problem(
        await nobody.get("/v1/couriers", headers={"Authorization": f"Bearer {wrong}"}), 401, "unauthorized"
    )


async def test_scopes_end_where_they_end(reader: AsyncClient, writer: AsyncClient, context: Context) -> None:
    await put(context)
    assert (await reader.get(f"/v1/boxes/{BOX}")).status_code == 200
    assert (await writer.get(f"/v1/boxes/{BOX}")).status_code == 200
    told = problem(await reader.post(f"/v1/boxes/{BOX}/acknowledge"), 403, "forbidden")
    assert told["scope"] == api_keys.WRITE
    problem(await writer.get("/admin/v1/vendors"), 403, "forbidden")
    assert (await writer.post(f"/v1/boxes/{BOX}/acknowledge")).status_code == 202


async def test_only_digest_is_stored(context: Context) -> None:
    made = await api_keys.create(context, name="k", scopes=[api_keys.READ], vendor_ids=None)
    secret = made["key"].split("_", 2)[2]
    async with context.db.connection() as connection:
        rows = await (await connection.execute("SELECT * FROM api_key")).fetchall()
    assert secret not in repr(rows)
    assert secret.encode() not in b"".join(bytes(row["digest"]) for row in rows)


async def test_revoked_key_ends_within_five_seconds(context: Context) -> None:
    now = [100.0]
    ring = api_keys.Keyring(context, monotonic=lambda: now[0])
    made = await api_keys.create(context, name="k", scopes=[api_keys.READ], vendor_ids=None)
    known = await ring.authenticate(f"Bearer {made['key']}")
    await api_keys.revoke(context, made["key_id"], known)
    assert (await ring.authenticate(f"bearer {made['key']}")).key_id == known.key_id
    now[0] += api_keys.KNOWN_S
    with pytest.raises(Unauthorized):
        await ring.authenticate(f"Bearer {made['key']}")


async def test_foreign_vendor_is_like_nothing_at_all(context: Context, callers: Callers) -> None:
    await register(context, OTHER)
    await put(context, BoxState.INSTRUCT)
    mine = await callers.make(api_keys.ADMIN, vendors=[VENDOR])
    theirs = await callers.make(api_keys.ADMIN, vendors=[OTHER])
    effect = (await mine.post(f"/v1/boxes/{BOX}/ship", json=WAYBILL)).json()["effect_id"]
    missing = 642538970006409999
    move = {"event": "see_departure", "reason": "for the test"}
    for method, path, body in [
        ("GET", "/v1/boxes/{box}", None),
        ("GET", "/v1/boxes/{box}/lines", None),
        ("GET", "/v1/boxes/{box}/history", None),
        ("GET", "/v1/boxes/{box}/receiver", None),
        ("GET", "/v1/boxes/{box}/actions", None),
        ("POST", "/v1/boxes/{box}/acknowledge", None),
        ("POST", "/v1/boxes/{box}/ship", WAYBILL),
        ("POST", "/v1/boxes/{box}/invoice", WAYBILL),
        ("POST", "/v1/boxes/{box}/close", None),
        ("POST", "/admin/v1/boxes/{box}/transitions", move),
        ("POST", "/admin/v1/boxes/{box}/resync", None),
    ]:
        foreign = await theirs.request(method, path.format(box=BOX), json=body)
        nothing = await theirs.request(method, path.format(box=missing), json=body)
        told = problem(foreign, 404, "not-found")
        assert foreign.text.replace(str(BOX), str(missing)) == nothing.text
        assert VENDOR not in str(told)
    problem(await theirs.get(f"/v1/orders/{ORDER}"), 404, "not-found")
    problem(await theirs.get(f"/v1/effects/{effect}"), 404, "not-found")
    verdict = {"verdict": "applied", "reason": "for the test"}
    problem(await theirs.post(f"/admin/v1/effects/{effect}/verdict", json=verdict), 404, "not-found")
    for path in ("/v1/boxes", "/v1/effects", f"/v1/boxes?vendor_id={VENDOR}", "/admin/v1/reviews"):
        assert (await theirs.get(path)).json() == {"items": [], "next_cursor": None}
    assert [one["vendor_id"] for one in (await theirs.get("/admin/v1/vendors")).json()["items"]] == [OTHER]


async def test_unrestricted_key_sees_all_vendors(context: Context, callers: Callers) -> None:
    await register(context, OTHER)
    await put(context)
    await put(context, box_id=BOX + 1, vendor_id=OTHER)
    everybody = await callers.make(api_keys.READ)
    assert len((await everybody.get("/v1/boxes")).json()["items"]) == 2
    only = (await everybody.get("/v1/boxes", params={"vendor_id": OTHER})).json()["items"]
    assert [box["vendor_id"] for box in only] == [OTHER]


WAYBILL = {"courier_code": "CJGLS", "invoice_number": "123456789012"}
