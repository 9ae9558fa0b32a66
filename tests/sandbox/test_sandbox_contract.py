"""The control API says what it is: an OpenAPI document of its own, and a page to read it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema_rs import Draft202012Validator, meta

from app.clock import Frozen
from app.sandbox.control.api import _table
from app.sandbox.control.contract import OPERATIONS
from app.sandbox.core.rules import Rules
from app.sandbox.world.world import World
from tests.support.sandbox_claims import SHIRT, instructed
from tests.support.sandbox_seller import VENDOR, Seller


@pytest.fixture
async def document(seller: Seller) -> Any:
    answer = await seller.client.get("/_sandbox/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            yield method.upper(), path, one


async def test_every_route_is_in_the_document_and_nothing_else(document: Any) -> None:
    served = {(method, re.sub(r":\w+\}", "}", path)) for method, path, _ in _table()}
    assert {(method, path) for method, path, _ in operations(document)} == served == OPERATIONS.keys()
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": "/_sandbox"}]
    names = [one["operationId"] for _, _, one in operations(document)]
    assert len(set(names)) == len(names)
    for method, path, one in operations(document):
        assert one["summary"], path
        assert one["tags"], path
        in_path = {name["name"] for name in one["parameters"] if name["in"] == "path"}
        assert in_path == set(re.findall(r"\{(\w+)\}", path))
        assert ("requestBody" in one) <= (method == "POST")
        for schema in schemas(one):
            meta.validate(schema)


def schemas(one: Any) -> Iterator[Any]:
    for parameter in one["parameters"]:
        yield parameter["schema"]
    if "requestBody" in one:
        yield one["requestBody"]["content"]["application/json"]["schema"]


async def test_what_needs_fields_says_so(seller: Seller, document: Any) -> None:
    """A body without anything is refused by exactly the routes whose body is required."""
    for method, path, one in operations(document):
        if method != "POST" or "{" in path:
            continue
        answer = await seller.client.post(f"/_sandbox{path}", json={})
        required = bool(one.get("requestBody", {}).get("required"))
        assert (answer.status_code == 422) is (required or path == "/clock"), (path, answer.text)
        if answer.status_code == 422:
            refusal = document["components"]["schemas"]["Refusal"]
            Draft202012Validator(refusal).validate(answer.json())


async def test_rules_are_in_it_with_their_defaults_and_their_evidence(seller: Seller, document: Any) -> None:
    known = document["components"]["schemas"]["Rules"]["properties"]
    rules = (await seller.client.get("/_sandbox/rules")).json()
    assert known.keys() == rules.keys()
    Draft202012Validator(document["components"]["schemas"]["Rules"]).validate(rules)
    for name, one in known.items():
        default = getattr(Rules(), name)
        assert one["default"] == (list(default) if isinstance(default, tuple) else default)
        assert one["description"], name
    assert known["box_id_digits"]["enum"] == [15, 18]


async def test_bodies_that_the_document_allows_are_taken(
    seller: Seller, world: World, clock: Frozen, document: Any
) -> None:
    box = instructed(world, shirts=2)
    bodies: dict[str, Any] = {
        "/vendors": {"vendor_id": "C00000007", "access_key": "a", "secret_key": "b", "allowed_ips": []},
        "/orders": {
            "vendor_id": VENDOR,
            "boxes": [{"lines": [{"count": 2}]}],
            "receiver": {"name": "김가상"},
        },
        "/shop": {
            "vendor_id": VENDOR,
            "from": "2026-11-20T00:00:00+09:00",
            "until": "2026-11-21T00:00:00+09:00",
            "orders_per_hour": 0.5,
            "cancel_share": 0.1,
        },
        "/handovers": {
            "shipment_box_id": box.box_id,
            "invoice_number": "000000000012",
            "lines": [{"vendor_item_id": SHIRT, "units": 2}],
        },
        "/boxes/{box_id}/customer": {
            "act": "request_cancel",
            "lines": [{"vendor_item_id": SHIRT, "count": 1}],
            "reason": "CHANGEMIND",
        },
        "/boxes/{box_id}/wing": {"act": "cancel"},
        "/rules": {"list_lag_s": 5, "allowed_ips": ["127.0.0.1"]},
        "/clock": {"advance_s": 5},
        "/faults": {"kind": "delay", "delay_ms": 1, "times": 1, "apply": "after"},
        "/script": {"lines": [{"by": "worker"}]},
        "/script/play": {"skip": True},
        "/reset": {"keep_vendors": True},
    }
    for path, body in bodies.items():
        content = document["paths"][path]["post"]["requestBody"]["content"]
        Draft202012Validator(content["application/json"]["schema"]).validate(body)
        address = path.replace("{box_id}", str(box.box_id))
        answer = await seller.client.post(f"/_sandbox{address}", json=body)
        assert answer.status_code == 200, (path, answer.text)


async def test_there_is_a_page_that_asks_no_foreign_host(seller: Seller) -> None:
    page = await seller.client.get("/_sandbox/docs")
    assert page.status_code == 200
    assert "/_sandbox/openapi.json" in page.text
    assert not re.findall(r"(?:src|href)=\"https?://", page.text)
    for asset in re.findall(r"(?:src|href)=\"([^\"]+)\"", page.text):
        found: httpx.Response = await seller.client.get(asset)
        assert found.status_code == 200, asset


async def test_it_answers_whether_it_is_there(seller: Seller) -> None:
    """The address of the container's health check."""
    assert (await seller.client.get("/_sandbox/health")).json() == {"status": "ok"}


def test_the_page_about_the_sandbox_names_every_kind_of_call() -> None:
    told = (Path(__file__).parents[2] / "docs/sandbox.md").read_text("utf-8")
    for _, path in OPERATIONS:
        place = f"/{path.split('/')[1]}"
        assert re.search(rf"`(?:GET|POST|DELETE)[A-Z, ]* {place}\b", told) or f"`{place}" in told, place
    for rule in ("signature_clocks", "latency_real_s", "limit_counts_strangers", "raw_utf8"):
        assert f"`{rule}`" in told
