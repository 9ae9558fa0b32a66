"""Rows that cannot be read: kept aside, counted, shown without personal data, and nobody else suffers."""

from hashlib import sha256
from typing import Any

import pytest

from tests.support.shop import HOUR, MINUTE, Shop, assert_promises

PERSON = "김예시 서울특별시 가상구 예시로 1"
DAMAGES: dict[str, dict[str, Any]] = {
    "no lines": {"orderItems": None},
    "a person where the lines should be": {"orderItems": PERSON},
    "an unknown status": {"status": PERSON},
    "no id": {"shipmentBoxId": None},
    "more held than ordered": {
        "orderItems": [{"vendorItemId": 85_000_000_001, "shippingCount": 1, "holdCountForCancel": 2}]
    },
    "a waybill number that no index takes": {
        "invoiceNumber": "".join(sha256(bytes([count])).hexdigest() for count in range(256))
    },
    "nothing ordered": {"orderItems": [{"vendorItemId": 85_000_000_001, "shippingCount": 0}]},
}


@pytest.mark.parametrize("story", DAMAGES)
async def test_an_unreadable_row_is_set_aside(shop: Shop, story: str) -> None:
    ids = [box.box_id for order in shop.world.order(shop.vendor_id, count=3) for box in order]
    broken = ids[1]
    fault = shop.world.add_fault("unreadable_row", times=None, box_id=broken, set=DAMAGES[story])
    shop.later(HOUR)
    await shop.visit()
    assert fault.hits
    # The others are stored, the window counts as read, and the row is kept for a person to see.
    assert set(await shop.boxes()) == {ids[0], ids[2]}
    assert await shop.holes() == []
    rows = await shop.rows("SELECT * FROM quarantine")
    assert len(rows) == 1
    assert rows[0]["shipment_box_id"] == (None if story == "no id" else broken)
    assert rows[0]["reason"]
    assert not [word for word in PERSON.split() if len(word) > 1 and word in rows[0]["reason"]]
    assert PERSON.encode() not in rows[0]["sealed"]
    first_seen = rows[0]["first_seen_at"]
    times = rows[0]["times"]

    shop.later(3 * MINUTE)
    shop.world.set_rules(acknowledge_lag_max_s=0)
    async with shop.context.db.transaction() as tx:
        await tx.execute("UPDATE feed SET covered = '{}', due_at = due_at - interval '1 hour'")
    await shop.visit()
    again = await shop.rows(
        "SELECT * FROM quarantine WHERE shipment_box_id IS NOT DISTINCT FROM %(box)s",
        box=rows[0]["shipment_box_id"],
    )
    assert again[0]["times"] > times
    assert again[0]["first_seen_at"] == first_seen < again[0]["last_seen_at"]
    runs = await shop.rows("SELECT sum(unreadable)::int AS n FROM poll_run WHERE outcome = 'ok'")
    assert runs[0]["n"] >= 2

    # Once Coupang repairs the row, the next reading of its window stores it.
    shop.world.faults.clear()
    async with shop.context.db.transaction() as tx:
        await tx.execute("UPDATE feed SET covered = '{}', due_at = due_at - interval '1 hour'")
    await shop.until_state("INSTRUCT", *ids)
    await assert_promises(shop)
