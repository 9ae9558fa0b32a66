"""The rows of "thirteen of thirteen": every change that Coupang takes for orders and claims.

The call is the one that the dispatcher really makes: it is started with a client that only notes it. States
and guards come from the machines, addresses from the routes; the words stand in `app.docs.words`.
"""

from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

from app.claims.api import cancels as cancel_routes
from app.claims.api import return_changes as return_routes
from app.docs.words import FAULTS, STORY, WORDS, Words
from app.engine.effects.outbox import Batch
from app.engine.policy import Policy
from app.exchanges.api import exchanges as exchange_routes
from app.families import REGISTRY
from app.machines import boxes, cancels, collects, exchanges, redeliveries, returns
from app.machines.kernel import Rules
from app.orders.api import changes as box_routes

HEAD = (
    "change, asked at",
    "call of Coupang",
    "allowed, and where it leads",
    "what it does here",
    "a doubtful answer is read back",
    "proven by",
)
MACHINES: Mapping[str, tuple[Rules[Any], Mapping[str, str]]] = {
    "box": (boxes.BOX, boxes.CALLS),
    "cancel": (cancels.CANCEL, cancels.CALLS),
    "return": (returns.RETURN, returns.CALLS),
    "exchange": (exchanges.EXCHANGE, exchanges.CALLS),
    "goods back": (collects.COLLECT, collects.CALLS),
    "replacement": (redeliveries.REDELIVERY, redeliveries.CALLS),
}
"""Word for a machine → the machine, and the calls of the events that we ask for."""
_ROUTERS = (box_routes.router, cancel_routes.router, return_routes.router, exchange_routes.router)

# Numbers that stand for themselves in a path.
_ORDER, _BOX, _CLAIM = 101, 102, 103
_PAYLOAD: dict[str, Any] = {
    "cancel_count": 1,
    "code": "SOLDOUT",
    "courier_code": "CJGLS",
    "invoice_number": "123456789012",
    "items": [{"vendor_item_id": 1, "count": 1}],
    "later_date": None,
    "lines": [{"vendor_item_id": 1, "now": True}],
    "pickup_of": "RETURN",
    "pre_split_shipped": False,
    "reason": "CCTTER",
    "reg_number": "",
    "shipment_box_id": _BOX,
    "split_shipping": False,
}
_EFFECT: dict[str, Any] = {
    "order_id": _ORDER,
    "shipment_box_id": _BOX,
    "subject_id": _CLAIM,
    "payload": _PAYLOAD,
}


@dataclass(frozen=True, slots=True)
class Call:
    """A call of Coupang: its number in the catalogue, its method and its path after the vendor's."""

    code: str
    method: str
    path: str


class _Noted(Exception):
    """The call that would have been made."""

    def __init__(self, call: Call) -> None:
        super().__init__(call.code)
        self.call = call


class _Notes:
    """Stands in for the client: notes the first call instead of making it."""

    vendor_id = "{vendorId}"

    def path(self, version: str, rest: str) -> str:
        return f"/{version}/vendors/{self.vendor_id}/{rest}"

    async def request(self, route: str, method: str, path: str, *args: object, **more: object) -> bytes:
        raise _Noted(Call(route, method, path))


def calls() -> Mapping[str, Call]:
    """Return the call that asks for each change, as the dispatcher makes it."""
    return {kind: _call(kind) for kind in REGISTRY.declared_kinds}


def changes() -> Iterable[tuple[str, ...]]:
    """Yield the rows of the table, in the order of `HEAD`."""
    for kind in REGISTRY.declared_kinds:
        words, call = WORDS[kind], calls()[kind]
        asked = "<br/>".join(f"`POST {address(one)}`" for one in words.asked_at)
        yield (
            f"**{kind}**<br/>{asked}",
            f"**{call.code}** `{call.method} {call.path}`",
            "<br/>".join(_moves(call.code)),
            words.does,
            f"{' or '.join(words.read_by)}: {words.shows}; not shown after {_minutes(kind)} min: sent again",
            _proof(kind, words),
        )


@cache
def address(operation_id: str) -> str:
    """Return the path of a REST call that asks for a change.

    Raises:
        KeyError: No route is called so.
    """
    paths = {
        str(getattr(route, "operation_id", "")): str(getattr(route, "path", ""))
        for router in _ROUTERS
        for route in router.routes
    }
    return paths[operation_id]


@cache
def _call(kind: str) -> Call:
    session: Any = SimpleNamespace(client=_Notes(), lease=SimpleNamespace(wing_user_id="wing"))
    batch = Batch(kind, (_EFFECT,), {}, cast(Any, None))
    try:
        cast(Coroutine[Any, Any, object], REGISTRY.effect_kinds[kind].send(session, batch)).send(None)
    except _Noted as noted:
        claim = "{exchangeId}" if "exchangeRequests" in noted.call.path else "{receiptId}"
        path = noted.call.path.replace(str(_ORDER), "{orderId}").replace(str(_CLAIM), claim)
        return Call(noted.call.code, noted.call.method, path)
    raise LookupError(f"{kind} calls nothing")


def _moves(code: str) -> Iterable[str]:
    """Yield every step of a machine that this call makes; sources that share the rest stand together."""
    for name, (rules, called) in MACHINES.items():
        steps: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
        for move in rules.moves():
            if called.get(move.event) == code:
                guards = tuple(guard.name for guard in move.guards)
                steps.setdefault((move.event, move.target, guards), []).append(move.source)
        for (event, target, guards), sources in steps.items():
            needs = f" if {', '.join(f'`{guard}`' for guard in guards)}" if guards else ""
            yield f"{name} `{event}`: {', '.join(sources)} → {target}{needs}"


def _minutes(kind: str) -> int:
    within = REGISTRY.effect_kinds[kind].shows_within(Policy())
    return int(within.total_seconds() // 60)


def _proof(kind: str, words: Words) -> str:
    tests = [(STORY, f"[{kind}-…]"), *((test, "") for test in words.tests)]
    linked = []
    for test, chosen in tests:
        file, _, name = test.partition("::")
        linked.append(f"[{name}{chosen}](../{file})")
    scenarios = ", ".join(f"`{one}`" for one in (*FAULTS, *words.sandbox))
    return "<br/>".join([*linked, f"sandbox: {scenarios}"])
