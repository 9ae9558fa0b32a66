"""The table of result codes is complete and says what the code does."""

import re
from pathlib import Path

import pytest

from app.coupang.orders.decode import ResultCode, RowResult
from app.orders.effects.kinds import OrderKind
from app.orders.effects.verdicts import judge

PAGE = Path(__file__).parents[2] / "docs" / "invoice-results.md"
ROW = re.compile(
    r"^\| `(?P<code>\w+)` \| `(?P<event>\w+)` \| (?P<before>.+?) \| (?P<next>.+?) \|$", re.MULTILINE
)
TABLE = {row["code"]: row for row in ROW.finditer(PAGE.read_text("utf-8"))}


def test_every_documented_code_is_in_the_table_and_no_other() -> None:
    assert list(TABLE) == [str(code) for code in ResultCode]


@pytest.mark.parametrize("code", ResultCode)
@pytest.mark.parametrize("kind", [OrderKind.SHIP, OrderKind.CHANGE_INVOICE])
def test_the_table_tells_what_becomes_of_the_effect(code: ResultCode, kind: str) -> None:
    verdict = judge(kind, [RowResult(1, code is ResultCode.OK, code)])
    assert verdict.event == TABLE[code]["event"]
    assert verdict.code == code
    stops = code.startswith("ORDER_DELIVERY")
    assert verdict.reread == (verdict.event == "doubt" or stops)


def test_an_unknown_code_is_kept_and_rejects() -> None:
    verdict = judge(OrderKind.SHIP, [RowResult(1, False, "SOMETHING_NEW", False, "새로운 오류")])
    assert (verdict.event, verdict.code, verdict.message) == ("reject", "SOMETHING_NEW", "새로운 오류")
