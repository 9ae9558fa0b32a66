"""The OpenAPI document: every route declares its problems, all in one form."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.errors import (
    AppError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    Stale,
    Unauthorized,
    Unavailable,
)
from app.machines.boxes import REASONS, BoxState
from app.machines.effects import EffectState
from app.web.problems import MEDIA_TYPE, TooLarge, document

Responses = dict[int | str, dict[str, Any]]

_REFUSED = Refused(
    "ship needs address_is_final",
    state=BoxState.INSTRUCT,
    event="ship",
    missing=[{"rule": "address_is_final", "unblock": REASONS["address_is_final"]}],
    allowed=[],
)
_EXAMPLES: dict[type[AppError], AppError] = {
    NotFound: NotFound("no such box", shipment_box_id="642538970006401429"),
    Conflict: Conflict(
        "another change of this box is still open",
        effect="42",
        effect_kind="ACKNOWLEDGE",
        effect_state=EffectState.SENDING,
    ),
    Refused: _REFUSED,
    Stale: Stale("this box has version 5 by now, read it again", state=BoxState.DELIVERING, version=5),
    Invalid: Invalid(
        "malformed waybill", ("/invoice_number", r"CJGLS (CJ대한통운) numbers match ^(\d{10}|\d{12})$")
    ),
    Unauthorized: Unauthorized("this key is not valid"),
    Forbidden: Forbidden("this key lacks the scope warehouse:write", scope="warehouse:write"),
    TooLarge: TooLarge("the body is larger than 1048576 bytes"),
    Unavailable: Unavailable("the database does not answer right now"),
}
_PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457. Further members depend on `type`, which is also the address of a page.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "examples": ["/problems/invalid-request"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "description": "Also in the log (500 only)."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "in": {"type": "string", "enum": ["body", "query", "path", "header"]},
                    "pointer": {"type": "string", "description": "JSON pointer to the field."},
                    "detail": {"type": "string", "description": "The rule."},
                },
            },
        },
        "missing": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["rule", "unblock"],
                "properties": {"rule": {"type": "string"}, "unblock": {"type": "string"}},
            },
        },
        "allowed": {"type": "array", "items": {"type": "string"}},
        "state": {"type": "string"},
        "event": {"type": "string"},
    },
}


def may_raise(*kinds: type[AppError]) -> Responses:
    """Declare the problems of a route, each with an example; kinds of one status share an entry."""
    declared: Responses = {}
    for kind in kinds:
        entry = declared.setdefault(
            kind.status,
            {
                "description": kind.title,
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}},
            },
        )
        example = {"summary": kind.title, "value": document(_EXAMPLES[kind])}
        entry["content"][MEDIA_TYPE]["examples"][kind.slug] = example
        if kind is Unauthorized:
            entry["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}, "required": True}}
    return declared


GUARDED = may_raise(Unauthorized, Forbidden, Invalid, Unavailable)
"""What any route behind a key may answer."""
ONE = may_raise(NotFound)
"""A route about one thing."""
BODY = may_raise(TooLarge)
"""A route that takes a body."""
CHANGE = {**ONE, **BODY, **may_raise(Refused, Conflict)}
"""A route that asks for a change of one thing."""


_KEPT: list[Any] = []


def shown(example: Any, description: str = "") -> dict[str, Any]:
    """Declare a success with a real example."""
    # FastAPI drops every null of its document; a placeholder keeps those of the examples.
    _KEPT.append(example)
    content = {"application/json": {"example": f"{_PLACE}{len(_KEPT) - 1}"}}
    return {"description": description, "content": content}


_PLACE = "\0example:"


def _with_examples(node: Any) -> Any:
    if isinstance(node, dict):
        return {name: _with_examples(value) for name, value in node.items()}
    if isinstance(node, list):
        return [_with_examples(value) for value in node]
    if isinstance(node, str) and node.startswith(_PLACE):
        return _KEPT[int(node.removeprefix(_PLACE))]
    return node


def _with_names(node: Any, names: Mapping[str, Sequence[str]]) -> Any:
    if isinstance(node, list):
        return [_with_names(value, names) for value in node]
    if not isinstance(node, dict):
        return node
    found = {key: _with_names(value, names) for key, value in node.items() if key != "x-names"}
    if "x-names" in node:
        found["enum"] = list(names[node["x-names"]])
        found.pop("maxLength", None)
    return found


def install(app: FastAPI, names: Mapping[str, Sequence[str]]) -> None:
    """Build the document on demand: with the problem's schema, who needs a key and the names of this service.

    Args:
        app: Whose routes are described.
        names: Word of a list (`x-names` of a schema) → the names that the families declare.
    """

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title,
                version=app.version,
                summary=app.summary,
                description=app.description,
                routes=app.routes,
                tags=app.openapi_tags,
            )
            components = made.setdefault("components", {})
            components.setdefault("schemas", {})["Problem"] = _PROBLEM
            components["securitySchemes"] = {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "cf_<key id>_<secret>",
                    "description": "An API key; made under /admin/v1/keys.",
                }
            }
            for path, ways in made["paths"].items():
                if path.startswith(("/v1", "/admin")):
                    for way in ways.values():
                        way["security"] = [{"bearer": []}]
            app.openapi_schema = _with_names(_with_examples(made), names)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
