"""Who may do what now: the lines that a script may go on with, drawn from what is there.

Customers, couriers and the staff in WING look at Coupang as it truly is; the warehouse knows what the
service has told it, and sometimes asks for what cannot be.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from app.clock import KST
from app.machines.receptions import Verdict
from app.sandbox.core.claim_entities import AUTOMATIC, BY_HAND, COLLECTIONS, CONFIRMED, OPEN, STOP, UNCHECKED
from app.sandbox.core.order_entities import Box
from app.sandbox.world.claim_actors import SHIPPED
from tests.support.script_run import Life, Line

Draw = Callable[[st.SearchStrategy[Any]], Any]
ITEMS = tuple(range(85_000_000_001, 85_000_000_005))
PRICES = (9_000, 150_000)
"""Refunded quickly, and not."""
READ_FAULTS = ("500", "504_before", "drop_before", "truncate_after", "stale_rows", "empty_page", "status")
WRITE_FAULTS = (
    "500", "500_after", "504_before", "504_after", "504_late", "521", "521_after",
    "drop_before", "drop_after", "truncate_before", "truncate_after", "200_error", "row_error",
)  # fmt: skip
PAGE_FAULTS = {"duplicate_page": ("O1", "R1"), "shift_page": ("O1",)}
"""Between two pages, and the lists that have some."""
READS = ("O2", "O2", "O2", "R1", "R1", "R1", "E1", "E1", "O1", "O3", "O5", "R2", "R5", "R6")
ROUTES = {
    "ACKNOWLEDGE": "O6", "SHIP": "O7", "CHANGE_INVOICE": "O8", "SELLER_CANCEL": "O9", "STOP_SHIPMENT": "O10",
    "DECLARE_SHIPPED": "O11", "CLOSE_UNDELIVERED": "O12", "PICKUP_WAYBILL": "R7", "CONFIRM_RETURN": "R3",
    "APPROVE_RETURN": "R4", "CONFIRM_EXCHANGE": "E2", "REJECT_EXCHANGE": "E3", "SHIP_EXCHANGE": "E4",
}  # fmt: skip
DEATHS = (
    "app.engine.effects.outbox.take",
    "app.engine.effects.store.begin_attempts",
    "app.coupang.orders.calls.acknowledge",
    "app.coupang.orders.calls.upload_invoices",
    "app.engine.effects.outbox.settle",
    "app.engine.effects.outbox.apply_confirmed",
    "app.engine.effects.store.end_attempts",
    "app.orders.reread.ingest_single",
)
DEATHS_READING = (
    "app.engine.evidence.store.keep",
    "app.engine.visits.leases.end",
    "app.engine.effects.outbox.recover",
    "app.engine.feeds.feeds.finish",
    "app.engine.history.transitions.move_boxes",
)


def control(call: str, **body: Any) -> Line:
    return {"by": "sandbox", "call": f"POST /_sandbox/{call}", "body": body}


def ask(call: str, **body: Any) -> Line:
    return {"by": "warehouse", "call": f"POST /v1/{call}", "body": body}


def one_of(draw: Draw, lines: list[Line]) -> Line | None:
    return draw(st.sampled_from(lines)) if lines else None


# customers


def order(draw: Draw, vendor_id: str) -> Line:
    """A customer buys one or two boxes of one to three options, several pieces of each."""
    boxes = []
    for _ in range(draw(st.integers(1, 2))):
        items = draw(st.lists(st.sampled_from(ITEMS), min_size=1, max_size=3, unique=True))
        lines = [
            {
                "vendor_item_id": item,
                "count": draw(st.integers(1, 3)),
                "price_krw": draw(st.sampled_from(PRICES)),
            }
            for item in items
        ]
        boxes.append({"lines": lines, "able_split": len(items) > 1 and draw(st.booleans())})
    return control("orders", vendor_id=vendor_id, boxes=boxes)


def _pieces(draw: Draw, box: Box) -> list[Line] | None:
    """All that is free (None), or some of it."""
    free = [line for line in box.lines if line.free > 0]
    if draw(st.booleans()):
        return None
    some = draw(st.lists(st.sampled_from(free), min_size=1, unique_by=lambda line: line.vendor_item_id))
    return [
        {"vendor_item_id": line.vendor_item_id, "count": draw(st.integers(1, line.free))} for line in some
    ]


def customer(draw: Draw, life: Life, only: str = "") -> Line | None:
    """A customer changes his mind; `only` names the one thing that comes to it."""
    world = life.shop.world
    world.advance()
    acts: list[tuple[str, Any]] = []
    for box in world.boxes.values():
        free = any(line.free > 0 for line in box.lines)
        if box.exchange_id is not None:
            continue
        if box.status == "ACCEPT":
            acts.append(("change_address", box))
        if free and box.status == "ACCEPT":
            acts.append(("cancel", box))
        if free and box.status in ("INSTRUCT", "DEPARTURE") and not box.hold_kind:
            acts.append(("request_cancel", box))
        if free and box.status in SHIPPED:
            acts += [("return", box), ("exchange", box)]
    # Who bought and who claimed something is heard more often than who thinks again.
    acts *= 3
    acts += [("withdraw", one) for one in world.receipts.values() if one.status in OPEN]
    acts += [("withdraw exchange", one) for one in world.exchanges.values() if one.is_open]
    acts = [one for one in acts if only in ("", one[0])]
    if not acts:
        return None
    act, who = draw(st.sampled_from(acts))
    match act:
        case "change_address":
            return control(f"boxes/{who.box_id}/customer", act=act)
        case "cancel" | "request_cancel":
            return control(f"boxes/{who.box_id}/customer", act=act, **_some(_pieces(draw, who)))
        case "return":
            return control(
                "receipts", box_id=who.box_id, kind="return",
                reason=draw(st.sampled_from(("CHANGEMIND", "DEFECT"))),
                collect=draw(st.sampled_from(COLLECTIONS)), **_some(_pieces(draw, who)),
            )  # fmt: skip
        case "exchange":
            return control(
                "exchanges", box_id=who.box_id, collect=draw(st.sampled_from(COLLECTIONS)),
                **_some(_pieces(draw, who)),
            )  # fmt: skip
        case "withdraw":
            by = "support" if who.pickup.scanned_at is not None else "customer"
            return control(f"receipts/{who.receipt_id}/{by}", act="withdraw")
    by = "support" if who.pickup.scanned_at or who.collected_at else "customer"
    return control(f"exchanges/{who.exchange_id}/{by}", act="withdraw")


def _some(lines: list[Line] | None) -> Line:
    return {} if lines is None else {"lines": lines}


# couriers, support, and the seller's staff in WING


def courier(draw: Draw, life: Life) -> Line | None:
    world = life.shop.world
    world.advance()
    lines: list[Line] = []
    for box in world.boxes.values():
        acts = {"DEPARTURE": ("scan", "deliver", "never"), "DELIVERING": ("deliver",)}.get(box.status, ())
        lines += [control(f"boxes/{box.box_id}/courier", act=act) for act in acts]
    claims: list[tuple[str, Any]] = [
        *((f"receipts/{one.receipt_id}", one) for one in world.receipts.values() if one.status in OPEN),
        *((f"exchanges/{one.exchange_id}", one) for one in world.exchanges.values() if one.is_open),
    ]
    for place, one in claims:
        pickup = one.pickup
        if not pickup.kind or one.status == STOP:
            continue
        acts = ("book",) if pickup.kind in AUTOMATIC and pickup.booked_at is None else ()
        acts += ("scan", "arrive") if pickup.scanned_at is None else ("arrive",)
        acts = () if pickup.arrived_at is not None else acts
        lines += [control(f"{place}/courier", act=act) for act in acts]
        if "exchanges" in place and pickup.arrived_at is None:
            lines.append(control(f"{place}/courier", act="fail"))
    return one_of(draw, lines)


def in_wing(draw: Draw, life: Life) -> Line | None:
    """Somebody of the seller acts by hand in WING, or Coupang's support decides."""
    world = life.shop.world
    world.advance()
    lines: list[Line] = []
    number = {"delivery_company_code": "CJGLS", "invoice_number": life.number()}
    for box in world.boxes.values():
        held = bool(box.hold_kind)
        if box.exchange_id is not None or not any(line.shippable for line in box.lines):
            continue
        if box.status == "ACCEPT" and not held:
            lines.append(control(f"boxes/{box.box_id}/wing", act="acknowledge"))
        if box.status == "INSTRUCT" and not held:
            lines.append(control(f"boxes/{box.box_id}/wing", act="ship", **number))
        if box.status in ("ACCEPT", "INSTRUCT"):
            lines.append(control(f"boxes/{box.box_id}/wing", act="cancel"))
    for one in world.receipts.values():
        place = f"receipts/{one.receipt_id}"
        if one.status == STOP:
            lines.append(control(f"{place}/wing", act="stop"))
            lines.append(control(f"{place}/wing", act="already_shipped", **number))
        elif one.status in OPEN:
            acts = {UNCHECKED: ("receive", "dispute"), CONFIRMED: ("approve", "dispute")}.get(one.status, ())
            lines += [control(f"{place}/wing", act=act) for act in acts]
            lines.append(control(f"{place}/support", act="decide"))
    for swap in world.exchanges.values():
        if swap.is_open and swap.collected_at is None:
            lines.append(control(f"exchanges/{swap.exchange_id}/wing", act="receive"))
        if swap.rejectable:
            lines.append(control(f"exchanges/{swap.exchange_id}/wing", act="reject", code="SOLDOUT"))
    return one_of(draw, lines)


# the warehouse


async def known(life: Life) -> dict[str, list[dict[str, Any]]]:
    """What the service has told the warehouse so far."""
    return {
        "boxes": await life.shop.rows(
            """SELECT b.shipment_box_id AS id, b.state, b.address_final,
                 (SELECT array_agg(vendor_item_id ORDER BY vendor_item_id) FROM line l
                  WHERE l.shipment_box_id = b.shipment_box_id AND l.shippable > 0) AS items
               FROM box b ORDER BY 1"""
        ),
        "holds": await life.shop.rows(
            "SELECT hold_id, shipment_box_id AS id FROM hold WHERE released_at IS NULL ORDER BY 1"
        ),
        "permits": await life.shop.rows(
            """SELECT permit_id, shipment_box_id AS id FROM permit
               WHERE issued_at IS NOT NULL AND revoked_at IS NULL ORDER BY 1"""
        ),
        "stops": await life.shop.rows("SELECT receipt_id AS id FROM cancel WHERE state = 'REQUESTED'"),
        "returns": await life.shop.rows(
            """SELECT t.receipt_id AS id, t.state, r.pickup, c.state AS goods,
                 (SELECT array_agg(DISTINCT vendor_item_id) FROM receipt_line l
                  WHERE l.receipt_id = t.receipt_id) AS items
               FROM return_ t JOIN receipt r USING (receipt_id)
               LEFT JOIN reception c ON c.subject = 'return' AND c.subject_id = t.receipt_id ORDER BY 1"""
        ),
        "exchanges": await life.shop.rows(
            """SELECT e.exchange_id AS id, e.state, c.state AS goods, e.confirmed_at, e.rejectable,
                 (SELECT array_agg(DISTINCT vendor_item_id) FROM exchange_line l
                  WHERE l.exchange_id = e.exchange_id) AS items,
                 (SELECT array_agg(shipment_box_id) FROM exchange_box x
                  WHERE x.exchange_id = e.exchange_id) AS boxes
               FROM exchange e
               LEFT JOIN reception c ON c.subject = 'exchange' AND c.subject_id = e.exchange_id ORDER BY 1"""
        ),
    }


def warehouse(draw: Draw, life: Life, told: dict[str, list[dict[str, Any]]], only: str = "") -> Line | None:
    """What a warehouse that reads what it is told would do next; `only` ends the address of it."""
    lines: list[Line] = []
    for box in told["boxes"]:
        place, items = f"boxes/{box['id']}", box["items"] or []
        match box["state"]:
            case "ACCEPT":
                lines += [ask(f"{place}/acknowledge"), _seller_cancel(place)]
            case "INSTRUCT" if items:
                lines += [_ship(life, place)] * 3
                lines += [ask(f"{place}/ship", courier_code="DIRECT", invoice_number=life.number())]
                lines += [_split(life, place, items)] if len(items) > 1 else []
                lines += [ask(f"{place}/permit"), _hold(life, place), _seller_cancel(place, items[0])]
            case "DEPARTURE" | "DELIVERING" | "FINAL_DELIVERING" | "NONE_TRACKING":
                lines += [ask(f"{place}/invoice", courier_code="CJGLS", invoice_number=life.number())]
                lines += [ask(f"{place}/close")]
    lines += [
        {"by": "warehouse", "call": f"DELETE /v1/boxes/{one['id']}/holds/{one['hold_id']}"}
        for one in told["holds"]
    ]
    lines += [_ship(life, f"boxes/{one['id']}", permit=str(one["permit_id"])) for one in told["permits"]]
    for one in told["stops"]:
        lines += [ask(f"cancels/{one['id']}/stop")] * 2
        lines += [ask(f"cancels/{one['id']}/shipped", courier_code="CJGLS", invoice_number=life.number())]
    for one in told["returns"]:
        lines += _goods(draw, life, f"returns/{one['id']}", one)
        if one["state"] == "VENDOR_WAREHOUSE_CONFIRM":
            lines += [ask(f"returns/{one['id']}/approve")] * 2
    for one in told["exchanges"]:
        if one["state"] in ("RECEIPT", "PROGRESS"):
            lines += _goods(draw, life, f"exchanges/{one['id']}", one)
            lines += [ask(f"exchanges/{one['id']}/reject", code="SOLDOUT")] if one["rejectable"] else []
            for box_id in one["boxes"] or ():
                body = {"courier_code": "CJGLS", "invoice_number": life.number()}
                line = ask(f"exchanges/{one['id']}/ship", shipment_box_id=str(box_id), **body)
                lines += [line] * 3
    return one_of(draw, [line for line in lines if line["call"].endswith(only)])


def clumsy(draw: Draw, life: Life, told: dict[str, list[dict[str, Any]]]) -> Line | None:
    """Something about something, whether it can be or not."""
    lines: list[Line] = []
    number = {"courier_code": "CJGLS", "invoice_number": life.number()}
    for box in told["boxes"]:
        place = f"boxes/{box['id']}"
        lines += [ask(f"{place}/acknowledge"), ask(f"{place}/close"), ask(f"{place}/permit")]
        lines += [ask(f"{place}/ship", **number), ask(f"{place}/invoice", **number), _seller_cancel(place)]
    for one in told["stops"]:
        lines += [ask(f"cancels/{one['id']}/stop"), ask(f"cancels/{one['id']}/shipped", **number)]
    for one in told["returns"]:
        place = f"returns/{one['id']}"
        lines += [ask(f"{place}/{way}") for way in ("arrive", "confirm", "approve")]
        lines += [ask(f"{place}/pickup", **number)]
    for one in told["exchanges"]:
        place = f"exchanges/{one['id']}"
        lines += [ask(f"{place}/{way}") for way in ("arrive", "confirm")]
        lines += [ask(f"{place}/pickup", **number), ask(f"{place}/reject", code="WITHDRAW")]
    return one_of(draw, lines)


def _ship(life: Life, place: str, **more: Any) -> Line:
    return ask(f"{place}/ship", courier_code="CJGLS", invoice_number=life.number(), **more)


def _split(life: Life, place: str, items: list[int]) -> Line:
    later = (life.shop.clock.now() + timedelta(days=2)).astimezone(KST).date().isoformat()
    return _ship(life, place, later=[str(items[0])], later_date=later)


def _hold(life: Life, place: str) -> Line:
    until = (life.shop.clock.now() + timedelta(hours=5)).isoformat()
    return ask(f"{place}/holds", reason="a stain", expires_at=until)


def _seller_cancel(place: str, item: int | None = None) -> Line:
    some = {} if item is None else {"items": [{"vendor_item_id": str(item), "count": 1}]}
    return ask(f"{place}/cancel", reason="CCTTER", confirm_score_loss=True, **some)


def _goods(draw: Draw, life: Life, place: str, one: dict[str, Any]) -> list[Line]:
    """What comes back: it arrives, is looked at, and is confirmed."""
    number = {"courier_code": "CJGLS", "invoice_number": life.number()}
    match one["goods"]:
        case "ARRIVED":
            verdict = draw(st.sampled_from((Verdict.GOOD, Verdict.GOOD, Verdict.DAMAGED)))
            found = [{"vendor_item_id": str(item), "verdict": str(verdict)} for item in one["items"]]
            return [ask(f"{place}/inspect", lines=found)] * 2
        case "DISPUTED":
            accept = {
                "by": "warehouse",
                "call": f"POST /admin/v1/{place}/accept",
                "body": {"reason": "agreed"},
            }
            return [accept]
        case "PASSED" | "ACCEPTED":
            return [ask(f"{place}/confirm")] * 2
    by_hand = one.get("pickup") in (None, BY_HAND)
    return [ask(f"{place}/arrive")] * 2 + ([ask(f"{place}/pickup", **number)] if by_hand else [])


# what goes wrong


async def asked(life: Life) -> list[str]:
    """The routes of the calls that a visit would make now for what has been asked of Coupang."""
    rows = await life.shop.rows(
        "SELECT DISTINCT kind FROM effect WHERE state IN ('PENDING', 'UNKNOWN') ORDER BY 1"
    )
    return [ROUTES[row["kind"]] for row in rows]


def fault(draw: Draw, vendor_id: str, asked: list[str]) -> Line:
    """A few of the next calls meet a fault, what is asked of Coupang more often than other calls."""
    writes = bool(asked) and draw(st.sampled_from((True, True, False)))
    kind = draw(st.sampled_from(WRITE_FAULTS if writes else (*READ_FAULTS, *PAGE_FAULTS)))
    route = draw(st.sampled_from(asked if writes else PAGE_FAULTS.get(kind, READS)))
    return control(
        "faults", kind=kind, route=route, vendor_id=vendor_id, times=draw(st.integers(1, 2)),
        skip=draw(st.sampled_from((0, 0, 1))),
    )  # fmt: skip


def death(draw: Draw, asked: list[str]) -> Line:
    """A visit in whose middle the worker dies."""
    place = draw(st.sampled_from(DEATHS if asked else DEATHS_READING))
    return {"by": "worker", "visit": {"dies": place, "when": draw(st.sampled_from(("before", "after")))}}


RULES = st.fixed_dictionaries(
    {
        "couriers": st.booleans(),
        "acknowledge_lag_max_s": st.sampled_from((0.0, 1_800.0)),
        "receipt_lag_max_s": st.sampled_from((0.0, 600.0)),
        "list_lag_s": st.sampled_from((0.0, 600.0)),
        "stop_refund_s": st.sampled_from((0.0, 172_800.0)),
        "auto_approval_s": st.sampled_from((0.0, 259_200.0)),
        "late_stop_requests": st.booleans(),
        "invoice_despite_stop": st.booleans(),
        "exchange_box_max_s": st.sampled_from((0.0, 600.0)),
        "max_per_page": st.just(50),
    }
)
"""The lags between what Coupang does and what it shows, and what it leaves open."""
