"""Shapes of the control API's bodies, as JSON Schema; dataclasses give those of rules and shops."""

import ast
import inspect
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from textwrap import dedent
from typing import Any

from app.sandbox.core.faults import KINDS
from app.sandbox.core.order_entities import Receiver
from app.sandbox.core.rules import WORDS, Rules
from app.sandbox.orders.checkout import BoxSpec, LineSpec
from app.sandbox.world.population import Shop

Schema = dict[str, Any]

_PLAIN: dict[str, Schema] = {
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "str": {"type": "string"},
    "tuple[str, ...]": {"type": "array", "items": {"type": "string"}},
    "int | None": {"type": ["integer", "null"]},
    "str | None": {"type": ["string", "null"]},
    "bool | None": {"type": ["boolean", "null"]},
}


def text(about: str = "", **more: Any) -> Schema:
    """Return the schema of a text."""
    return {"type": "string", **({"description": about} if about else {}), **more}


def time(about: str) -> Schema:
    """Return the schema of a time."""
    return text(about, format="date-time")


def whole(about: str = "", **more: Any) -> Schema:
    """Return the schema of a whole number."""
    return {"type": "integer", **({"description": about} if about else {}), **more}


def number(about: str, **more: Any) -> Schema:
    """Return the schema of a number."""
    return {"type": "number", "description": about, **more}


def flag(about: str) -> Schema:
    """Return the schema of a truth value."""
    return {"type": "boolean", "description": about}


def listed(one: Schema, about: str = "") -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": one, **({"description": about} if about else {})}


def told(required: str = "", /, **known: Schema) -> Schema:
    """Return the schema of an object; `required` names fields, separated by blanks."""
    made: Schema = {"type": "object", "properties": known, "additionalProperties": False}
    return {**made, "required": required.split()} if required else made


def acts(*names: str, **more: Schema) -> Schema:
    """Return the schema of a body that says what somebody does."""
    return told("act", act=text(enum=list(names)), **more)


@cache
def described(kind: type) -> Mapping[str, str]:
    """Return what the docstrings below a dataclass's fields say."""
    (tree,) = ast.parse(dedent(inspect.getsource(kind))).body
    assert isinstance(tree, ast.ClassDef)
    return {
        field.target.id: inspect.cleandoc(said.value.value)
        for field, said in zip(tree.body, tree.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(said, ast.Expr)
        and isinstance(said.value, ast.Constant)
        and isinstance(said.value.value, str)
    }


def of_dataclass(kind: type, **instead: Schema) -> Schema:
    """Return the schema of a dataclass's fields; `instead` replaces those that JSON writes otherwise."""
    assert is_dataclass(kind)
    known: dict[str, Schema] = {}
    for field in fields(kind):
        if field.name in instead:
            known[field.name] = instead[field.name]
            continue
        spelled = field.type if isinstance(field.type, str) else _spelled(field.type)
        known[field.name] = dict(_PLAIN[spelled])
        if isinstance(field.default, bool | int | float | str):
            known[field.name]["default"] = field.default
        elif isinstance(field.default, tuple):
            known[field.name]["default"] = list(field.default)
        if about := described(kind).get(field.name):
            known[field.name]["description"] = about
    return told(**known)


def _spelled(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) and not hasattr(kind, "__args__") else str(kind)


def _rules() -> Schema:
    schema = of_dataclass(Rules)
    for name, words in WORDS.items():
        schema["properties"][name]["enum"] = list(words)
    return schema


def _shop() -> Schema:
    schema = of_dataclass(Shop, begins={}, ends={})
    known = schema["properties"]
    del known["begins"], known["ends"]
    known["orders"]["description"] = "How many orders; or say `orders_per_hour`."
    return told(
        "vendor_id from until",
        vendor_id=VENDOR,
        **{"from": time("First payment."), "until": time("Last payment.")},
        orders_per_hour=number("Instead of `orders`.", minimum=0),
        **known,
    )


VENDOR = text("`A` or `C` and eight digits.", pattern="^[AC][0-9]{8}$")
COURIER = text("One of Coupang's codes, such as `CJGLS`.")
PIECES = listed(
    told("vendor_item_id count", vendor_item_id=whole(), count=whole(minimum=1)),
    "Options and how many; without it everything that is free.",
)
RECEIVER = of_dataclass(Receiver)
LINE = of_dataclass(LineSpec)
BOX = of_dataclass(BoxSpec, lines=listed(LINE, "Without lines one is drawn."))
WHY: dict[str, Schema] = {
    "reason": text("A reason code, `CHANGEMIND` by default."),
    "fault": text("Who bears it, such as `CUSTOMER` or `VENDOR`."),
    "detail": text("What the customer writes."),
}
WAYBILL: dict[str, Schema] = {"delivery_company_code": COURIER, "invoice_number": text("The waybill.")}
COLLECT = text("How goods come back: `연동택배`, `전담택배`, `수기관리` or empty.")
FAULT = {
    **told(
        "kind",
        kind=text("What goes wrong; `GET /faults` explains each.", enum=list(KINDS)),
        vendor_id=VENDOR,
        route=text("The call's number, such as `O7`."),
        times={**whole("How often; null is for ever."), "type": ["integer", "null"], "minimum": 1},
        skip=whole("So many matching calls pass unharmed first.", minimum=0),
        delay_ms=number("Held so long, real milliseconds.", minimum=0),
    ),
    # Options depend on the kind.
    "additionalProperties": True,
}
HANDOVER = told(
    "shipment_box_id invoice_number lines",
    shipment_box_id=whole("The box that was packed; of a split box the one that was parted."),
    **WAYBILL,
    lines=listed(
        told("vendor_item_id units", vendor_item_id=whole(), units=whole(minimum=1)),
        "What is in the parcel.",
    ),
    at=time("When it left; now by default."),
)
RULES = _rules()
SHOP = _shop()
REFUSAL = {
    "type": "object",
    "required": ["error", "detail"],
    "properties": {
        "error": text("Kind of refusal, such as `not-found`, `conflict` or `invalid-request`."),
        "detail": text("Why, in words."),
        "errors": listed(told("pointer detail", pointer=text(), detail=text()), "Which fields."),
    },
}
