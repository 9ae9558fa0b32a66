"""A start with the same keys keeps their age; a start with new keys replaces them."""

from datetime import timedelta

from app.clock import Frozen
from app.engine.caller import Caller
from app.engine.context import Context
from app.engine.vendors import vendors
from app.engine.visits import leases

VENDOR = "A00054321"


async def test_only_new_keys_begin_a_new_term(context: Context, clock: Frozen) -> None:
    anybody = Caller("us", None)
    await vendors.register_or_rotate(context, VENDOR, "access", "secret")
    issued = (await vendors.get_vendor(context, anybody, VENDOR))["key_issued_at"]
    clock.set(clock.now() + timedelta(days=3))
    await vendors.register_or_rotate(context, VENDOR, "access", "secret")
    assert (await vendors.get_vendor(context, anybody, VENDOR))["key_issued_at"] == issued
    await vendors.register_or_rotate(context, VENDOR, "access", "newer")
    assert (await vendors.get_vendor(context, anybody, VENDOR))["key_issued_at"] == clock.now()
    lease = await leases.begin(context, VENDOR)
    assert lease is not None
    assert (lease.access_key, lease.secret_key) == ("access", "newer")
