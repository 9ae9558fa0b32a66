"""The control API of claims: receipts and exchanges, made and moved by script, and their truth."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request

from app.errors import Invalid, NotFound
from app.sandbox.claims.create_claims import Why
from app.sandbox.core.claim_entities import LINKED, Exchange, Receipt
from app.sandbox.world.claims_world import told_why, truth_of_exchange, truth_of_receipt
from app.sandbox.world.world import World

Told = dict[str, Any]
Handler = Callable[[World, Request, Told], Any]


def pieces(told: Told) -> dict[int, int] | None:
    """Read the `lines` of a script; None when it names none."""
    lines = told.get("lines")
    return None if lines is None else {int(one["vendor_item_id"]): int(one["count"]) for one in lines}


def why(told: Told) -> Why:
    """Read reason, fault and detail of a script."""
    return told_why(str(told.get("reason", "CHANGEMIND")), told.get("fault"), str(told.get("detail", "")))


def _shown(claim: Receipt | Exchange) -> Told:
    return truth_of_receipt(claim) if isinstance(claim, Receipt) else truth_of_exchange(claim)


def _receipt_id(world: World, request: Request) -> int:
    receipt_id: int = request.path_params["claim_id"]
    return world.receipt(receipt_id).receipt_id


def _exchange_id(world: World, request: Request) -> int:
    exchange_id: int = request.path_params["claim_id"]
    return world.exchange(exchange_id).exchange_id


def _receipts(world: World, request: Request, told: Told) -> list[Told]:
    return world.true_receipts(request.query_params.get("vendor_id"))


def _exchanges(world: World, request: Request, told: Told) -> list[Told]:
    return world.true_exchanges(request.query_params.get("vendor_id"))


def _receipt(world: World, request: Request, told: Told) -> Told:
    world.advance()
    return _shown(world.receipt(_receipt_id(world, request)))


def _exchange(world: World, request: Request, told: Told) -> Told:
    world.advance()
    return _shown(world.exchange(_exchange_id(world, request)))


def _file(world: World, request: Request, told: Told) -> Told:
    box_id, kind = int(told["box_id"]), told.get("kind", "return")
    if kind == "return":
        collect, by = str(told.get("collect", LINKED)), str(told.get("by", "customer"))
        made = world.request_return(box_id, pieces(told), collect=collect, why=why(told), by=by)
        return _shown(made)
    if kind not in ("stop", "cancel"):
        raise Invalid("no such claim", ("kind", "return, stop or cancel"))
    if kind == "stop":
        world.request_cancel(box_id, pieces(told), why=why(told))
    else:
        world.cancel(box_id, pieces(told), by=str(told.get("by", "customer")), why=why(told))
    filed = world.receipts_of_box(box_id)
    if not filed:
        raise NotFound("the refund is running; its receipt comes when it has run")
    return _shown(filed[-1])


def _open_exchange(world: World, request: Request, told: Told) -> Told:
    collect = str(told.get("collect", LINKED))
    return _shown(world.request_exchange(int(told["box_id"]), pieces(told), collect=collect, why=why(told)))


def _receipt_customer(world: World, request: Request, told: Told) -> Told:
    return _withdraw(world, _receipt_id(world, request), told, "customer")


def _exchange_customer(world: World, request: Request, told: Told) -> Told:
    return _withdraw(world, _exchange_id(world, request), told, "customer")


def _exchange_support(world: World, request: Request, told: Told) -> Told:
    return _withdraw(world, _exchange_id(world, request), told, "support")


def _withdraw(world: World, claim_id: int, told: Told, by: str) -> Told:
    if told.get("act") != "withdraw":
        raise Invalid(f"a {by} cannot do that", ("act", "withdraw"))
    return _shown(world.withdraw(claim_id, by=by))


def _receipt_support(world: World, request: Request, told: Told) -> Told:
    receipt_id = _receipt_id(world, request)
    if told.get("act") == "decide":
        return _shown(world.decide(receipt_id, lost=bool(told.get("lost", False))))
    return _withdraw(world, receipt_id, told, "support")


def _receipt_wing(world: World, request: Request, told: Told) -> Told:
    receipt_id = _receipt_id(world, request)
    acts: dict[str, Callable[[int], Receipt | Exchange]] = {
        "dispute": world.wing_dispute,
        "stop": world.wing_stop,
        "receive": world.wing_receive,
        "approve": world.wing_approve,
    }
    if told.get("act") == "already_shipped":
        courier, invoice = told["delivery_company_code"], told["invoice_number"]
        return _shown(world.wing_already_shipped(receipt_id, courier, invoice))
    if told.get("act") not in acts:
        raise Invalid("WING cannot do that", ("act", f"already_shipped, {', '.join(acts)}"))
    return _shown(acts[told["act"]](receipt_id))


def _exchange_wing(world: World, request: Request, told: Told) -> Told:
    exchange_id = _exchange_id(world, request)
    match told.get("act"):
        case "receive":
            return _shown(world.wing_receive(exchange_id))
        case "reject":
            return _shown(world.wing_reject(exchange_id, str(told.get("code", "SOLDOUT"))))
    raise Invalid("WING cannot do that", ("act", "receive or reject"))


def _receipt_courier(world: World, request: Request, told: Told) -> Told:
    return _courier(world, _receipt_id(world, request), told)


def _exchange_courier(world: World, request: Request, told: Told) -> Told:
    exchange_id = _exchange_id(world, request)
    if told.get("act") == "fail":
        return _shown(world.pickup_fail(exchange_id))
    return _courier(world, exchange_id, told)


def _courier(world: World, claim_id: int, told: Told) -> Told:
    match told.get("act"):
        case "book":
            courier, invoice = told.get("delivery_company_code", ""), told.get("invoice_number", "")
            return _shown(world.pickup_book(claim_id, courier, invoice))
        case "scan":
            return _shown(world.pickup_scan(claim_id))
        case "arrive":
            return _shown(world.pickup_arrive(claim_id))
    raise Invalid("a courier cannot do that", ("act", "book, scan or arrive; exchanges also fail"))


TABLE: list[tuple[str, str, Handler]] = [
    ("GET", "/receipts", _receipts),
    ("POST", "/receipts", _file),
    ("GET", "/receipts/{claim_id:int}", _receipt),
    ("POST", "/receipts/{claim_id:int}/customer", _receipt_customer),
    ("POST", "/receipts/{claim_id:int}/support", _receipt_support),
    ("POST", "/receipts/{claim_id:int}/wing", _receipt_wing),
    ("POST", "/receipts/{claim_id:int}/courier", _receipt_courier),
    ("GET", "/exchanges", _exchanges),
    ("POST", "/exchanges", _open_exchange),
    ("GET", "/exchanges/{claim_id:int}", _exchange),
    ("POST", "/exchanges/{claim_id:int}/customer", _exchange_customer),
    ("POST", "/exchanges/{claim_id:int}/support", _exchange_support),
    ("POST", "/exchanges/{claim_id:int}/wing", _exchange_wing),
    ("POST", "/exchanges/{claim_id:int}/courier", _exchange_courier),
]
"""The routes of claims: method, path, handler."""
