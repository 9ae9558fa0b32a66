"""Which call is which: methods, versions and paths of the provider. A new family adds its rows here."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from app.sandbox import (
    cancels,
    exchanges,
    invoices,
    manual_pickups,
    orders,
    returns,
    seller_cancels,
    withdrawals,
)
from app.sandbox.answers import Answer
from app.sandbox.requests import Request
from app.sandbox.stage import Stage

PREFIX = "/v2/providers/openapi/apis/api/"
_VENDOR = re.compile(re.escape(PREFIX) + r"(?P<version>v\d+)/vendors/(?P<vendor>[^/]+)/(?P<rest>.+)")


@dataclass(frozen=True, slots=True)
class Route:
    """One call of the provider."""

    name: str
    methods: tuple[str, ...]
    versions: tuple[str, ...]
    path: re.Pattern[str]
    handle: Callable[[Stage, Request], Answer]


def _route(
    name: str, methods: str, versions: str, path: str, handle: Callable[[Stage, Request], Answer]
) -> Route:
    return Route(name, tuple(methods.split()), tuple(versions.split()), re.compile(path), handle)


RECEIPT = r"returnRequests/(?P<receipt>\d{1,18})"
EXCHANGE = r"exchangeRequests/(?P<exchange>\d{1,18})"

ROUTES = (
    _route("O1", "GET", "v4 v5", r"ordersheets", orders.list_day),
    _route("O3", "GET", "v4 v5", r"ordersheets/(?P<box>\d{1,18})", orders.read_box),
    _route("O4", "GET", "v4 v5", r"(?P<order>\d{1,18})/ordersheets", orders.read_order),
    _route("O5", "GET", "v4 v5", r"ordersheets/(?P<box>\d{1,18})/history", orders.read_history),
    _route("O6", "PUT PATCH", "v4 v5", r"ordersheets/acknowledgement", orders.acknowledge),
    _route("O7", "POST", "v4", r"orders/invoices", invoices.upload),
    _route("O8", "POST", "v4", r"orders/updateInvoices", invoices.update),
    _route("O9", "POST", "v4 v5 v6", r"orders/(?P<order>\d{1,18})/cancel", seller_cancels.cancel),
    _route("O10", "PUT PATCH", "v4", rf"{RECEIPT}/stoppedShipment", cancels.stopped),
    _route("O11", "PUT PATCH", "v4", rf"{RECEIPT}/completedShipment", cancels.shipped),
    _route("O12", "POST", "v4", r"completeLongTermUndelivery", orders.complete),
    _route("R1", "GET", "v4 v6", r"returnRequests", returns.list_receipts),
    _route("R2", "GET", "v4 v6", RECEIPT, returns.read_receipt),
    _route("R3", "PUT PATCH", "v4 v5", rf"{RECEIPT}/receiveConfirmation", returns.receive),
    _route("R4", "PUT PATCH", "v4 v5", rf"{RECEIPT}/approval", returns.approve),
    _route("R5", "GET", "v4", r"returnWithdrawRequests", withdrawals.by_date),
    _route("R6", "POST", "v4", r"returnWithdrawList", withdrawals.by_receipt),
    _route("R7", "POST", "v4", r"return-exchange-invoices/manual", manual_pickups.register),
    _route("E1", "GET", "v4", r"exchangeRequests", exchanges.list_exchanges),
    _route("E2", "PUT PATCH", "v4", rf"{EXCHANGE}/receiveConfirmation", exchanges.receive),
    _route("E3", "PUT PATCH", "v4", rf"{EXCHANGE}/rejection", exchanges.reject),
    _route("E4", "POST", "v4", rf"{EXCHANGE}/invoices", exchanges.upload),
)
MINUTES = _route("O2", "GET", "v4 v5", r"ordersheets", orders.list_minute)
"""Shares the path of O1; `searchType=timeFrame` asks for it."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where a path leads; `route` is None when nothing lives there for this method."""

    vendor_id: str
    version: str
    route: Route | None
    path: dict[str, str]
    allowed: tuple[str, ...] = ()


def find(method: str, path: str, params: dict[str, str]) -> Found:
    """Return where `path` leads; `allowed` is empty for an unknown path."""
    parts = _VENDOR.fullmatch(path)
    if parts is None:
        return Found("", "", None, {})
    for route in ROUTES:
        fits = route.path.fullmatch(parts["rest"])
        if fits is None or parts["version"] not in route.versions:
            continue
        if method not in route.methods:
            return Found(parts["vendor"], parts["version"], None, {}, route.methods)
        if route.name == "O1" and params.get("searchType") == "timeFrame":
            route = MINUTES
        return Found(parts["vendor"], parts["version"], route, fits.groupdict(), route.methods)
    return Found(parts["vendor"], parts["version"], None, {})
