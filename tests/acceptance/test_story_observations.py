"""What Coupang shows without us: steps skipped, rows that are stale, ways that lead back."""

from app.engine.vendors import store as vendor_store
from app.sandbox.orders import transitions as box_transitions
from app.sandbox.orders.checkout import BoxSpec, LineSpec
from tests.support.shop import DAY, HOUR, MINUTE, Shop, assert_promises


async def on_its_way(shop: Shop) -> int:
    """Return a box that left with a waybill of ours, watched by no courier of its own accord."""
    shop.world.set_rules(couriers=False)
    box_id = shop.order().box_id
    shop.world.fix_acknowledge_lag(box_id, 0)
    await shop.to_instruct(box_id)
    await shop.ship(box_id)
    await shop.until_state("DEPARTURE", box_id)
    return box_id


async def test_an_order_that_skips_from_accept_to_delivering(shop: Shop) -> None:
    shop.world.set_rules(couriers=False)
    box_id = shop.order().box_id
    await shop.until_state("ACCEPT", box_id)
    # Somebody acknowledges and ships in WING, and the courier scans, all between two looks.
    shop.world.wing_acknowledge(box_id)
    shop.world.wing_ship(box_id, "HANJIN", "500000000001")
    shop.world.scan(box_id)
    await shop.until_state("DELIVERING", box_id)
    steps = await shop.history(box_id)
    assert [(step["event"], step["target"]) for step in steps] == [
        ("appear", "ACCEPT"),
        ("see_instruct", "INSTRUCT"),
        ("see_departure", "DEPARTURE"),
        ("see_delivering", "DELIVERING"),
    ]
    assert {step["actor"] for step in steps} == {"coupang"}
    assert len({step["at"] for step in steps[1:]}) == 1, "seen at once, told step by step"
    box = await shop.find(box_id)
    assert box is not None
    assert (box["courier_code"], box["invoice_number"]) == ("HANJIN", "500000000001")
    # Our own acknowledge comes too late: it is answered by what Coupang shows, and nothing was applied.
    await shop.run_for(2 * HOUR)
    assert {effect["state"] for effect in await shop.effects(box_id)} <= {"REJECTED", "CONFIRMED"}
    assert shop.mutations(box_id) == []
    await assert_promises(shop)


async def test_an_address_changed_before_a_hand_made_shipment_is_the_one_we_hold(shop: Shop) -> None:
    shop.world.set_rules(couriers=False)
    box_id = shop.order().box_id
    await shop.until_state("ACCEPT", box_id)
    shop.world.change_address(box_id)
    shop.world.wing_acknowledge(box_id)
    shop.world.wing_ship(box_id, "HANJIN", "500000000001")
    # Nobody ever read it as INSTRUCT: what the row of the shipped box says is the final address.
    await shop.until_state("DEPARTURE", box_id)
    box = await shop.find(box_id)
    assert box is not None
    assert (box["address_version"], box["address_final"]) == (2, True)
    assert (await shop.receivers(box_id))[0]["addr1"] == shop.truth()[box_id]["receiver"]["addr1"]
    await assert_promises(shop)


async def test_a_stale_row_after_departure_is_doubted_not_believed(shop: Shop) -> None:
    box_id = await on_its_way(shop)
    before = await shop.history(box_id)
    fault = shop.world.add_fault("stale_rows", route="O2", times=1)
    single_reads = shop.calls("O3"), shop.calls("O5")

    async def stale_row_seen() -> bool:
        return bool(fault.hits)

    await shop.until(stale_row_seen)
    # One reading of the box itself settles it, in the same visit: it shows what we hold.
    assert (shop.calls("O3"), shop.calls("O5")) == (single_reads[0] + 1, single_reads[1])
    box = (await shop.boxes())[box_id]
    assert (box["state"], box["doubtful"], box["attention"]) == ("DEPARTURE", False, None)
    assert await shop.history(box_id) == before
    tally = await shop.rows(
        "SELECT route, sum(calls)::int AS n FROM tally WHERE purpose = 'doubt' GROUP BY 1"
    )
    assert {(row["route"], row["n"]) for row in tally} == {("O3", 1)}
    await assert_promises(shop)


async def test_a_waybill_changed_in_wing_leads_back_when_it_is_proven(shop: Shop) -> None:
    box_id = await on_its_way(shop)
    shop.later(HOUR)
    shop.world.scan(box_id)
    await shop.until_state("DELIVERING", box_id)
    # The seller corrects the waybill by hand: the way begins anew.
    with shop.world.happening(shop.clock.now()):
        box_transitions.waybill(
            shop.world, shop.world.box(box_id), "HANJIN", "500000000009", shop.clock.now(), "wing"
        )
    await shop.until_state("DEPARTURE", box_id, least=10 * MINUTE)
    last = (await shop.history(box_id))[-1]
    assert (last["event"], last["source"], last["actor"]) == ("see_departure", "DELIVERING", "coupang")
    box = await shop.find(box_id)
    assert box is not None
    assert (box["invoice_number"], box["attention"]) == ("500000000009", None)
    # Only its history proves that it went back, so it was read.
    assert shop.calls("O5") == 1
    await assert_promises(shop)


async def test_an_order_cancelled_at_accept_is_found_gone(shop: Shop) -> None:
    async with shop.context.db.transaction() as tx:
        await vendor_store.change(tx, shop.vendor_id, auto_acknowledge=False)
    box_id = shop.order().box_id
    await shop.until_state("ACCEPT", box_id)
    shop.world.cancel(box_id)
    started = shop.clock.now()
    # Absence from a list proves nothing; only the box itself says that it is gone.
    await shop.until_state("CANCELLED", box_id, least=10 * MINUTE)
    assert shop.clock.now() - started < DAY
    assert (await shop.history(box_id))[-1]["event"] == "see_cancelled"
    assert (await shop.history(box_id))[-1]["evidence"]
    await assert_promises(shop)


async def test_a_split_order_whose_rest_is_cancelled_is_found_gone(shop: Shop) -> None:
    box_id = shop.order(
        [BoxSpec([LineSpec(count=1, vendor_item_id=85_000_000_001), LineSpec(count=1)])]
    ).box_id
    await shop.to_instruct(box_id)
    stays = shop.world.box(box_id).lines[1].vendor_item_id
    later = (shop.clock.now() + 3 * DAY).date()
    await shop.ship(box_id, later=[stays], later_date=later)

    async def split() -> bool:
        return len(await shop.boxes()) == 2

    await shop.until(split)
    shop.world.wing_cancel(box_id)
    await shop.until_state("CANCELLED", box_id, least=10 * MINUTE)
    part_id = next(one for one in await shop.boxes() if one != box_id)
    await shop.until_state("FINAL_DELIVERING", part_id, least=2 * HOUR)
    await assert_promises(shop)
