"""Read exchanges, send what they ask for, one call each, and read back what is of unknown outcome."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app.coupang.claims.types import Exchange, ExchangeInvoice, ExchangePage, RejectCode
from app.coupang.errors import CoupangError
from app.coupang.exchanges import calls as exchange_calls
from app.engine.effects import outbox, readback
from app.engine.effects.dispatch import alone
from app.engine.effects.senders import DONE
from app.engine.effects.verdicts import Verdict
from app.engine.feeds import feeds
from app.engine.feeds.feeds import NARROWEST, Reading
from app.engine.feeds.stable_paging import TooFull, read_until_stable
from app.engine.feeds.windows import Window
from app.engine.visits.session import OutOfTime, VisitSession, raise_if_stopped
from app.exchanges import read_schedule as exchange_read_schedule
from app.exchanges.empty_lists import exchange_is_missing
from app.exchanges.ingest import sound, take_exchanges
from app.exchanges.kinds import ExchangeKind
from app.exchanges.verdicts import read_exchange
from app.orders import replacement_boxes

MOST_PAGES = 12
"""Of a window's list, which is read twice when it has several; one that has more is cut."""
PARTS = 6


async def sweep_exchanges(session: VisitSession) -> bool:
    """Read every window back to the oldest open exchange; True when time was short.

    The next visit then goes on where this one ended.
    """
    failed: str | None = None
    since, done = session.context.now(), list[Window]()
    try:
        found = await exchange_read_schedule.windows(session.context, session.vendor_id)
        for window in found:
            begins = window.start
            if window is found[0]:
                begins = await exchange_read_schedule.asked_from(session.context, session.vendor_id, window)
            newest = window is found[-1]
            await sweep_window(session, window, asked_from=begins, newest=newest, done=done)
        await replacement_boxes.settle(session.context, session.vendor_id, session.epoch, since)
    except CoupangError as error:
        raise_if_stopped(error)
        failed = str(error)
    except OutOfTime:
        if done:
            await exchange_read_schedule.keep_round(session.context, session.vendor_id, session.epoch, done)
        return True
    await feeds.finish(session.context, session.vendor_id, session.epoch, feeds.EXCHANGES, failed)
    return False


async def sweep_window(
    session: VisitSession,
    window: Window,
    *,
    asked_from: datetime | None = None,
    newest: bool = False,
    purpose: str = "exchanges",
    done: list[Window] | None = None,
) -> None:
    """Read the exchanges of a window, then claim it under the window's feed.

    Args:
        session: The visit's session.
        window: Shorter than 7 days; its feed names the coverage that is claimed.
        asked_from: Where the list begins, if earlier than what is claimed.
        newest: Read on to the present; what is younger than the window's end is not claimed.
        purpose: Why, for the call counts.
        done: Takes what was claimed: the window, or its parts.

    Raises:
        CoupangError: It could not be read whole; nothing is claimed.
        OutOfTime: The visit is over; nothing is claimed.
    """
    session.check_time()
    context, at = session.context, session.context.now()
    reading_of = Reading(window, at)
    # The newest exchanges are seen at once, but only what is older than the lag is claimed.
    asked = Window(window.feed, min(asked_from or window.start, window.start), at if newest else window.end)
    try:
        last, is_empty = await _read(session, reading_of, asked, purpose)
        if is_empty and await exchange_is_missing(session, asked, at):
            last, is_empty = await _read(session, reading_of, asked, purpose)
            reading_of.contradicted += not is_empty
        await _take(session, reading_of, last, window)
    except TooFull:
        length = (window.end - window.start) // PARTS + timedelta(microseconds=1)
        for part in feeds.pieces(window, max(NARROWEST, length)):
            last_part = newest and part.end == window.end
            await sweep_window(session, part, newest=last_part, purpose=purpose, done=done)
        return
    except CoupangError as error:
        await feeds.record(context, session.vendor_id, session.epoch, reading_of, str(error))
        raise
    await feeds.record(context, session.vendor_id, session.epoch, reading_of)
    if done is not None:
        done.append(window)


async def _read(
    session: VisitSession, reading_of: Reading, asked: Window, purpose: str
) -> tuple[ExchangePage, bool]:
    """Read a list and store it but for its last page; return that, and whether there was no row at all."""
    last, rows = ExchangePage(()), 0
    async for page in read_until_stable(
        lambda: exchange_calls.list_exchanges(session.client, asked.start, asked.end, purpose=purpose),
        lambda page: {one.exchange_id for one in page.exchanges},
        "the list of exchanges",
        MOST_PAGES if reading_of.window.end - reading_of.window.start > NARROWEST else None,
    ):
        rows += len(page.exchanges) + len(page.unreadable)
        await _take(session, reading_of, last, None)
        last = page
        session.check_time()
    return last, not rows


async def _take(
    session: VisitSession, reading_of: Reading, page: ExchangePage, covered: Window | None
) -> None:
    if not (page.exchanges or page.unreadable or covered):
        return
    taken = await take_exchanges(
        session.context,
        session.vendor_id,
        page,
        cause=f"feed:{reading_of.window.feed}",
        at=session.context.now(),
        epoch=session.epoch,
        covered=covered,
    )
    reading_of.count(taken)


async def reread_exchanges(session: VisitSession) -> None:
    """Read every exchange that is due by itself: after our changes, and until its new box shows."""
    for row in await exchange_read_schedule.to_read(session.context, session.vendor_id):
        failed = False
        try:
            await _look(session, row, "exchange")
        except CoupangError as error:
            raise_if_stopped(error)
            failed = True
        await exchange_read_schedule.read(
            session.context, session.vendor_id, session.epoch, row["exchange_id"], failed=failed
        )


async def _look(session: VisitSession, row: Mapping[str, Any], purpose: str) -> ExchangePage | None:
    """List one exchange, store and observe it; None: not listed."""
    at = session.context.now()
    page = await _find(session, row, purpose)
    if page is not None:
        await take_exchanges(
            session.context, session.vendor_id, page, cause=f"look:{purpose}", at=at, epoch=session.epoch
        )
    return page


async def _find(session: VisitSession, row: Mapping[str, Any], purpose: str) -> ExchangePage | None:
    """List one exchange by its order and the time it was requested; None: not listed."""
    found = None
    start = row["requested_at"] - timedelta(seconds=1)
    end = row["requested_at"] + timedelta(seconds=2)
    async for page in exchange_calls.list_exchanges(
        session.client, start, end, order_id=row["order_id"], purpose=purpose
    ):
        if any(one.exchange_id == row["exchange_id"] for one in page.exchanges):
            found = page
        session.check_time()
    return found


async def _reject(session: VisitSession, effect: Mapping[str, Any]) -> tuple[Verdict, bytes]:
    code = RejectCode(effect["payload"]["code"])
    done = await exchange_calls.reject(session.client, effect["subject_id"], code, purpose="exchange")
    return DONE, done.raw


async def _confirm(session: VisitSession, effect: Mapping[str, Any]) -> tuple[Verdict, bytes]:
    done = await exchange_calls.confirm_exchange_receipt(
        session.client, effect["subject_id"], purpose="exchange"
    )
    return DONE, done.raw


async def _ship(session: VisitSession, effect: Mapping[str, Any]) -> tuple[Verdict, bytes]:
    """Ship, then look: Coupang may take a waybill for a wrong box silently, so only a reading proves it."""
    payload = effect["payload"]
    invoice = ExchangeInvoice(payload["shipment_box_id"], payload["courier_code"], payload["invoice_number"])
    done = await exchange_calls.upload_exchange_invoices(
        session.client, effect["subject_id"], [invoice], purpose="exchange"
    )
    doubt = Verdict("doubt", "OUTCOME_UNREAD", "taken; the new box does not show it yet", True)
    try:
        row = await exchange_read_schedule.find(session.context, session.vendor_id, effect["subject_id"])
        page = await _find(session, row, "exchange") if row else None
    except (CoupangError, OutOfTime):
        return doubt, done.raw
    shown = sound(page)[0].get(effect["subject_id"]) if page else None
    if page is None or shown is None:
        return doubt, done.raw
    seen = read_exchange(
        ExchangeKind.SHIP_EXCHANGE, payload, *shown, timedelta(0), session.context.policy.write_shows_within
    )
    return (DONE, page.raw) if seen.event == "prove" else (doubt, done.raw)


reject_exchange = alone(_reject)
confirm_exchange = alone(_confirm)
ship_exchange = alone(_ship)


async def read_back_exchange(session: VisitSession, effect: Mapping[str, Any]) -> None:
    """List the exchange of a doubtful change, and settle the change by what it shows.

    Raises:
        OutOfTime: The visit is over; the effect waits.
    """
    session.check_time()
    context, vendor_id, exchange_id = session.context, session.vendor_id, effect["subject_id"]
    row = await exchange_read_schedule.find(context, vendor_id, exchange_id)
    told: dict[int, Any] = {}
    at = context.now()
    page: ExchangePage | None = None
    try:
        page = await _find(session, row, "readback") if row else None
    except CoupangError as error:
        raise_if_stopped(error)
    if page is not None:
        told, _ = sound(page)
    if exchange_id not in told or page is None:
        await outbox.postpone(context, vendor_id, session.epoch, [effect["effect_id"]])
        return
    shown: tuple[Exchange, Any] = told[exchange_id]
    silent, within = readback.silent_for(context, effect, at), context.policy.write_shows_within
    verdict = read_exchange(effect["kind"], effect["payload"], *shown, silent, within)
    await readback.settle(context, vendor_id, session.epoch, effect, verdict, page.raw)
    await take_exchanges(context, vendor_id, page, cause="look:readback", at=at, epoch=session.epoch)
