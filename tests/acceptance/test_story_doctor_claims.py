"""The doctor in a shop with open claims: silent at every hour of the day, and he opens what is sealed."""

from app.sandbox.orders.checkout import BoxSpec, LineSpec
from tests.acceptance.test_story_doctor import findings, findings_after
from tests.support.shop import DAY, HOUR, Shop
from tests.support.stop_requests import ON, SHIRT, SOCKS, receipt_of

YEARS = "%(now)s + interval '5 years'"
FOLLOWS = "SELECT evidence FROM effect WHERE effect_id = %(effect)s"
PLANTED = {
    "a box that nobody will read": (
        "UPDATE box SET next_read_at = NULL WHERE shipment_box_id = %(box)s",
        "feeds",
        "box {box} is open and will be read never",
    ),
    "a stop request that nobody will read": (
        "UPDATE receipt SET next_read_at = NULL WHERE receipt_id = %(stop)s",
        "feeds",
        "receipt {stop} is open and will be read never",
    ),
    "a return that a wrong clock put off": (
        f"UPDATE receipt SET next_read_at = {YEARS} WHERE receipt_id = %(back)s",
        "feeds",
        "receipt {back} is open and will be read only at 2031",
    ),
    "an exchange that is too old to be listed": (
        "UPDATE exchange SET requested_at = requested_at - interval '200 days'",
        "feeds",
        "is open and will be read never",
    ),
    "a feed that a wrong clock put off": (
        f"UPDATE feed SET due_at = {YEARS} WHERE feed = 'stops'",
        "feeds",
        "stops will be read only at 2031",
    ),
    "a feed that is gone": ("DELETE FROM feed WHERE feed = 'orders'", "feeds", "orders is missing"),
    "a vendor that nobody visits": (
        f"UPDATE vendor SET due_at = {YEARS}",
        "feeds",
        "nobody visits it before 2031",
    ),
    "a silence of years": (
        f"UPDATE vendor SET stopped_until = {YEARS}, stopped_kind = 'throttled', stops = 1",
        "feeds",
        "nobody visits it before 2031",
    ),
    "everybody's silence of years": (
        f"""INSERT INTO circuit (name, opened_at, opened_by, reason, until, trips)
            VALUES ('everything', %(now)s, 'A00012345', 'x', {YEARS}, 1)""",
        "feeds",
        "everybody is silent until 2031",
    ),
    "a vendor that is gone": (
        "DELETE FROM vendor",
        "history",
        "there is a history, and no such vendor",
    ),
    "a key that nobody can open": (
        "UPDATE vendor SET sealed_secret_key = sealed_access_key || 'x'::bytea",
        "key",
        "it cannot be opened: the sealed bytes do not verify",
    ),
    "coverage of what has not come": (
        f"""UPDATE feed SET covered = covered + tstzmultirange(tstzrange(%(now)s, {YEARS}))
            WHERE feed = 'orders'""",
        "coverage",
        "orders claims what has not come yet, up to 2031",
    ),
    "a change that is put off for years": (
        f"UPDATE effect SET not_before = {YEARS} WHERE effect_id = %(pending)s",
        "effects",
        "effect {pending} SHIP is PENDING and nobody looks at it before 2031",
    ),
    "a try that was wiped out": (
        "DELETE FROM attempt WHERE effect_id = %(effect)s",
        "effects",
        "effect {effect} was sent 1 times, and 0 tries are recorded",
    ),
    "another answer in the place of the evidence": (
        f"""UPDATE evidence SET sealed = (SELECT sealed FROM evidence WHERE digest <> ({FOLLOWS}) LIMIT 1)
            WHERE digest = ({FOLLOWS})""",
        "effects",
        "effect {effect}: the evidence of its confirmation is not what was stored",
    ),
    "a step without its evidence": (
        """DELETE FROM evidence WHERE digest = (
             SELECT evidence FROM history WHERE aggregate = 'cancel' AND aggregate_id = %(stop)s
             AND version = 2)""",
        "history",
        "cancel {stop} v2: its evidence is gone",
    ),
    "another time of the last step": (
        "UPDATE box SET state_at = state_at - interval '31 days' WHERE shipment_box_id = %(box)s",
        "history",
        "box {box} came there at 2026-11-02",
    ),
    "a history that can be rewritten": (
        "UPDATE pg_trigger SET tgenabled = 'D' WHERE tgname = 'history_rows'",
        "history",
        "trigger history_rows is off",
    ),
    "a line that was taken away": (
        "DELETE FROM line WHERE shipment_box_id = %(two)s AND vendor_item_id = %(socks)s",
        "rows",
        "box {two}: lines is",
    ),
    "units that nobody ordered": (
        "UPDATE line SET ordered = 5 WHERE shipment_box_id = %(two)s AND vendor_item_id = %(shirt)s",
        "rows",
        "box {two}: lines is",
    ),
    "a box of another order": (
        "UPDATE box SET order_id = order_id + 1 WHERE shipment_box_id = %(two)s",
        "rows",
        "box {two}: order_id is",
    ),
    "another waybill": (
        "UPDATE box SET invoice_number = '999' WHERE shipment_box_id = %(box)s",
        "rows",
        "box {box}: invoice_number is 999, Coupang said",
    ),
    "a word that Coupang never said": (
        "UPDATE box SET market_status = 'FINAL_DELIVERY' WHERE shipment_box_id = %(two)s",
        "rows",
        "box {two}: market_status is FINAL_DELIVERY, Coupang said INSTRUCT",
    ),
    "another receiver": (
        """UPDATE receiver SET sealed = (SELECT sealed FROM receiver WHERE shipment_box_id = %(box)s)
           WHERE shipment_box_id = %(two)s""",
        "rows",
        "box {two}: its receiver is not what was stored",
    ),
    "a sheet that is gone": (
        "UPDATE box SET content_hash = 'x'::bytea WHERE shipment_box_id = %(two)s",
        "rows",
        "box {two}: the sheet that it was stored from is gone",
    ),
    "a stop request with all its steps": (
        """WITH told AS (DELETE FROM history WHERE aggregate = 'cancel' AND aggregate_id = %(stop)s)
           DELETE FROM cancel WHERE receipt_id = %(stop)s""",
        "rows",
        "receipt {stop} has neither a cancel nor a return of it",
    ),
    "a receipt that is gone": (
        "DELETE FROM receipt WHERE receipt_id = %(stop)s",
        "rows",
        "cancel {stop} has no receipt",
    ),
    "what a receipt claims": (
        "DELETE FROM receipt_line WHERE receipt_id = %(back)s",
        "rows",
        "receipt {back} has no lines",
    ),
    "what is exchanged": ("DELETE FROM exchange_line", "rows", "has no lines"),
    "a sale taken for a replacement": (
        "UPDATE box SET exchange_id = 77 WHERE shipment_box_id = %(two)s",
        "rows",
        "box {two} has no exchange",
    ),
}


async def test_every_damage_is_found_and_a_sound_shop_is_sound_all_day(shop: Shop) -> None:
    shop.world.set_rules(**ON)
    box, two, stopped, back, swap = (
        shop.order([BoxSpec([LineSpec(SHIRT, 2), *more])]).box_id
        for more in ([], [LineSpec(SOCKS, 1)], [], [], [])
    )
    for box_id in (box, two, stopped, back, swap):
        await shop.to_instruct(box_id)
    for box_id in (box, back, swap):
        await shop.ship(box_id)
    await shop.until_state("DEPARTURE", box, back, swap)
    shop.world.deliver(back)
    shop.world.deliver(swap)
    await shop.until_state("FINAL_DELIVERING", back, swap)
    shop.world.request_cancel(stopped)
    shop.world.request_return(back)
    shop.world.request_exchange(swap)
    await shop.run_for(3 * HOUR, least=HOUR)
    # What is read but once a day is behind for most of it, and that is as it should be.
    for _ in range(5):
        await shop.run_for(DAY / 4, least=DAY / 4)
        assert await findings(shop.context) == [], shop.clock.now()
    await shop.ship(two)
    facts: dict[str, object] = {
        "box": box,
        "two": two,
        "stop": receipt_of(shop, stopped).receipt_id,
        "back": receipt_of(shop, back).receipt_id,
        "shirt": SHIRT,
        "socks": SOCKS,
        "effect": await shop.one("SELECT min(effect_id) FROM effect WHERE kind = 'SHIP'"),
        "pending": await shop.one("SELECT effect_id FROM effect WHERE state = 'PENDING'"),
    }
    for name, (damage, check, told) in PLANTED.items():
        found = await findings_after(shop, damage, facts)
        expected = told.format(**facts)
        assert any(one.check == check and expected in one.told for one in found), (name, found)
    assert await findings(shop.context) == []
