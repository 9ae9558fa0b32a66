"""What is logged, at the most talkative level, names no person and no key."""

import logging

import pytest

from app.engine.visits.engine import Engine
from app.sandbox.core.order_entities import Receiver
from tests.support.shop import ACCESS_KEY, HOUR, SECRET_KEY, Shop, assert_promises

PERSON = Receiver("홍비밀", "50377778888", "제주특별자치도 비밀시 숨은길 31", "909동 1717호", "63999")
KINDS = ("504_after", "500", "truncate_after", "drop_after", "302", "401", "403_html", "200_error")


async def test_no_log_names_a_person_or_a_key(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    shop.world.set_rules(couriers=False)
    ids = [shop.order(receiver=PERSON).box_id for _ in range(3)]
    shop.world.add_fault("unreadable_row", times=1, box_id=ids[0], set={"orderItems": PERSON.name})
    for number, kind in enumerate(KINDS):
        shop.world.add_fault(kind, skip=number)
    shop.world.add_fault("status", route="O3", status=400, message=f"{PERSON.name} {PERSON.addr1}")
    engine = Engine(shop.context.db.url, lambda *_: shop.visit())
    async with engine.app.open_async():
        # Through the engine, as in a worker, so that its own records are heard too.
        for _ in range(12):
            await engine.ask(shop.vendor_id)
            await engine.app.run_worker_async(
                queues=["visits"], wait=False, install_signal_handlers=False, listen_notify=False
            )
            shop.world.pardon(shop.vendor_id)
            shop.clock.set(max(await shop.due_at(), shop.clock.now()))

    async def left() -> bool:
        await shop.ship_ready()
        return {box["state"] for box in (await shop.boxes()).values()} == {"DEPARTURE"}

    await shop.until(left)
    shop.world.deliver(ids[0])
    await shop.until_state("FINAL_DELIVERING", ids[0])
    await shop.run_for(HOUR)

    ours = [record for record in caplog.records if record.name.split(".")[0] in ("app", "procrastinate")]
    names = {record.name for record in ours}
    assert "app.engine.visits.visit" in names, "the stops were told"
    assert any(name.startswith("procrastinate") for name in names)
    told = "\n".join(
        f"{record.getMessage()} {record.__dict__} {logging.Formatter().format(record)}" for record in ours
    )
    for secret in (PERSON.name, PERSON.addr1, PERSON.addr2, PERSON.safe_digits, ACCESS_KEY, SECRET_KEY):
        assert secret not in told
        assert secret.encode("unicode_escape").decode() not in told
    password = shop.context.db.url.split("@")[0].rsplit(":", 1)[-1]
    assert password not in told
    # The libraries beneath tell URLs, but those name nobody either.
    beneath = "\n".join(record.getMessage() for record in caplog.records if record not in ours)
    for secret in (PERSON.name, PERSON.addr1, PERSON.safe_digits, SECRET_KEY):
        assert secret not in beneath
    await assert_promises(shop)
