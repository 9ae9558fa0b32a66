"""The control API under /_sandbox: scripts, clocks, faults, and the truth."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from functools import cache
from re import Pattern
from typing import Any
from urllib.parse import urlsplit

import orjson
from starlette.convertors import Convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, compile_path

from app.clock import Frozen
from app.errors import AppError, Conflict, Invalid
from app.sandbox.control import claims_api, script_api
from app.sandbox.control import contract as control_contract
from app.sandbox.control.claims_api import Handler, Told, pieces
from app.sandbox.core.faults import KINDS
from app.sandbox.core.ledger import parcel_shown, shipment_shown
from app.sandbox.core.order_entities import Box
from app.sandbox.orders.checkout import box_spec, draw_receiver, receiver_of
from app.sandbox.world.population import Shop
from app.sandbox.world.script import Perform
from app.sandbox.world.world import World, truth_of


def routes(world: World) -> list[Route]:
    """Return the routes of the control API, to be mounted at `/_sandbox`."""
    return [Route(path, _endpoint(world, handle), methods=[method]) for method, path, handle in _table()]


@cache
def contract() -> list[BaseRoute]:
    """Return the routes of its OpenAPI document and of the page to read it, for the same place."""
    return control_contract.routes((method, path) for method, path, _ in _table())


@cache
def _table() -> list[tuple[str, str, Handler]]:
    table: list[tuple[str, str, Handler]] = [
        ("GET", "/", _overview),
        ("GET", "/health", _health),
        ("POST", "/vendors", _add_vendor),
        ("POST", "/vendors/{vendor_id}/pardon", _pardon),
        ("POST", "/orders", _order),
        ("POST", "/shop", _shop),
        ("GET", "/boxes", _boxes),
        ("GET", "/boxes/{box_id:int}", _box),
        ("POST", "/boxes/{box_id:int}/customer", _customer),
        ("POST", "/boxes/{box_id:int}/courier", _courier),
        ("POST", "/boxes/{box_id:int}/wing", _wing),
        ("POST", "/boxes/{box_id:int}/acknowledge-lag", _acknowledge_lag),
        ("GET", "/handovers", _handovers),
        ("POST", "/handovers", _hand_over),
        ("GET", "/rules", _rules),
        ("POST", "/rules", _set_rules),
        ("GET", "/clock", _clock),
        ("POST", "/clock", _set_clock),
        ("GET", "/faults", _faults),
        ("POST", "/faults", _add_fault),
        ("DELETE", "/faults", _clear_faults),
        ("GET", "/ledger", _ledger),
        ("GET", "/calls", _calls),
        ("GET", "/transcript", _transcript),
        ("POST", "/reset", _reset),
    ]
    return table + claims_api.TABLE + script_api.table(performer)


@cache
def _patterns() -> list[tuple[str, Pattern[str], dict[str, Convertor[Any]], Handler]]:
    return [
        (method, pattern, convertors, handle)
        for method, path, handle in _table()
        for pattern, _, convertors in [compile_path(path)]
    ]


def performer(world: World) -> Perform:
    """Return what does control calls in this world without HTTP, as lines of scripts ask for them."""

    def perform(method: str, path: str, told: Told) -> tuple[int, object]:
        parts = urlsplit(path)
        place = parts.path.removeprefix("/_sandbox") or "/"
        for known, pattern, convertors, handle in _patterns():
            found = pattern.match(place) if known == method else None
            if found is None:
                continue
            params = {name: convertors[name].convert(text) for name, text in found.groupdict().items()}
            scope = {
                "type": "http",
                "method": method,
                "path": parts.path,
                "path_params": params,
                "query_string": parts.query.encode(),
                "headers": [],
            }
            return _do(world, handle, Request(scope), told)
        return 404, {"error": "not-found", "detail": "no such call"}

    return perform


def _endpoint(world: World, handle: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            told = await _told(request)
        except AppError as refused:
            return _json(_refusal(refused), refused.status)
        status, said = _do(world, handle, request, told)
        return said if isinstance(said, Response) else _json(said, status)

    return endpoint


def _do(world: World, handle: Handler, request: Request, told: Told) -> tuple[int, object]:
    try:
        return 200, handle(world, request, told)
    except AppError as refused:
        return refused.status, _refusal(refused)
    except (KeyError, TypeError, ValueError) as wrong:
        return 422, {"error": "invalid-request", "detail": f"missing or unusable: {wrong}"}


def _refusal(refused: AppError) -> Told:
    return {"error": refused.slug, "detail": refused.detail, **refused.members}


async def _told(request: Request) -> Told:
    body = await request.body()
    if not body:
        return {}
    try:
        read = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Invalid("the body is not JSON") from None
    if not isinstance(read, dict):
        raise Invalid("the body is not a JSON object")
    return dict(read)


def _json(value: object, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, media_type="application/json")


def _time(value: object, name: str) -> datetime:
    try:
        read = datetime.fromisoformat(str(value))
    except ValueError:
        raise Invalid("not a time", (name, "ISO 8601 with offset")) from None
    if read.tzinfo is None:
        raise Invalid("a time without offset says nothing", (name, "ISO 8601 with offset"))
    return read


def _shown(world: World, box: Box) -> Told:
    return truth_of(box, world.now())


def _overview(world: World, request: Request, told: Told) -> Told:
    return {
        "now": world.advance().isoformat(),
        "seed": world.seed,
        "vendors": sorted(world.vendors),
        "boxes": len(world.boxes),
        "receipts": len(world.receipts),
        "exchanges": len(world.exchanges),
        "calls": len(world.ledger.calls),
    }


def _health(world: World, request: Request, told: Told) -> Told:
    return {"status": "ok"}


def _add_vendor(world: World, request: Request, told: Told) -> Told:
    vendor = world.add_vendor(
        told["vendor_id"],
        told["access_key"],
        told["secret_key"],
        issued_at=_time(told["issued_at"], "issued_at") if told.get("issued_at") else None,
        allowed_ips=told.get("allowed_ips"),
    )
    vendor.wing_users |= {str(one) for one in told.get("wing_users", [])}
    return {"vendor_id": vendor.vendor_id}


def _pardon(world: World, request: Request, told: Told) -> Told:
    vendor_id = request.path_params["vendor_id"]
    world.pardon(vendor_id)
    return {"vendor_id": vendor_id}


def _order(world: World, request: Request, told: Told) -> Told:
    paid_at = _time(told["paid_at"], "paid_at") if told.get("paid_at") else None
    receiver = None
    if told.get("receiver") is not None:
        receiver = receiver_of(told["receiver"], draw_receiver(world.chance("told", told["vendor_id"])))
    placed = world.order(
        told["vendor_id"],
        [box_spec(one) for one in told.get("boxes", [{}])],
        paid_at=paid_at,
        receiver=receiver,
        count=int(told.get("count", 1)),
    )
    return {
        "orders": [
            {"order_id": boxes[0].order_id, "shipment_box_ids": [box.box_id for box in boxes]}
            for boxes in placed
        ]
    }


def _shop(world: World, request: Request, told: Told) -> Told:
    plan = dict(told)
    vendor_id = plan.pop("vendor_id")
    begins, ends = _time(plan.pop("from"), "from"), _time(plan.pop("until"), "until")
    if "orders_per_hour" in plan:
        plan["orders"] = round(float(plan.pop("orders_per_hour")) * (ends - begins).total_seconds() / 3_600)
    try:
        shop = Shop(begins=begins, ends=ends, **plan)
    except TypeError as unknown:
        raise Invalid("this shop has a field nobody knows, or lacks one", ("shop", str(unknown))) from unknown
    boxes = world.shop(vendor_id, shop)
    return {"orders": len({box.order_id for box in boxes}), "boxes": len(boxes)}


def _boxes(world: World, request: Request, told: Told) -> list[Told]:
    return world.truth(request.query_params.get("vendor_id"))


def _box(world: World, request: Request, told: Told) -> Told:
    world.advance()
    return _shown(world, world.present(request.path_params["box_id"]))


def _customer(world: World, request: Request, told: Told) -> Told:
    box_id: int = request.path_params["box_id"]
    match told.get("act"):
        case "change_address":
            receiver = told.get("receiver")
            base = world.present(box_id).receiver
            return _shown(
                world, world.change_address(box_id, receiver_of(receiver, base) if receiver else None)
            )
        case "cancel":
            by, why = told.get("by", "customer"), claims_api.why(told)
            return _shown(world, world.cancel(box_id, pieces(told), by=by, why=why))
        case "request_cancel":
            return _shown(world, world.request_cancel(box_id, pieces(told), why=claims_api.why(told)))
        case "withdraw_cancel":
            return _shown(world, world.withdraw_cancel(box_id))
    raise Invalid(
        "a customer cannot do that", ("act", "change_address, cancel, request_cancel or withdraw_cancel")
    )


def _courier(world: World, request: Request, told: Told) -> Told:
    acts = {"scan": world.scan, "deliver": world.deliver, "never": world.never_scan}
    if told.get("act") not in acts:
        raise Invalid("a courier cannot do that", ("act", "scan, deliver or never"))
    return _shown(world, acts[told["act"]](request.path_params["box_id"]))


def _wing(world: World, request: Request, told: Told) -> Told:
    box_id: int = request.path_params["box_id"]
    match told.get("act"):
        case "acknowledge":
            return _shown(world, world.wing_acknowledge(box_id))
        case "ship":
            courier, invoice = told["delivery_company_code"], told["invoice_number"]
            despite = bool(told.get("despite_stop", False))
            return _shown(world, world.wing_ship(box_id, courier, invoice, despite_stop=despite))
        case "cancel":
            return _shown(world, world.wing_cancel(box_id, pieces(told)))
    raise Invalid("WING cannot do that", ("act", "acknowledge, ship or cancel"))


def _handovers(world: World, request: Request, told: Told) -> list[Told]:
    world.advance()
    asked = request.query_params.get("vendor_id")
    return [parcel_shown(one) for one in world.ledger.handed_over if asked in (None, one.vendor_id)]


def _hand_over(world: World, request: Request, told: Told) -> Told:
    lines = told["lines"]
    units = {int(one["vendor_item_id"]): int(one["units"]) for one in lines}
    if len(units) < len(lines):
        raise Invalid("an option is named twice", ("lines", "each vendor_item_id once"))
    parcel, wrong = world.hand_over(
        int(told["shipment_box_id"]),
        str(told.get("delivery_company_code", "")),
        str(told["invoice_number"]),
        units,
        at=_time(told["at"], "at") if told.get("at") else None,
    )
    return {**parcel_shown(parcel), "shipped_cancelled": [shipment_shown(one) for one in wrong]}


def _acknowledge_lag(world: World, request: Request, told: Told) -> Told:
    return _shown(world, world.fix_acknowledge_lag(request.path_params["box_id"], float(told["seconds"])))


def _rules(world: World, request: Request, told: Told) -> Told:
    return asdict(world.rules)


def _set_rules(world: World, request: Request, told: Told) -> Told:
    return asdict(world.set_rules(**told))


def _clock(world: World, request: Request, told: Told) -> Told:
    return {"now": world.advance().isoformat(), "factor": world.clock.factor}


def _set_clock(world: World, request: Request, told: Told) -> Told:
    if not isinstance(world.clock, Frozen):
        raise Conflict("this clock runs by itself; only a frozen one can be moved")
    if "set" in told:
        world.clock.set(_time(told["set"], "set"))
    elif "advance_s" in told:
        world.clock.advance(seconds=float(told["advance_s"]))
    else:
        raise Invalid("how far?", ("set", "a time"), ("advance_s", "seconds"))
    return _clock(world, request, told)


def _faults(world: World, request: Request, told: Told) -> Told:
    return {"faults": world.faults.listed(), "kinds": KINDS}


def _add_fault(world: World, request: Request, told: Told) -> Told:
    return {"fault_id": world.add_fault(**told).fault_id}


def _clear_faults(world: World, request: Request, told: Told) -> Told:
    asked = request.query_params
    fault_id = int(asked["fault_id"]) if "fault_id" in asked else None
    return {"removed": world.faults.clear(asked.get("vendor_id"), fault_id)}


def _ledger(world: World, request: Request, told: Told) -> Told:
    return world.report()


def _calls(world: World, request: Request, told: Told) -> list[Told]:
    since = int(request.query_params.get("since", 0))
    return [{**call._asdict(), "at": call.at.isoformat()} for call in world.ledger.calls[since:]]


def _transcript(world: World, request: Request, told: Told) -> Response:
    return Response(world.transcript(), media_type="application/x-ndjson")


def _reset(world: World, request: Request, told: Told) -> Told:
    world.reset(seed=told.get("seed"), keep_vendors=bool(told.get("keep_vendors", False)))
    return _overview(world, request, told)
