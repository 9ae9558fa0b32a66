"""Vendors, as operators keep them: register, rotate keys, pause, resume, set their policy.

Coupang's keys go in and never come out again; only their age is returned, because they expire after 180 days.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app.engine.access import audit_log_store
from app.engine.caller import Caller
from app.engine.context import PURPOSE_SECRETS, Context
from app.engine.db.database import Connection
from app.engine.vendors import store as vendor_store
from app.errors import Conflict, Forbidden, Invalid, NotFound

_AUDITED = ("name", "state", "auto_acknowledge", "wing_user_id", "key_issued_at")
"""What the audit log records of a vendor; the keys are not among it."""
KEY_LIFE = timedelta(days=180)
"""Coupang ends a key this long after it was issued."""


async def register(
    context: Context,
    caller: Caller,
    vendor_id: str,
    *,
    name: str,
    access_key: str,
    secret_key: str,
    key_issued_at: datetime | None = None,
    auto_acknowledge: bool = True,
) -> dict[str, Any]:
    """Store a new vendor; its first visit is due at once.

    Raises:
        Forbidden: The caller is restricted to other vendors.
        Conflict: There is this vendor already.
        Invalid: The key was issued in the future.
    """
    if caller.vendor_ids is not None and vendor_id not in caller.vendor_ids:
        raise Forbidden("this key is restricted to its vendors and cannot register others")
    at = context.now()
    sealed = _sealed(context, vendor_id, access_key, secret_key)
    async with context.db.transaction() as tx:
        stored = await vendor_store.add(
            tx,
            vendor_id=vendor_id,
            name=name,
            key_issued_at=_issued(key_issued_at, at),
            auto_acknowledge=auto_acknowledge,
            at=at,
            **sealed,
        )
        if not stored:
            raise Conflict("there is this vendor already; rotate its keys instead", vendor_id=vendor_id)
        row = await _row(tx, caller, vendor_id)
        await _note(tx, caller, vendor_id, "register", row, at)
    await context.wake(vendor_id)
    return _shown(row, at)


async def register_or_rotate(
    context: Context, vendor_id: str, access_key: str, secret_key: str, *, name: str = ""
) -> None:
    """Make sure that a vendor is known under these keys, as the installation itself."""
    us = Caller("us", None)
    try:
        await register(
            context, us, vendor_id, name=name or vendor_id, access_key=access_key, secret_key=secret_key
        )
    except Conflict:
        async with context.db.connection() as connection:
            row = await vendor_store.find(connection, vendor_id)
        purpose = PURPOSE_SECRETS + vendor_id.encode()
        sealed = (row["sealed_access_key"], row["sealed_secret_key"]) if row else ()
        known = [context.vault.open(value, purpose).decode() for value in sealed]
        # The same keys again are no new keys: their 180 days go on.
        if known != [access_key, secret_key]:
            await rotate(context, us, vendor_id, access_key=access_key, secret_key=secret_key)


async def rotate(
    context: Context,
    caller: Caller,
    vendor_id: str,
    *,
    access_key: str,
    secret_key: str,
    key_issued_at: datetime | None = None,
) -> dict[str, Any]:
    """Replace a vendor's keys; the next visit uses the new ones, also if the old ones were refused.

    Raises:
        NotFound: No such vendor for this caller.
        Invalid: The key was issued in the future.
    """
    values: dict[str, Any] = {
        **_sealed(context, vendor_id, access_key, secret_key),
        "key_issued_at": _issued(key_issued_at, context.now()),
    }
    # The refused key is gone, and with it the reason to keep silent.
    row = await _change(context, caller, vendor_id, "rotate_keys", forgives="denied", **values)
    await context.wake(vendor_id)
    return row


async def pause(context: Context, caller: Caller, vendor_id: str) -> dict[str, Any]:
    """Make no more visits to this vendor; the one under way ends by itself.

    Raises:
        NotFound: No such vendor for this caller.
    """
    return await _change(context, caller, vendor_id, "pause", state="PAUSED")


async def resume(context: Context, caller: Caller, vendor_id: str) -> dict[str, Any]:
    """Visit this vendor again, now, and forget why we kept silent.

    Raises:
        NotFound: No such vendor for this caller.
    """
    values: dict[str, Any] = {
        **dict.fromkeys(("stopped_until", "stopped_reason", "stopped_kind", "errors_since")),
        "stops": 0,
        "errors": 0,
        "due_at": context.now(),
    }
    row = await _change(context, caller, vendor_id, "resume", state="ACTIVE", **values)
    await context.wake(vendor_id)
    return row


async def set_policy(
    context: Context,
    caller: Caller,
    vendor_id: str,
    *,
    name: str | None = None,
    auto_acknowledge: bool | None = None,
    wing_user_id: str | None = None,
) -> dict[str, Any]:
    """Change what is given of a vendor's policy; an empty `wing_user_id` forgets it.

    Raises:
        NotFound: No such vendor for this caller.
    """
    given = {"name": name, "auto_acknowledge": auto_acknowledge}
    values: dict[str, Any] = {field: value for field, value in given.items() if value is not None}
    if wing_user_id is not None:
        values["wing_user_id"] = wing_user_id or None
    return await _change(context, caller, vendor_id, "set_policy", **values)


async def get_vendor(context: Context, caller: Caller, vendor_id: str) -> dict[str, Any]:
    """Return one vendor without its keys.

    Raises:
        NotFound: No such vendor for this caller.
    """
    async with context.db.connection() as connection:
        return _shown(await _row(connection, caller, vendor_id), context.now())


def days_left(key_issued_at: datetime, at: datetime) -> int:
    """Return for how many whole days more Coupang takes a key."""
    return max(0, (KEY_LIFE - (at - key_issued_at)).days)


async def list_vendors(context: Context, caller: Caller) -> list[dict[str, Any]]:
    """Return all vendors of this caller without their keys."""
    async with context.db.connection() as connection:
        rows = await vendor_store.list_vendors(connection, caller.vendor_ids)
    at = context.now()
    return [_shown(row, at) for row in rows]


async def _change(
    context: Context, caller: Caller, vendor_id: str, action: str, forgives: str | None = None, **values: Any
) -> dict[str, Any]:
    at = context.now()
    async with context.db.transaction() as tx:
        before = await _row(tx, caller, vendor_id)
        if values:
            await vendor_store.change(tx, vendor_id, **values)
            await _note(tx, caller, vendor_id, action, values, at, before)
        if forgives is not None:
            await vendor_store.forgive(tx, vendor_id, forgives, at)
        return _shown(await _row(tx, caller, vendor_id), at)


async def _note(
    tx: Connection,
    caller: Caller,
    vendor_id: str,
    action: str,
    values: Mapping[str, Any],
    at: datetime,
    before: Mapping[str, Any] | None = None,
) -> None:
    told = {name: values[name] for name in _AUDITED if name in values}
    if "key_issued_at" in told:
        told["key_issued_at"] = told["key_issued_at"].isoformat()
    if action == "resume" and before is not None and before["stopped_until"] is not None:
        told["ended_silence"] = {
            "kind": before["stopped_kind"],
            "reason": before["stopped_reason"],
            "until": before["stopped_until"].isoformat(),
        }
    await audit_log_store.add_entry(
        tx,
        actor=caller.actor,
        action=f"vendor.{action}",
        subject=f"vendor:{vendor_id}",
        vendor_ids=[vendor_id],
        detail=told,
        at=at,
    )


async def _row(connection: Connection, caller: Caller, vendor_id: str) -> dict[str, Any]:
    seen = caller.vendor_ids is None or vendor_id in caller.vendor_ids
    rows = await vendor_store.list_vendors(connection, [vendor_id]) if seen else []
    if not rows:
        raise NotFound("no such vendor", vendor_id=vendor_id)
    return rows[0]


def _sealed(context: Context, vendor_id: str, access_key: str, secret_key: str) -> dict[str, bytes]:
    purpose = PURPOSE_SECRETS + vendor_id.encode()
    return {
        "sealed_access_key": context.vault.seal(access_key.encode(), purpose),
        "sealed_secret_key": context.vault.seal(secret_key.encode(), purpose),
    }


def _issued(key_issued_at: datetime | None, at: datetime) -> datetime:
    if key_issued_at is not None and key_issued_at > at:
        raise Invalid("a key cannot be issued later", ("/key_issued_at", "not after the present time"))
    return key_issued_at or at


def _shown(row: dict[str, Any], at: datetime) -> dict[str, Any]:
    age = at - row["key_issued_at"]
    shown = {name: value for name, value in row.items() if name != "epoch"}
    return {**shown, "key_age_days": age.days, "key_days_left": days_left(row["key_issued_at"], at)}
