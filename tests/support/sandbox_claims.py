"""Boxes at each stage of their life, and the claims that customers make about them."""

from typing import Any

from app.sandbox.core.claim_entities import Exchange, Receipt
from app.sandbox.core.order_entities import Box
from app.sandbox.orders.checkout import BoxSpec, LineSpec
from app.sandbox.world.world import World
from tests.support.sandbox_seller import VENDOR

SHIRT, SOCKS = 85000000001, 85000000002


def accepted(world: World, *, shirts: int = 2, socks: int = 0, **more: Any) -> Box:
    """A paid box of shirts and socks at 19,900 and 4,900 KRW."""
    lines = [LineSpec(SHIRT, shirts, 19_900, 0, "예시 티셔츠", "화이트 L", "SKU-0001")]
    if socks:
        lines.append(LineSpec(SOCKS, socks, 4_900, 0, "예시 양말", "블랙 FREE", "SKU-0002"))
    return world.order(VENDOR, [BoxSpec(lines, **more)])[0][0]


def instructed(world: World, **more: Any) -> Box:
    box = accepted(world, **more)
    world.wing_acknowledge(box.box_id)
    return box


def departed(world: World, *, number: str = "000000000012", **more: Any) -> Box:
    box = instructed(world, **more)
    world.wing_ship(box.box_id, "CJGLS", number)
    return box


def delivered(world: World, **more: Any) -> Box:
    box = departed(world, **more)
    world.deliver(box.box_id)
    return box


def stop(world: World, box: Box, pieces: dict[int, int] | None = None) -> Receipt:
    """The receipt of a customer who wants an INSTRUCT box stopped."""
    world.request_cancel(box.box_id, pieces)
    return world.receipts_of_box(box.box_id)[-1]


def returned(world: World, box: Box, pieces: dict[int, int] | None = None, **more: Any) -> Receipt:
    return world.request_return(box.box_id, pieces, **more)


def exchanged(world: World, box: Box, pieces: dict[int, int] | None = None, **more: Any) -> Exchange:
    return world.request_exchange(box.box_id, pieces, **more)


def counts(box: Box) -> list[tuple[int, int, int]]:
    """(ordered, held, cancelled) per line."""
    return [(line.count, line.held, line.canceled) for line in box.lines]
