"""A start with the same keys keeps their age; a start with new keys replaces them."""

from datetime import timedelta

from app.clock import Frozen
from app.flows import turns, vendors
from app.flows.asking import Caller
from app.flows.house import House

VENDOR = "A00054321"


async def test_only_new_keys_begin_a_new_term(house: House, clock: Frozen) -> None:
    anybody = Caller("us", None)
    await vendors.register_or_rotate(house, VENDOR, "access", "secret")
    issued = (await vendors.get_vendor(house, anybody, VENDOR))["key_issued_at"]
    clock.set(clock.now() + timedelta(days=3))
    await vendors.register_or_rotate(house, VENDOR, "access", "secret")
    assert (await vendors.get_vendor(house, anybody, VENDOR))["key_issued_at"] == issued
    await vendors.register_or_rotate(house, VENDOR, "access", "newer")
    assert (await vendors.get_vendor(house, anybody, VENDOR))["key_issued_at"] == clock.now()
    turn = await turns.begin(house, VENDOR)
    assert turn is not None
    assert (turn.access_key, turn.secret_key) == ("access", "newer")
