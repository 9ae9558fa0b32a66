"""The warehouse hands over what it packed, once the waybill stands, and says so at the door."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from app.clock import Frozen
from app.devtools.packer import Packer, Parcel, SandboxDock
from app.devtools.packer.dock import Parcels
from app.main import listen
from app.sandbox.core.rules import Rules
from app.sandbox.http.server import Running
from app.sandbox.world.world import World
from tests.support.sandbox_claims import SHIRT, instructed, stop
from tests.support.sandbox_seller import ACCESS_KEY, SECRET_KEY, VENDOR, Seller

BOX_ID = "642538970006401001"
START = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
QUIET = Rules(limit_per_second=0, list_lag_s=0, couriers=False)


@dataclass
class Service:
    """A service with one box of three, which answers as told."""

    box_id: str = BOX_ID
    shippable: int = 3
    state: str = "PENDING"
    answers: list[int] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    open: bool = True

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/v1/boxes")
        async def boxes() -> Any:
            box = {
                "shipment_box_id": self.box_id,
                "exchange_id": None,
                "address_final": True,
                "stop_open": False,
                "split_shipping": False,
                "able_split_shipping": False,
            }
            return {"items": [box] if self.open else [], "next_cursor": None}

        @app.get("/v1/cancels")
        @app.get("/v1/returns")
        @app.get("/v1/exchanges")
        async def nothing() -> Any:
            return {"items": [], "next_cursor": None}

        @app.get("/v1/boxes/{box_id}/lines")
        async def lines(box_id: str) -> Any:
            return {"items": [{"vendor_item_id": str(SHIRT), "shippable": self.shippable}]}

        @app.post("/v1/boxes/{box_id}/ship")
        async def ship(box_id: str, request: Request) -> Response:
            body = await request.json()
            status = self.answers.pop(0) if self.answers else 202
            if status == 202:
                self.open = False
                self.labels.append(body["invoice_number"])
            effect = {"effect_id": "7", "shipment_box_id": box_id, "payload": body, "state": "PENDING"}
            return JSONResponse(effect, status)

        @app.get("/v1/effects/7")
        async def effect() -> Any:
            return {"effect_id": "7", "state": self.state}

        return app


class Door:
    """A door that remembers what left."""

    def __init__(self) -> None:
        self.left: list[Parcel] = []
        self.refusals: list[int] = []

    async def brought(self) -> Parcels:
        return Parcels()

    async def hand_over(self, parcel: Parcel) -> None:
        self.left.append(parcel)
        if self.refusals:
            request = httpx.Request("POST", "http://door.example")
            httpx.Response(self.refusals.pop(0), request=request).raise_for_status()


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
async def url(service: Service) -> AsyncIterator[str]:
    stop_, bound = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(listen(service.app(), "127.0.0.1", 0, stop_, finish_s=1, bound=bound))
    yield f"http://127.0.0.1:{await bound}"
    stop_.set()
    await serving


async def test_a_parcel_leaves_once_its_waybill_stands(service: Service, url: str) -> None:
    door = Door()
    packer = Packer(url, "cf_example", dock=door)
    assert await packer.pack() == 1
    await packer.pack()
    assert door.left == []
    service.state = "CONFIRMED"
    await packer.pack()
    await packer.pack()
    (label,) = service.labels
    assert [(one.shipment_box_id, one.invoice_number, one.units) for one in door.left] == [
        (int(BOX_ID), label, {SHIRT: 3})
    ]
    assert packer.counts["handed over"] == 1
    await packer.close()


@pytest.mark.parametrize(("refusal", "times"), [(422, 1), (503, 2)])
async def test_a_door_that_refuses_does_not_end_the_warehouse(
    service: Service, url: str, refusal: int, times: int
) -> None:
    """What the ledger cannot believe has left all the same; what it did not hear is told again."""
    door = Door()
    door.refusals = [refusal]
    packer = Packer(url, "cf_example", dock=door)
    service.state = "CONFIRMED"
    for _ in range(4):
        await packer.work()
    assert len(door.left) == times
    await packer.close()


async def test_a_refused_waybill_is_unpacked(service: Service, url: str) -> None:
    door = Door()
    packer = Packer(url, "cf_example", dock=door)
    await packer.pack()
    service.state = "REJECTED"
    await packer.pack()
    service.state = "CONFIRMED"
    await packer.pack()
    assert door.left == []
    await packer.close()


async def test_what_was_asked_again_is_what_was_packed_first(service: Service, url: str) -> None:
    """Nobody answered; the same request goes again, and the parcel is still the first one."""
    door = Door()
    packer = Packer(url, "cf_example", dock=door)
    service.answers = [503, 202]
    await packer.pack()
    service.shippable = 2
    await packer.pack()
    service.state = "CONFIRMED"
    await packer.pack()
    (parcel,) = door.left
    assert (parcel.invoice_number, parcel.units) == (service.labels[0], {SHIRT: 3})
    await packer.close()


async def test_the_ledger_counts_what_was_stopped_after_it_was_packed(service: Service, url: str) -> None:
    """Three are packed and asked for; one is stopped in WING; the waybill goes, and so does the parcel."""
    clock = Frozen(START)
    world = World(clock, seed=7, rules=QUIET)
    world.add_vendor(VENDOR, ACCESS_KEY, SECRET_KEY)
    box = instructed(world, shirts=3)
    service.box_id = str(box.box_id)
    async with Running(world) as sandbox, httpx.AsyncClient(base_url=sandbox.url) as client:
        dock = SandboxDock(sandbox.url)
        packer = Packer(url, "cf_example", dock=dock)
        await packer.pack()
        world.wing_stop(stop(world, box, {SHIRT: 1}).receipt_id)
        (label,) = service.labels
        row = {
            "shipmentBoxId": box.box_id,
            "orderId": box.order_id,
            "vendorItemId": SHIRT,
            "deliveryCompanyCode": "CJGLS",
            "invoiceNumber": label,
            "splitShipping": False,
            "preSplitShipped": False,
            "estimatedShippingDate": "",
        }
        await Seller(client, clock, VENDOR, ACCESS_KEY, SECRET_KEY).invoices(row)
        assert box.status == "DEPARTURE"
        assert world.report()["shipped_cancelled"] == []
        service.state = "CONFIRMED"
        await packer.pack()
        (seen,) = world.report()["shipped_cancelled"]
        assert (seen["kind"], seen["units"], seen["invoice"]) == ("hand_over", 1, label)
        await packer.close()
        await dock.close()
