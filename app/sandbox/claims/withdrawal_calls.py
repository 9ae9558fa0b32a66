"""Withdrawn claims: by date (R5) and by receipt (R6); the return list has forgotten them."""

import re
from datetime import datetime, timedelta

from app.clock import KST
from app.sandbox.claims import render as render_receipts
from app.sandbox.core.claim_entities import Receipt
from app.sandbox.core.state import SandboxState
from app.sandbox.wire.envelopes import Answer, ok
from app.sandbox.wire.requests import MISSING, Request, json_body, number, require

ABSENT = "Required String parameter '{name}' is not present"
WRONG_FORM = "날짜입력을 확인해 주세요. (형식:yyyy-MM-dd) [Please confirm the date input (format:yyyy-MM-dd)]"
WRONG_ORDER = "종료일자는 시작일자보다 작거나 같아야 합니다."
TOO_LONG = "최대 조회 기간은 7 일 입니다.(The maximum view duration is 7 days)"
TOO_MANY = (
    "페이지별 최대 표시 갯수(sizePerPage)는 100 입니다. "
    "(The maximum number of indications per page (sizePerPage) is 100)"
)
NO_PAGE = "pageindex 는 음수 또는 0 일 수 없습니다. (pageindex can not be negative or 0)"
MOST_IDS = 50
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def by_date(state: SandboxState, request: Request) -> Answer:
    """R5: what was withdrawn on some days, newest first, by numbered pages."""
    for name in ("dateFrom", "dateTo"):
        require(name in request.params, ABSENT.format(name=name))
    first, last = (_day(request.params[name]) for name in ("dateFrom", "dateTo"))
    require(first is not None and last is not None, WRONG_FORM)
    assert first is not None
    assert last is not None
    require(first <= last, WRONG_ORDER)
    require((last - first).days <= state.rules.withdrawal_range_days, TOO_LONG)
    size, page = _count(request, "sizePerPage", 10), _count(request, "pageIndex", 1)
    require(page >= 1, NO_PAGE)
    require(1 <= size <= 100, TOO_MANY)
    ends = last + timedelta(days=1)
    found = sorted(
        (
            (one.withdrawn_at, one.receipt_id, one)
            for one in _withdrawn(state, request)
            if one.withdrawn_at is not None and first <= one.withdrawn_at < ends
        ),
        reverse=True,
    )
    rows = [render_receipts.withdrawal(one) for _, _, one in found[(page - 1) * size : page * size]]
    return ok(200, rows, nextPageIndex=str(page + 1) if len(found) > page * size else "")


def by_receipt(state: SandboxState, request: Request) -> Answer:
    """R6: which of these receipts were withdrawn; all others are simply absent."""
    asked = json_body(request).get("cancelIds")
    require(isinstance(asked, list) and asked, MISSING)
    ids = [number(one, "cancelIds") for one in asked or []]
    require(len(ids) <= MOST_IDS, f"cancelIds should be {MOST_IDS} or less")
    withdrawn = {one.receipt_id: one for one in _withdrawn(state, request)}
    rows = [render_receipts.withdrawal(withdrawn[one]) for one in dict.fromkeys(ids) if one in withdrawn]
    return ok("200", rows)


def _withdrawn(state: SandboxState, request: Request) -> list[Receipt]:
    mine = (state.receipts[receipt_id] for _, receipt_id in request.vendor.receipts)
    return [one for one in mine if one.withdrawn_at is not None]


def _day(text: str) -> datetime | None:
    if _DAY.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=KST)
    except ValueError:
        return None


def _count(request: Request, name: str, default: int) -> int:
    """Return a number of the query; what is none counts as 0 and is refused by its caller."""
    text = request.params.get(name) or str(default)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
