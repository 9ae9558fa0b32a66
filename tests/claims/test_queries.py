"""Claims as everybody reads them: in pages, and with the decision they wait for."""

import pytest

from app.claims import queries as claim_queries
from app.engine.context import Context
from app.errors import NotFound
from app.machines.boxes import BoxState
from tests.support.box_stock import BOX, ORDER, OTHER, VENDOR, put, register
from tests.support.receipt_stock import cancelled, receipt, returned, tell

BACK = 7


async def test_claims_are_listed_in_pages_and_shown_with_their_decision(context: Context) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    await put(context, BoxState.INSTRUCT)
    await put(context, BoxState.DEPARTURE, BOX + 1, order_id=ORDER + 1)

    def made(minute: int) -> str:
        return f"2026-11-20T11:{minute:02}:00+09:00"

    await tell(
        context,
        receipt(3, created=made(3)),
        receipt(1, created=made(1), box_id=BOX + 1, order_id=ORDER + 1),
        cancelled(2, created=made(2)),
        returned(BACK, created=made(0)),
    )
    first, after = await claim_queries.list_cancels(context, [VENDOR], most=2)
    rest, end = await claim_queries.list_cancels(context, None, after=after, most=2)
    assert [[row["receipt_id"] for row in page] for page in (first, rest)] == [[1, 2], [3]]
    assert end is None
    waiting, _ = await claim_queries.list_cancels(context, None, states=["REQUESTED"], most=9)
    of_order, _ = await claim_queries.list_cancels(context, None, order_id=ORDER, most=9)
    assert [[row["receipt_id"] for row in page] for page in (waiting, of_order)] == [[1, 3], [2, 3]]
    assert await claim_queries.list_returns(context, [OTHER], most=9) == ([], None)
    assert [row["receipt_id"] for row in (await claim_queries.list_returns(context, None, most=9))[0]] == [
        BACK
    ]

    told = await claim_queries.get_cancel(context, [VENDOR], 1)
    options = {
        one["action"]: [rule["rule"] for rule in one["refused_by"]] for one in told["decision"]["options"]
    }
    assert options == {"stop_shipment": ["no_waybill_sent"], "declare_shipped": []}
    assert all(one["who_pays"] for one in told["decision"]["options"])
    assert told["boxes"] == [{"shipment_box_id": BOX + 1, "state": "DEPARTURE"}]
    assert (await claim_queries.get_cancel(context, None, 2))["decision"] is None
    for number, vendor_ids in ((1, [OTHER]), (BACK, None)):
        with pytest.raises(NotFound):
            await claim_queries.get_cancel(context, vendor_ids, number)
