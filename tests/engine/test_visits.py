"""A visit of many parts: one that fails keeps no other from its work."""

from typing import Any

import pytest

from app.engine.effects import dispatch
from app.families import REGISTRY
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


def test_parts_of_a_visit_are_ordered_effects_and_claim_checks_first() -> None:
    names = [part.name for part in REGISTRY.visit_parts]
    assert names[:4] == ["recover", "read_back", "answer_permits", "dispatch"]
    assert names[-1] == "count"
    assert names.index("look_for_stops") < names.index("look_for_new") < names.index("sweep_orders")
    assert len({part.order for part in REGISTRY.visit_parts}) == len(names)
