"""The contract of the control API: every route with its summary, body and answer, as OpenAPI 3.1."""

import importlib.util
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from app.sandbox.control import schemas as shape
from app.sandbox.control.schemas import Schema, acts, told

BASE = "/_sandbox"
DESCRIPTION = (
    "Scripts, clocks, faults and the truth of the sandbox. Nothing here exists at Coupang; no key is needed, "
    "so the sandbox belongs on loopback. Times are those of the sandbox's clock, with an offset."
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One route, in words and shapes."""

    summary: str
    tag: str
    body: Schema | None = None
    query: dict[str, Schema] = field(default_factory=dict)
    many: bool = False
    """Whether it answers a list."""


_OF_VENDOR = {"vendor_id": shape.VENDOR}
_WITHDRAW = acts("withdraw")
_CLAIM_COURIER = acts("book", "scan", "arrive", **shape.WAYBILL)

OPERATIONS: dict[tuple[str, str], Operation] = {
    ("GET", "/"): Operation("Time, seed, vendors, how many boxes and calls", "world"),
    ("GET", "/health"): Operation("Whether it answers", "world"),
    ("POST", "/reset"): Operation(
        "Start from nothing, with the first rules",
        "world",
        told(seed=shape.whole("Another seed."), keep_vendors=shape.flag("Keep vendors and keys.")),
    ),
    ("POST", "/vendors"): Operation(
        "Register a vendor, or give it new keys",
        "vendors",
        told(
            "vendor_id access_key secret_key",
            vendor_id=shape.VENDOR,
            access_key=shape.text("Opaque."),
            secret_key=shape.text("Opaque."),
            wing_users=shape.listed(shape.text(), "WING login ids; while there are none, O9 takes any."),
            issued_at=shape.time("When the key was issued, now by default; it lives 180 days."),
            allowed_ips=shape.listed(shape.text(), "Addresses that may use it; empty lets all in."),
        ),
    ),
    ("POST", "/vendors/{vendor_id}/pardon"): Operation(
        "Lift every ban and block of a vendor, and of callers without a key", "vendors"
    ),
    ("POST", "/orders"): Operation(
        "Let customers pay orders",
        "orders",
        told(
            "vendor_id",
            vendor_id=shape.VENDOR,
            boxes=shape.listed(shape.BOX, "One box of one line without it."),
            paid_at=shape.time("Now by default; a time ahead makes them appear then."),
            receiver={**shape.RECEIVER, "description": "What is not told is drawn."},
            count=shape.whole("So many such orders.", minimum=1),
        ),
    ),
    ("POST", "/shop"): Operation("Let a seeded population shop", "orders", shape.SHOP),
    ("GET", "/boxes"): Operation("The truth about all boxes", "boxes", query=_OF_VENDOR, many=True),
    ("GET", "/boxes/{box_id}"): Operation("The truth about a box, whatever lists show", "boxes"),
    ("POST", "/boxes/{box_id}/customer"): Operation(
        "What a customer, or Coupang's support, does about a box",
        "boxes",
        acts(
            "change_address",
            "cancel",
            "request_cancel",
            "withdraw_cancel",
            receiver=shape.RECEIVER,
            lines=shape.PIECES,
            by=shape.text("Who cancels.", enum=["customer", "support"]),
            **shape.WHY,
        ),
    ),
    ("POST", "/boxes/{box_id}/courier"): Operation(
        "What a courier does with a box", "boxes", acts("scan", "deliver", "never")
    ),
    ("POST", "/boxes/{box_id}/wing"): Operation(
        "What the seller's staff do in WING",
        "boxes",
        acts(
            "acknowledge",
            "ship",
            "cancel",
            lines=shape.PIECES,
            despite_stop=shape.flag("Ship although a stop is asked."),
            **shape.WAYBILL,
        ),
    ),
    ("POST", "/boxes/{box_id}/acknowledge-lag"): Operation(
        "When its acknowledge will show",
        "boxes",
        told("seconds", seconds=shape.number("After the OK.", minimum=0)),
    ),
    ("GET", "/handovers"): Operation(
        "Parcels that warehouses have told to have given to couriers",
        "warehouse",
        query=_OF_VENDOR,
        many=True,
    ),
    ("POST", "/handovers"): Operation(
        "Tell what was handed to a courier; every unit that was cancelled or stopped before is counted",
        "warehouse",
        shape.HANDOVER,
    ),
    ("GET", "/receipts"): Operation(
        "The truth about cancels, stop requests and returns", "claims", query=_OF_VENDOR, many=True
    ),
    ("POST", "/receipts"): Operation(
        "File a return, stop request or cancel",
        "claims",
        told(
            "box_id",
            box_id=shape.whole(),
            kind=shape.text(enum=["return", "stop", "cancel"]),
            lines=shape.PIECES,
            collect=shape.COLLECT,
            by=shape.text("Who files it."),
            **shape.WHY,
        ),
    ),
    ("GET", "/receipts/{claim_id}"): Operation("The truth about one receipt", "claims"),
    ("POST", "/receipts/{claim_id}/customer"): Operation(
        "What the customer does about it", "claims", _WITHDRAW
    ),
    ("POST", "/receipts/{claim_id}/support"): Operation(
        "What Coupang's support does about it",
        "claims",
        acts("withdraw", "decide", lost=shape.flag("Decide that the goods are lost.")),
    ),
    ("POST", "/receipts/{claim_id}/wing"): Operation(
        "What the seller's staff do about it in WING",
        "claims",
        acts("already_shipped", "dispute", "stop", "receive", "approve", **shape.WAYBILL),
    ),
    ("POST", "/receipts/{claim_id}/courier"): Operation(
        "What the courier of the pick-up does", "claims", _CLAIM_COURIER
    ),
    ("GET", "/exchanges"): Operation("The truth about exchanges", "claims", query=_OF_VENDOR, many=True),
    ("POST", "/exchanges"): Operation(
        "Open an exchange",
        "claims",
        told("box_id", box_id=shape.whole(), lines=shape.PIECES, collect=shape.COLLECT, **shape.WHY),
    ),
    ("GET", "/exchanges/{claim_id}"): Operation("The truth about one exchange", "claims"),
    ("POST", "/exchanges/{claim_id}/customer"): Operation(
        "What the customer does about it", "claims", _WITHDRAW
    ),
    ("POST", "/exchanges/{claim_id}/support"): Operation(
        "What Coupang's support does about it", "claims", _WITHDRAW
    ),
    ("POST", "/exchanges/{claim_id}/wing"): Operation(
        "What the seller's staff do about it in WING",
        "claims",
        acts("receive", "reject", code=shape.text(enum=["SOLDOUT", "WITHDRAW"])),
    ),
    ("POST", "/exchanges/{claim_id}/courier"): Operation(
        "What the courier of the pick-up does",
        "claims",
        acts("book", "scan", "arrive", "fail", **shape.WAYBILL),
    ),
    ("GET", "/rules"): Operation("Every fact that Coupang leaves open", "behaviour"),
    ("POST", "/rules"): Operation("Change rules by name", "behaviour", shape.RULES),
    ("GET", "/clock"): Operation("The sandbox's time", "behaviour"),
    ("POST", "/clock"): Operation(
        "Move a frozen clock",
        "behaviour",
        told(set=shape.time("To this time."), advance_s=shape.number("Ahead by so many seconds.")),
    ),
    ("GET", "/faults"): Operation("What is to go wrong, and all kinds", "behaviour"),
    ("POST", "/faults"): Operation("Let something go wrong", "behaviour", shape.FAULT),
    ("DELETE", "/faults"): Operation(
        "Take faults back: all, a vendor's, or one",
        "behaviour",
        query={**_OF_VENDOR, "fault_id": shape.whole()},
    ),
    ("GET", "/ledger"): Operation("Every change and attempt, and what was shipped though cancelled", "truth"),
    ("GET", "/calls"): Operation(
        "Every call", "truth", query={"since": shape.whole("The first number.", minimum=0)}, many=True
    ),
    ("GET", "/transcript"): Operation("Every call and answer, one JSON line each", "truth"),
    ("GET", "/script"): Operation("The script, and how far it was played", "scripts"),
    ("POST", "/script"): Operation(
        "Load a script", "scripts", told("lines", lines=shape.listed({"type": "object"}, "Its lines."))
    ),
    ("POST", "/script/play"): Operation(
        "Play up to the next line of somebody else",
        "scripts",
        told(skip=shape.flag("Pass over the lines of others.")),
    ),
}
"""By method and path, without convertors."""


def document(table: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return the OpenAPI document of these routes (method and path as Starlette writes them).

    Raises:
        KeyError: A route that nobody has described.
    """
    paths: dict[str, dict[str, Any]] = {}
    for method, path in table:
        plain = re.sub(r"\{(\w+):\w+\}", r"{\1}", path)
        one = OPERATIONS[method, plain]
        paths.setdefault(plain, {})[method.lower()] = _operation(method, path, plain, one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Control API of the Coupang sandbox", "version": "1", "description": DESCRIPTION},
        "servers": [{"url": BASE}],
        "paths": paths,
        "components": {"schemas": {"Refusal": shape.REFUSAL, "Rules": shape.RULES}},
    }


def routes(table: Iterable[tuple[str, str]]) -> list[BaseRoute]:
    """Return the routes of the contract: `openapi.json`, and `docs`, a page without foreign hosts."""
    written = orjson.dumps(document(table))
    found = importlib.util.find_spec("fastapi_offline")
    if found is None or found.origin is None:
        raise RuntimeError("the files of docs are missing: fastapi-offline is not installed")
    assets = f"{BASE}/docs/assets"
    page = get_swagger_ui_html(
        openapi_url=f"{BASE}/openapi.json",
        title="Sandbox",
        swagger_js_url=f"{assets}/swagger-ui-bundle.js",
        swagger_css_url=f"{assets}/swagger-ui.css",
        swagger_favicon_url=f"{assets}/favicon.png",
    )

    async def contract(request: Request) -> Response:
        return Response(written, media_type="application/json")

    async def docs(request: Request) -> Response:
        return page

    return [
        Route("/openapi.json", contract),
        Route("/docs", docs),
        Mount("/docs/assets", StaticFiles(directory=Path(found.origin).with_name("static"))),
    ]


def _operation(method: str, path: str, plain: str, one: Operation) -> dict[str, Any]:
    words = [part for part in re.split(r"[^a-z_]+", re.sub(r"\{\w+\}$", "one", plain)) if part]
    words = [part for part in words if part not in ("box_id", "claim_id", "vendor_id")]
    parameters = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "integer"} if kind == "int" else shape.VENDOR,
        }
        for name, kind in re.findall(r"\{(\w+):?(\w*)\}", path)
    ]
    parameters += [{"name": name, "in": "query", "schema": schema} for name, schema in one.query.items()]
    lines = plain == "/transcript"
    answer: Schema = {"type": "array", "items": {"type": "object"}} if one.many else {"type": "object"}
    if plain == "/rules":
        answer = {"$ref": "#/components/schemas/Rules"}
    content = {"application/x-ndjson": {}} if lines else {"application/json": {"schema": answer}}
    refusal = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    made: dict[str, Any] = {
        "operationId": "_".join([method.lower(), *(words or ["overview"])]),
        "summary": one.summary,
        "tags": [one.tag],
        "parameters": parameters,
        "responses": {"200": {"description": "Done.", "content": content}},
    }
    for status, means in (("404", "No such thing."), ("409", "Not now."), ("422", "Unusable.")):
        if one.body is not None or parameters:
            made["responses"][status] = {"description": means, "content": refusal}
    if one.body is not None:
        required = bool(one.body.get("required"))
        made["requestBody"] = {"required": required, "content": {"application/json": {"schema": one.body}}}
    return made
