"""Read exchanges, send what they ask for, one call each, and read back what was doubtful."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app.coupang.claims.types import Exchange, ExchangeInvoice, ExchangePage, RejectCode
from app.coupang.errors import CoupangError
from app.coupang.exchanges import calls as exchange_calls
from app.flows import exchange_turns, feeds, reading, replacing, sending
from app.flows.exchange_outcomes import read_exchange
from app.flows.exchange_reads import sound, take_exchanges
from app.flows.feeds import Reading
from app.flows.outcomes import Kind, Verdict
from app.flows.pages import Window
from app.jobs.doubting import exchange_is_missing
from app.jobs.line import Line, OutOfTime, hush
from app.jobs.sends import DONE, Send
from app.jobs.settling import TooFull, settled

MOST_PAGES = 12
"""Of a window's list, which is read twice when it has several; one that has more is cut."""
PARTS = 6
NARROWEST = timedelta(minutes=10)


async def sweep_exchanges(line: Line) -> bool:
    """Read every window back to the oldest open exchange; True when time was short.

    The next visit then goes on where this one ended.
    """
    failed: str | None = None
    since, done = line.house.now(), list[Window]()
    try:
        found = await exchange_turns.windows(line.house, line.vendor_id)
        for window in found:
            begins = window.start
            if window is found[0]:
                begins = await exchange_turns.asked_from(line.house, line.vendor_id, window)
            newest = window is found[-1]
            await sweep_window(line, window, asked_from=begins, newest=newest, done=done)
        await replacing.settle(line.house, line.vendor_id, line.epoch, since)
    except CoupangError as error:
        hush(error)
        failed = str(error)
    except OutOfTime:
        if done:
            await exchange_turns.keep_round(line.house, line.vendor_id, line.epoch, done)
        return True
    await feeds.finish(line.house, line.vendor_id, line.epoch, feeds.EXCHANGES, failed)
    return False


async def sweep_window(
    line: Line,
    window: Window,
    *,
    asked_from: datetime | None = None,
    newest: bool = False,
    purpose: str = "exchanges",
    done: list[Window] | None = None,
) -> None:
    """Read the exchanges of a window, then claim it under the window's feed.

    Args:
        line: The visit's line.
        window: Shorter than 7 days; its feed names the coverage that is claimed.
        asked_from: Where the list begins, if earlier than what is claimed.
        newest: Read on to the present; what is younger than the window's end is not claimed.
        purpose: Why, for the call counts.
        done: Takes what was claimed: the window, or its parts.

    Raises:
        CoupangError: It could not be read whole; nothing is claimed.
        OutOfTime: The visit is over; nothing is claimed.
    """
    line.check_time()
    house, at = line.house, line.house.now()
    reading_of = Reading(window, at)
    # The newest exchanges are seen at once, but only what is older than the lag is claimed.
    asked = Window(window.feed, min(asked_from or window.start, window.start), at if newest else window.end)
    try:
        last, is_empty = await _read(line, reading_of, asked, purpose)
        if is_empty and await exchange_is_missing(line, asked, at):
            last, is_empty = await _read(line, reading_of, asked, purpose)
            reading_of.contradicted += not is_empty
        await _take(line, reading_of, last, window)
    except TooFull:
        length = (window.end - window.start) // PARTS + timedelta(microseconds=1)
        for part in feeds.pieces(window, max(NARROWEST, length)):
            last_part = newest and part.end == window.end
            await sweep_window(line, part, newest=last_part, purpose=purpose, done=done)
        return
    except CoupangError as error:
        await feeds.record(house, line.vendor_id, line.epoch, reading_of, str(error))
        raise
    await feeds.record(house, line.vendor_id, line.epoch, reading_of)
    if done is not None:
        done.append(window)


async def _read(line: Line, reading_of: Reading, asked: Window, purpose: str) -> tuple[ExchangePage, bool]:
    """Read a list and store it but for its last page; return that, and whether there was no row at all."""
    last, rows = ExchangePage(()), 0
    async for page in settled(
        lambda: exchange_calls.list_exchanges(line.client, asked.start, asked.end, purpose=purpose),
        lambda page: {one.exchange_id for one in page.exchanges},
        "the list of exchanges",
        MOST_PAGES if reading_of.window.end - reading_of.window.start > NARROWEST else None,
    ):
        rows += len(page.exchanges) + len(page.unreadable)
        await _take(line, reading_of, last, None)
        last = page
        line.check_time()
    return last, not rows


async def _take(line: Line, reading_of: Reading, page: ExchangePage, covered: Window | None) -> None:
    if not (page.exchanges or page.unreadable or covered):
        return
    taken = await take_exchanges(
        line.house,
        line.vendor_id,
        page,
        cause=f"feed:{reading_of.window.feed}",
        at=line.house.now(),
        epoch=line.epoch,
        covered=covered,
    )
    reading_of.count(taken)


async def reread_exchanges(line: Line) -> None:
    """Read every exchange that is due by itself: after our changes, and until its new box shows."""
    for row in await exchange_turns.to_read(line.house, line.vendor_id):
        failed = False
        try:
            await _look(line, row, "exchange")
        except CoupangError as error:
            hush(error)
            failed = True
        await exchange_turns.read(line.house, line.vendor_id, line.epoch, row["exchange_id"], failed=failed)


async def _look(line: Line, row: Mapping[str, Any], purpose: str) -> ExchangePage | None:
    """List one exchange, store and observe it; None: not listed."""
    at = line.house.now()
    page = await _find(line, row, purpose)
    if page is not None:
        await take_exchanges(
            line.house, line.vendor_id, page, cause=f"look:{purpose}", at=at, epoch=line.epoch
        )
    return page


async def _find(line: Line, row: Mapping[str, Any], purpose: str) -> ExchangePage | None:
    """List one exchange by its order and the time it was requested; None: not listed."""
    found = None
    start = row["requested_at"] - timedelta(seconds=1)
    end = row["requested_at"] + timedelta(seconds=2)
    async for page in exchange_calls.list_exchanges(
        line.client, start, end, order_id=row["order_id"], purpose=purpose
    ):
        if any(one.exchange_id == row["exchange_id"] for one in page.exchanges):
            found = page
        line.check_time()
    return found


async def _reject(line: Line, effect: Mapping[str, Any]) -> tuple[Verdict, bytes]:
    code = RejectCode(effect["payload"]["code"])
    done = await exchange_calls.reject(line.client, effect["subject_id"], code, purpose="exchange")
    return DONE, done.raw


async def _confirm(line: Line, effect: Mapping[str, Any]) -> tuple[Verdict, bytes]:
    done = await exchange_calls.confirm_exchange_receipt(
        line.client, effect["subject_id"], purpose="exchange"
    )
    return DONE, done.raw


async def _ship(line: Line, effect: Mapping[str, Any]) -> tuple[Verdict, bytes]:
    """Ship, then look: Coupang may take a waybill for a wrong box silently, so only a reading proves it."""
    payload = effect["payload"]
    invoice = ExchangeInvoice(payload["shipment_box_id"], payload["courier_code"], payload["invoice_number"])
    done = await exchange_calls.upload_exchange_invoices(
        line.client, effect["subject_id"], [invoice], purpose="exchange"
    )
    doubt = Verdict("doubt", "OUTCOME_UNREAD", "taken; the new box does not show it yet", True)
    try:
        row = await exchange_turns.find(line.house, line.vendor_id, effect["subject_id"])
        page = await _find(line, row, "exchange") if row else None
    except (CoupangError, OutOfTime):
        return doubt, done.raw
    shown = sound(page)[0].get(effect["subject_id"]) if page else None
    if page is None or shown is None:
        return doubt, done.raw
    seen = read_exchange(
        Kind.SHIP_EXCHANGE, payload, *shown, timedelta(0), line.house.policy.write_shows_within
    )
    return (DONE, page.raw) if seen.event == "prove" else (doubt, done.raw)


SEND_EXCHANGES: Mapping[Kind, Send] = {
    Kind.REJECT_EXCHANGE: _reject,
    Kind.CONFIRM_EXCHANGE: _confirm,
    Kind.SHIP_EXCHANGE: _ship,
}


async def read_back_exchange(line: Line, effect: Mapping[str, Any]) -> None:
    """List the exchange of a doubtful change, and settle the change by what it shows.

    Raises:
        OutOfTime: The visit is over; the effect waits.
    """
    line.check_time()
    house, vendor_id, exchange_id = line.house, line.vendor_id, effect["subject_id"]
    row = await exchange_turns.find(house, vendor_id, exchange_id)
    told: dict[int, Any] = {}
    at = house.now()
    page: ExchangePage | None = None
    try:
        page = await _find(line, row, "readback") if row else None
    except CoupangError as error:
        hush(error)
    if page is not None:
        told, _ = sound(page)
    if exchange_id not in told or page is None:
        await sending.postpone(house, vendor_id, line.epoch, [effect["effect_id"]])
        return
    shown: tuple[Exchange, Any] = told[exchange_id]
    silent, within = reading.silent_for(house, effect, at), house.policy.write_shows_within
    verdict = read_exchange(Kind(effect["kind"]), effect["payload"], *shown, silent, within)
    await reading.settle(house, vendor_id, line.epoch, effect, verdict, page.raw)
    await take_exchanges(house, vendor_id, page, cause="look:readback", at=at, epoch=line.epoch)
