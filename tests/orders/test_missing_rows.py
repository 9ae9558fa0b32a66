"""What an empty list contradicts: things of its window that were known before it was read."""

from datetime import datetime, timedelta

from app.claims.empty_lists.rows import absent_receipt
from app.claims.ingest_withdrawals import take_withdrawals
from app.coupang.claims.types import Withdrawal, WithdrawalPage
from app.engine.context import Context
from app.exchanges.missing_rows import holds_exchange
from app.machines.boxes import BoxState
from app.orders.empty_lists.rows import absent_box
from app.orders.ingest import Window
from tests.support import exchange_states, receipt_stock
from tests.support.box_stock import BOX, ORDER, OTHER, SHIRT, VENDOR, put, register
from tests.support.exchange_states import exchange
from tests.support.receipt_stock import cancelled, receipt, returned

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


async def test_absent_box_is_the_oldest_that_the_window_should_show(context: Context) -> None:
    paid = context.now() - 3 * HOUR
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    first, second, gone, claimed = BOX, BOX + 1, BOX + 2, BOX + 3
    await put(context, BoxState.INSTRUCT, second, paid_at=paid + SECOND, order_id=2)
    await put(context, BoxState.INSTRUCT, first, paid_at=paid, order_id=1)
    await put(context, BoxState.CANCELLED, gone, paid_at=paid, order_id=3)
    await put(context, BoxState.DEPARTURE, claimed, paid_at=paid, order_id=4)
    await receipt_stock.tell(context, returned(7, box_id=claimed, order_id=4))
    await put(context, BoxState.ACCEPT, BOX + 4, paid_at=paid, vendor_id=OTHER)
    known = context.now()
    since = known + SECOND

    async def ask(window: Window, *seen: int, vendor_id: str = VENDOR, since: datetime = since) -> int | None:
        row = await absent_box(context, vendor_id, window, set(seen), since)
        return row["shipment_box_id"] if row else None

    whole = Window("orders", paid, paid + HOUR)
    assert await ask(whole) == first
    assert await ask(whole, first) == second
    assert await ask(whole, first, second) is None, "cancelled and claimed boxes leave the lists"
    assert await ask(whole, since=known) is None, "what moved while the list was read is no witness"
    assert await ask(Window("orders", paid + SECOND, paid + HOUR)) == second
    assert await ask(Window("orders", paid - HOUR, paid)) is None
    assert await ask(whole, vendor_id=OTHER) == BOX + 4


async def test_absent_receipt_is_the_oldest_return_or_stop_request(context: Context) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    await put(context, BoxState.INSTRUCT)
    made = datetime.fromisoformat("2026-11-20T11:00:00+09:00")

    def at(minutes: int) -> str:
        return (made + timedelta(minutes=minutes)).isoformat()

    await receipt_stock.tell(
        context,
        returned(2, created=at(1)),
        receipt(3, created=at(2)),
        cancelled(1, created=at(0)),
        returned(4, created=at(0)),
    )
    gone = b"{}"
    page = WithdrawalPage((Withdrawal(4, ORDER, (SHIRT,), raw=gone),))
    await take_withdrawals(context, VENDOR, page, cause="feed:withdrawals", at=context.now())
    since = context.now() + SECOND

    async def ask(*seen: int, start: int = 0, vendor_id: str = VENDOR, since: datetime = since) -> int | None:
        window = Window("receipts", made + timedelta(minutes=start), made + HOUR)
        return await absent_receipt(context, vendor_id, window, set(seen), since)

    assert await ask() == 2, "cancels have a list of their own, and withdrawn receipts are in none"
    assert await ask(2) == 3
    assert await ask(2, 3) is None
    assert await ask(start=2) == 3
    assert await ask(start=3) is None
    assert await ask(since=context.now()) is None, "what was shown while the list was read is no witness"
    assert await ask(vendor_id=OTHER) is None


async def test_exchange_list_may_not_lose_what_was_known(context: Context) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    await put(context, BoxState.FINAL_DELIVERING)
    await exchange_states.tell(context, exchange(createdAt="2026-11-20T11:00:00", exchangeStatus="CANCEL"))
    made = datetime.fromisoformat("2026-11-20T11:00:00+09:00")
    since = context.now() + SECOND

    async def ask(start: datetime, end: datetime, vendor_id: str = VENDOR, since: datetime = since) -> bool:
        return await holds_exchange(context, vendor_id, Window("exchanges", start, end), since)

    assert await ask(made, made + SECOND), "the list shows exchanges that are over, too"
    assert not await ask(made + SECOND, made + HOUR)
    assert not await ask(made - HOUR, made)
    assert not await ask(made, made + SECOND, since=context.now())
    assert not await ask(made, made + SECOND, vendor_id=OTHER)
