"""Which call is which: methods, versions and paths of the provider. A new family adds its rows here."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from app.sandbox.claims import cancel_calls, return_calls, seller_cancel_calls, withdrawal_calls
from app.sandbox.core.state import SandboxState
from app.sandbox.exchanges import calls as exchange_calls
from app.sandbox.exchanges import pickup_calls
from app.sandbox.orders import calls as order_calls
from app.sandbox.orders import invoice_calls
from app.sandbox.wire.envelopes import Answer
from app.sandbox.wire.requests import Request

PREFIX = "/v2/providers/openapi/apis/api/"
_PROVIDERS = "/v2/providers/"
_VENDOR = re.compile(re.escape(PREFIX) + r"(?P<version>v\d+)/vendors/(?P<vendor>[^/]+)/(?P<rest>.+)")


@dataclass(frozen=True, slots=True)
class Route:
    """One call of the provider."""

    name: str
    methods: tuple[str, ...]
    versions: tuple[str, ...]
    path: re.Pattern[str]
    handle: Callable[[SandboxState, Request], Answer]


def _route(
    name: str, methods: str, versions: str, path: str, handle: Callable[[SandboxState, Request], Answer]
) -> Route:
    return Route(name, tuple(methods.split()), tuple(versions.split()), re.compile(path), handle)


RECEIPT = r"returnRequests/(?P<receipt>\d{1,18})"
EXCHANGE = r"exchangeRequests/(?P<exchange>\d{1,18})"

ROUTES = (
    _route("O1", "GET", "v4 v5", r"ordersheets", order_calls.list_day),
    _route("O3", "GET", "v4 v5", r"ordersheets/(?P<box>\d{1,18})", order_calls.read_box),
    _route("O4", "GET", "v4 v5", r"(?P<order>\d{1,18})/ordersheets", order_calls.read_order),
    _route("O5", "GET", "v4 v5", r"ordersheets/(?P<box>\d{1,18})/history", order_calls.read_history),
    _route("O6", "PUT PATCH", "v4 v5", r"ordersheets/acknowledgement", order_calls.acknowledge),
    _route("O7", "POST", "v4", r"orders/invoices", invoice_calls.upload),
    _route("O8", "POST", "v4", r"orders/updateInvoices", invoice_calls.update),
    _route("O9", "POST", "v4 v5 v6", r"orders/(?P<order>\d{1,18})/cancel", seller_cancel_calls.cancel),
    _route("O10", "PUT PATCH", "v4", rf"{RECEIPT}/stoppedShipment", cancel_calls.stopped),
    _route("O11", "PUT PATCH", "v4", rf"{RECEIPT}/completedShipment", cancel_calls.shipped),
    _route("O12", "POST", "v4", r"completeLongTermUndelivery", order_calls.complete),
    _route("R1", "GET", "v4 v6", r"returnRequests", return_calls.list_receipts),
    _route("R2", "GET", "v4 v6", RECEIPT, return_calls.read_receipt),
    _route("R3", "PUT PATCH", "v4 v5", rf"{RECEIPT}/receiveConfirmation", return_calls.receive),
    _route("R4", "PUT PATCH", "v4 v5", rf"{RECEIPT}/approval", return_calls.approve),
    _route("R5", "GET", "v4", r"returnWithdrawRequests", withdrawal_calls.by_date),
    _route("R6", "POST", "v4", r"returnWithdrawList", withdrawal_calls.by_receipt),
    _route("R7", "POST", "v4", r"return-exchange-invoices/manual", pickup_calls.register),
    _route("E1", "GET", "v4", r"exchangeRequests", exchange_calls.list_exchanges),
    _route("E2", "PUT PATCH", "v4", rf"{EXCHANGE}/receiveConfirmation", exchange_calls.receive),
    _route("E3", "PUT PATCH", "v4", rf"{EXCHANGE}/rejection", exchange_calls.reject),
    _route("E4", "POST", "v4", rf"{EXCHANGE}/invoices", exchange_calls.upload),
)
MINUTES = _route("O2", "GET", "v4 v5", r"ordersheets", order_calls.list_minute)
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


def has_provider(path: str, providers: tuple[str, ...]) -> bool:
    """Tell whether a path of the gateway names a provider that exists, in a way the gateway can read.

    `/apps/` for `/apis/` is reported to end like an unknown provider; paths that are not
    `/v2/providers/…` are simply not found.
    """
    if not path.startswith(_PROVIDERS):
        return True
    provider, _, rest = path.removeprefix(_PROVIDERS).partition("/")
    return provider in providers and (not rest or rest == "apis" or rest.startswith("apis/"))
