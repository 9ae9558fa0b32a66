"""A visit of many parts: one that fails keeps no other from its work."""

from typing import Any

import pytest

from app.engine.effects import dispatch
from app.engine.visits import visit
from app.orders import poll as order_poll
from app.orders import reread as box_reread
from tests.support.shop import MINUTE, Shop


@pytest.mark.parametrize(
    ("home", "name"),
    [(dispatch, "read_back"), (order_poll, "look_for_new"), (box_reread, "reread")],
)
async def test_a_part_that_fails_keeps_no_other_from_its_work(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, home: Any, name: str
) -> None:
    async def odd(*_: Any) -> None:
        raise OverflowError("date value out of range")

    monkeypatch.setattr(home, name, odd)
    box_id = shop.order().box_id
    shop.later(15 * MINUTE)
    for _ in range(3):
        # It is told, every time.
        with pytest.raises(OverflowError):
            await shop.visit()
        shop.later(2 * MINUTE)
    assert await shop.state(box_id) == "INSTRUCT"
    assert await shop.rows("SELECT 1 FROM feed WHERE last_ok_at IS NULL AND feed = 'exchanges'") == []
    monkeypatch.undo()
    assert await shop.visit()


def test_every_part_of_a_visit_has_its_place() -> None:
    parts = [one for name, one in vars(visit).items() if getattr(one, "__annotations__", {}).get("session")]
    known = {*visit.PARTS, visit._work}
    assert {one for one in parts if one.__module__ == visit.__name__} == known
