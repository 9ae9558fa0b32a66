"""What a visit asks the database before it knows that something is due: once for every kind, and no lock."""

from typing import Any

import pytest

from app.coupang.claims.types import RejectCode
from app.engine.caller import US
from app.engine.effects import dispatch
from app.exchanges import changes as exchange_changes
from tests.acceptance.test_story_exchanges import opened
from tests.support.shop import HOUR, MINUTE, Shop
from tests.support.statements import listen

FENCE, KINDS, EFFECTS = "SELECT 1 FROM vendor", "SELECT DISTINCT kind FROM effect", "SELECT e.*"


async def test_an_idle_visit_looks_once_for_work_of_any_kind(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.to_instruct(shop.order().box_id)
    await shop.run_for(HOUR)
    said = listen(monkeypatch)
    await shop.visit()
    # What was left under way, what is to be sent, and what was to be acknowledged by itself.
    assert sum(told.startswith(KINDS) for told in said) == 3
    # What is of unknown outcome.
    assert sum(told.startswith(EFFECTS) for told in said) == 1
    # A lock on the vendor is a write that is waited for; only the end of the visit needs one.
    assert sum(told.startswith(FENCE) for told in said) == 1
    assert len(said) <= 14


async def test_what_is_asked_for_while_another_kind_is_sent_goes_in_the_same_visit(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, exchange_id = await opened(shop)
    box_id = shop.order().box_id

    async def asked_for() -> bool:
        query = "SELECT FROM effect WHERE state = 'PENDING' AND shipment_box_id = %(id)s"
        return bool(await shop.rows(query, id=box_id))

    await shop.until(asked_for)
    settle = dispatch.outbox.settle

    async def slowly(*given: Any) -> list[int]:
        await exchange_changes.reject(shop.context, US, exchange_id, RejectCode.SOLDOUT)
        return await settle(*given)

    monkeypatch.setattr(dispatch.outbox, "settle", slowly)
    shop.later(2 * MINUTE)
    before = shop.calls("O6")
    await shop.visit()
    assert (shop.calls("O6") - before, shop.calls("E3")) == (1, 1)
