"""Read known boxes again, the cheapest way: 50 a call by list, or one by one when that costs less.

A list row may be stale and absence from a list proves nothing; only a box read by itself, with its
history, may overrule what we hold.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.clock import KST
from app.coupang.errors import CoupangError, Gone
from app.coupang.orders import calls as order_calls
from app.coupang.orders.decode import Sheet, SheetPage, WireStatus
from app.engine.feeds.feeds import DAYS_AT_ONCE
from app.engine.visits.session import SINGLES_MOST, VisitSession, raise_if_stopped
from app.machines.boxes import TRACKED, BoxState
from app.orders import read_schedule as box_flows
from app.orders.ingest import sound, take_page
from app.orders.ingest_single import ingest_gone, ingest_single


@dataclass(frozen=True, slots=True)
class Group:
    """Boxes that are read together: their states, and the lists in which they may be found next."""

    purpose: str
    states: frozenset[BoxState]
    news: tuple[WireStatus, ...]
    """Lists that would bring news, in the order in which a box moves."""
    rest: tuple[WireStatus, ...] = ()
    """Lists that only show that a box is still where it was; read when a look may not miss again."""


GROUPS = (
    Group("accept", frozenset({BoxState.ACCEPT}), (WireStatus.ACCEPT,)),
    Group("receiver", frozenset({BoxState.INSTRUCT}), (WireStatus.INSTRUCT,)),
    Group(
        "tracking",
        TRACKED,
        (WireStatus.DELIVERING, WireStatus.FINAL_DELIVERY),
        (WireStatus.DEPARTURE,),
    ),
)


async def look_at(
    session: VisitSession, boxes: Sequence[Mapping[str, Any]], statuses: Iterable[WireStatus], purpose: str
) -> dict[int, list[Sheet]]:
    """Read boxes by list or singly, store and observe what is found; return the sheets by box id.

    Args:
        session: The visit's session.
        boxes: Rows with `shipment_box_id`, `order_id` and `paid_at`.
        statuses: The lists in which they are expected, in the order in which a box moves.
        purpose: Why, for the tally.

    Returns:
        An entry for every box that was read, without the box itself when Coupang says that it is gone;
        boxes that no list showed or that could not be read are missing.
    """
    wanted = {box["shipment_box_id"]: box for box in boxes}
    found: dict[int, list[Sheet]] = {}
    for span in _spans(boxes):
        first, last = span[0]["paid_at"], span[-1]["paid_at"]
        pages = 0
        for status in statuses:
            pages += await box_flows.likely_pages(
                session.context, session.vendor_id, status, first, last, len(span)
            )
        if len(span) <= max(2, pages):
            for box in span:
                sheets = await look_single(session, box, purpose)
                if sheets is not None:
                    found[box["shipment_box_id"]] = sheets
            continue
        for status in statuses:
            at = session.context.now()
            days = first.astimezone(KST).date(), last.astimezone(KST).date()
            async for page in order_calls.list_days(session.client, *days, status, purpose=purpose):
                await take_page(
                    session.context,
                    session.vendor_id,
                    page,
                    cause=f"look:{purpose}",
                    at=at,
                    epoch=session.epoch,
                )
                for sheet in page.sheets:
                    if sheet.shipment_box_id in wanted:
                        found[sheet.shipment_box_id] = [sheet]
                session.check_time()
    return found


async def look_single(
    session: VisitSession, box: Mapping[str, Any], purpose: str, *, with_history: bool = False
) -> list[Sheet] | None:
    """Read one box by itself (all boxes of its order when it was split), store and observe it.

    Returns:
        The sheets; without the box itself when Coupang says that it was cancelled or returned; None when
        its row could not be read.
    """
    session.check_time()
    context, box_id = session.context, box["shipment_box_id"]
    at = context.now()
    siblings: list[Sheet] = []
    try:
        page = SheetPage(())
        if box.get("split_shipping"):
            page = sound(await order_calls.get_order(session.client, box["order_id"], purpose=purpose))
        if not _names(page, box_id):
            # An order does not list a box that is gone while another is left; the box itself says so.
            siblings = list(page.sheets)
            if siblings:
                await ingest_single(
                    context,
                    session.vendor_id,
                    page,
                    None,
                    cause=f"look:{purpose}",
                    at=at,
                    epoch=session.epoch,
                )
            page = sound(await order_calls.get_box(session.client, box_id, purpose=purpose))
        history = None
        if with_history and await _contradicts(session, box_id, page):
            history = await order_calls.get_history(session.client, box_id, purpose=purpose)
    except Gone as gone:
        await ingest_gone(
            context, session.vendor_id, box_id, gone.body, cause=f"look:{purpose}", at=at, epoch=session.epoch
        )
        return siblings
    await ingest_single(
        context, session.vendor_id, page, history, cause=f"look:{purpose}", at=at, epoch=session.epoch
    )
    read = any(sheet.shipment_box_id == box_id for sheet in page.sheets)
    return [*siblings, *page.sheets] if read else None


async def _contradicts(session: VisitSession, box_id: int, page: SheetPage) -> bool:
    """Tell whether only the history shows what became of a box."""
    shown = [sheet.status for sheet in page.sheets if sheet.shipment_box_id == box_id]
    return bool(shown) and await box_flows.is_contradicted(
        session.context, session.vendor_id, box_id, shown[-1]
    )


def _names(page: SheetPage, box_id: int) -> bool:
    read = any(sheet.shipment_box_id == box_id for sheet in page.sheets)
    return read or any(row.shipment_box_id == box_id for row in page.unreadable)


async def reread(session: VisitSession) -> int:
    """Read every box that is due: receivers after an acknowledge, open deliveries, doubts."""
    due = await box_flows.to_read(session.context, session.vendor_id)
    doubtful = [box for box in due if box["doubtful"]][:SINGLES_MOST]
    for box in doubtful:
        read: list[Sheet] | None = None
        try:
            read = await look_single(session, box, "doubt", with_history=True)
        except CoupangError as error:
            raise_if_stopped(error)
        if read is None:
            await box_flows.postpone(
                session.context, session.vendor_id, session.epoch, [box["shipment_box_id"]]
            )
    for group in GROUPS:
        members = [box for box in due if box["state"] in group.states and not box["doubtful"]]
        if not members:
            continue
        thorough = box_flows.must_be_found(members)
        statuses = (*group.rest, *group.news) if thorough else group.news
        try:
            found = await look_at(session, members, statuses, group.purpose)
        except CoupangError as error:
            raise_if_stopped(error)
            found = {}
        await box_flows.seen_or_not(
            session.context, session.vendor_id, session.epoch, members, set(found), thorough=thorough
        )
    return len(due)


def _spans(boxes: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Cut boxes into stretches of payment days that one list call may ask for."""
    spans: list[list[Mapping[str, Any]]] = []
    start: datetime | None = None
    for box in sorted(boxes, key=lambda box: box["paid_at"]):
        if start is None or box["paid_at"] - start > DAYS_AT_ONCE:
            start = box["paid_at"]
            spans.append([])
        spans[-1].append(box)
    return spans
