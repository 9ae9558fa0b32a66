"""A seller who signs, and the bodies he sends."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from app.clock import Clock
from app.coupang.signing import Signature
from app.sandbox.serve import Running
from app.sandbox.world import World

VENDOR = "A00012345"
ACCESS_KEY = "0f9d3c1a-0000-4000-8000-00000000cafe"
SECRET_KEY = "00112233445566778899aabbccddeeff00112233"
PREFIX = "/v2/providers/openapi/apis/api"
DATA = Path(__file__).parent / "data"


def example(name: str) -> dict[str, Any]:
    """The body Coupang is known to answer."""
    text = (DATA / f"{name}.json").read_text(encoding="utf-8")
    body: dict[str, Any] = json.loads(text)["response"]["body"]
    return body


class Seller:
    """Calls the sandbox as one vendor would; answers are httpx responses."""

    def __init__(
        self, client: httpx.AsyncClient, clock: Clock, vendor_id: str, access: str, secret: str
    ) -> None:
        self.client, self.vendor_id = client, vendor_id
        self.auth = Signature(access, secret, clock.now)

    def path(self, rest: str, version: str = "v5") -> str:
        return f"{PREFIX}/{version}/vendors/{self.vendor_id}/{rest}"

    async def get(self, rest: str, version: str = "v5", **more: Any) -> httpx.Response:
        return await self.client.get(self.path(rest, version), auth=self.auth, **more)

    async def send(
        self, method: str, rest: str, body: Any, version: str = "v4", **more: Any
    ) -> httpx.Response:
        return await self.client.request(method, self.path(rest, version), json=body, auth=self.auth, **more)

    async def day(
        self,
        status: str,
        first: str = "2026-11-20",
        last: str = "2026-11-21",
        *,
        version: str = "v5",
        token: str = "",
        size: int = 50,
    ) -> httpx.Response:
        zone = "%2B09:00" if version == "v5" else ""
        query = f"createdAtFrom={first}{zone}&createdAtTo={last}{zone}&maxPerPage={size}&status={status}"
        return await self.get(f"ordersheets?{query}" + (f"&nextToken={token}" if token else ""), version)

    async def ids(self, status: str, **more: Any) -> list[int]:
        answer = await self.day(status, **more)
        assert answer.status_code == 200, answer.text
        return [row["shipmentBoxId"] for row in answer.json()["data"]]

    async def minute(self, status: str, first: str, last: str, version: str = "v5") -> httpx.Response:
        zone = "%2B09:00" if version == "v5" else ""
        query = f"createdAtFrom={first}{zone}&createdAtTo={last}{zone}&searchType=timeFrame&status={status}"
        return await self.get(f"ordersheets?{query}", version)

    async def box(self, box_id: int, version: str = "v5") -> httpx.Response:
        return await self.get(f"ordersheets/{box_id}", version)

    async def acknowledge(self, *box_ids: int, method: str = "PUT", version: str = "v4") -> httpx.Response:
        body = {"vendorId": self.vendor_id, "shipmentBoxIds": list(box_ids)}
        return await self.send(method, "ordersheets/acknowledgement", body, version)

    async def invoices(self, *dtos: dict[str, Any], update: bool = False) -> httpx.Response:
        rest = "orders/updateInvoices" if update else "orders/invoices"
        return await self.send(
            "POST", rest, {"vendorId": self.vendor_id, "orderSheetInvoiceApplyDtos": list(dtos)}
        )

    async def complete(self, box_id: int, invoice: str) -> httpx.Response:
        body = {"shipmentBoxId": box_id, "invoiceNumber": invoice}
        return await self.send("POST", "completeLongTermUndelivery", body)


def dto(box: Any, item: int | None = None, **changes: Any) -> dict[str, Any]:
    """One row of O7/O8 for a box of the world; the first line unless `item` says which."""
    return {
        "shipmentBoxId": box.box_id,
        "orderId": box.order_id,
        "vendorItemId": item or box.lines[0].vendor_item_id,
        "deliveryCompanyCode": "CJGLS",
        "invoiceNumber": "000000000012",
        "splitShipping": False,
        "preSplitShipped": False,
        "estimatedShippingDate": "",
        **changes,
    }


def dtos(box: Any, **changes: Any) -> list[dict[str, Any]]:
    """Rows of O7/O8 for all lines of a box."""
    return [dto(box, line.vendor_item_id, **changes) for line in box.lines]


@asynccontextmanager
async def selling(world: World, clock: Clock) -> AsyncIterator[Seller]:
    """Run a world of the test's own and sell there."""
    async with Running(world) as sandbox, httpx.AsyncClient(base_url=sandbox.url) as client:
        yield Seller(client, clock, VENDOR, ACCESS_KEY, SECRET_KEY)
