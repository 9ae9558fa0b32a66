"""Answers made to break whoever reads them: the row is set aside, the page goes on, no window is claimed."""

from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from app.engine.context import PURPOSE_QUARANTINE
from app.errors import Refused
from tests.support.shop import HOUR, MINUTE, Shop, assert_promises
from tests.support.stop_requests import packed

Change = Callable[[httpx.Request, bytes], bytes]
POISONS = {
    "half a character": rb'"x":"\ud800"',
    "1,000 levels": b'"x":' + b"[" * 1000 + b"]" * 1000,
    "a number of 5,000 digits": b'"x":' + b"9" * 5000,
    "bytes that are no UTF-8": b'"x":"\xff"',
    "NaN": b'"x":NaN',
    "a name twice": b'"status":"ACCEPT","status":"CANCELLED"',
}


class Changed(httpx.AsyncBaseTransport):
    """Changes what Coupang answers on its way to us."""

    def __init__(self, change: Change) -> None:
        self._change = change
        self._below = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._below.handle_async_request(request)
        body = self._change(request, await answer.aread())
        headers = {
            name: value
            for name, value in answer.headers.items()
            if name not in ("content-length", "content-encoding")
        }
        return httpx.Response(answer.status_code, headers=headers, content=body)

    async def aclose(self) -> None:
        await self._below.aclose()


def _answers_changed(shop: Shop, change: Change) -> None:
    shop.reach = replace(shop.reach, transport=lambda: Changed(change))


@pytest.mark.parametrize("poison", POISONS)
async def test_a_poisoned_row_is_kept_and_the_others_of_its_page_are_stored(shop: Shop, poison: str) -> None:
    ids = [box.box_id for order in shop.world.order(shop.vendor_id, count=3) for box in order]
    mark = b'"shipmentBoxId":%d,' % ids[1]
    _answers_changed(shop, lambda _, body: body.replace(mark, mark + POISONS[poison] + b","))
    shop.later(HOUR)
    await shop.visit()
    assert set(await shop.boxes()) == {ids[0], ids[2]}
    assert await shop.holes() == []
    (row,) = await shop.rows("SELECT * FROM quarantine")
    assert row["shipment_box_id"] == ids[1]
    raw = shop.context.vault.open_packed(row["sealed"], PURPOSE_QUARANTINE)
    assert mark + POISONS[poison] in raw
    # Once it can be read it is stored like any other.
    shop.reach = replace(shop.reach, transport=None)
    async with shop.context.db.transaction() as tx:
        await tx.execute("UPDATE feed SET covered = '{}', due_at = due_at - interval '1 hour'")
    await shop.until_state("INSTRUCT", *ids)
    await assert_promises(shop)


async def test_a_poisoned_stop_request_holds_its_order(shop: Shop) -> None:
    box_id, other = await packed(shop), await packed(shop)
    shop.world.request_cancel(box_id)
    mark = b'"returnItems":[{'
    _answers_changed(shop, lambda _, body: body.replace(mark, mark + rb'"x":"\ud800",'))
    shop.later(6 * MINUTE)
    await shop.visit()
    box = await shop.find(box_id)
    assert box is not None
    assert (box["claim_unread"], box["stop_open"]) == (True, False)
    with pytest.raises(Refused):
        await shop.ship(box_id)
    await shop.ship(other)
    await shop.until_state("DEPARTURE", other)


FEEDS = {
    "orders": "ordersheets",
    "cancels": "returnRequests",
    "receipts": "returnRequests",
    "withdrawals": "returnWithdrawRequests",
    "exchanges": "exchangeRequests",
}


@pytest.mark.parametrize("feed", FEEDS)
async def test_an_answer_that_is_no_list_claims_no_window(shop: Shop, feed: str) -> None:
    said = iter([b',"data":null', b""] * 500)

    def change(request: httpx.Request, body: bytes) -> bytes:
        if request.method != "GET" or not request.url.path.endswith(FEEDS[feed]):
            return body
        return b'{"code":200,"message":"OK"%b}' % next(said)

    covered = "SELECT covered FROM feed WHERE feed = %(feed)s"
    shop.order()
    _answers_changed(shop, change)
    for _ in range(2):
        shop.later(HOUR)
        await _ask_all_again(shop)
        assert not await shop.one(covered, feed=feed), "nothing is claimed"
    (failed,) = await shop.rows("SELECT last_error FROM feed WHERE feed = %(feed)s", feed=feed)
    assert failed["last_error"].startswith("UnreadableAnswer")
    # The true answer claims all of it.
    shop.reach = replace(shop.reach, transport=None)
    await _ask_all_again(shop)
    assert await shop.one(covered, feed=feed)


async def _ask_all_again(shop: Shop) -> None:
    async with shop.context.db.transaction() as tx:
        await tx.execute("UPDATE feed SET due_at = due_at - interval '2 days'")
        await tx.execute("UPDATE circuit SET closed_at = until")
        await tx.execute("UPDATE vendor SET due_at = due_at - interval '2 days', stopped_until = NULL")
    await shop.visit()


async def test_a_list_that_is_too_large_is_asked_for_in_narrower_windows(shop: Shop) -> None:
    await shop.visit()
    ids = set()
    for _ in range(6):
        shop.later(30 * MINUTE)
        ids |= {box.box_id for order in shop.world.order(shop.vendor_id, count=3) for box in order}
    most, asked = 24_000, list[int]()

    def change(request: httpx.Request, body: bytes) -> bytes:
        if request.url.path.endswith(FEEDS["orders"]):
            asked.append(len(body))
        return body

    _answers_changed(shop, change)
    shop.reach = replace(shop.reach, answer_most_bytes=most)
    shop.later(HOUR)
    await shop.visit()
    assert set(await shop.boxes()) == ids
    assert await shop.holes() == []
    assert max(asked) > most
