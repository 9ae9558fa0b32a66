"""A seller who signs, and the bodies he sends."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from app.clock import Clock
from app.coupang.signing import Signature
from app.sandbox.http.server import Running
from app.sandbox.world.world import World
from tests.support.loopback_client import client_of

VENDOR = "A00012345"
ACCESS_KEY = "0f9d3c1a-0000-4000-8000-00000000cafe"
SECRET_KEY = "00112233445566778899aabbccddeeff00112233"
PREFIX = "/v2/providers/openapi/apis/api"
DATA = Path(__file__).parents[1] / "sandbox" / "data"


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

    async def cancel(self, box: Any, pieces: dict[int, int] | None = None, **changes: Any) -> httpx.Response:
        """O9 for pieces of a box of the world; None is all that is left."""
        version = changes.pop("version", "v5")
        left = pieces or {line.vendor_item_id: line.shippable for line in box.lines if line.shippable}
        body = {
            "orderId": box.order_id,
            "vendorItemIds": list(left),
            "receiptCounts": list(left.values()),
            "bigCancelCode": "CANERR",
            "middleCancelCode": "CCTTER",
            "userId": "examplewing",
            "vendorId": self.vendor_id,
            **changes,
        }
        return await self.send("POST", f"orders/{box.order_id}/cancel", body, version)

    async def receipt(
        self, receipt_id: int, call: str, *, method: str = "PUT", **more: Any
    ) -> httpx.Response:
        """A call on a receipt: stoppedShipment, completedShipment, receiveConfirmation or approval."""
        version = more.pop("version", "v4")
        body = {"vendorId": self.vendor_id, "receiptId": receipt_id, **more}
        return await self.send(method, f"returnRequests/{receipt_id}/{call}", body, version)

    async def returns(
        self,
        query: str = "",
        *,
        version: str = "v6",
        window: str = "createdAtFrom=2026-11-20&createdAtTo=2026-11-30",
    ) -> httpx.Response:
        """R1 by days, with the rest of the query as told."""
        return await self.get(f"returnRequests?{window}{'&' if query else ''}{query}", version)

    async def receipt_ids(self, query: str, **more: Any) -> list[int]:
        answer = await self.returns(query, **more)
        assert answer.status_code == 200, answer.text
        return [row["receiptId"] for row in answer.json()["data"]]

    async def exchange(
        self, exchange_id: int, call: str, *, method: str = "PUT", **more: Any
    ) -> httpx.Response:
        """A call on an exchange: receiveConfirmation or rejection."""
        body = {"exchangeId": exchange_id, "vendorId": self.vendor_id, **more}
        return await self.send(method, f"exchangeRequests/{exchange_id}/{call}", body)

    async def replacement(self, exchange_id: int, box_id: int, **changes: Any) -> httpx.Response:
        """E4 for one new box."""
        row = {
            "exchangeId": str(exchange_id),
            "vendorId": self.vendor_id,
            "shipmentBoxId": str(box_id),
            "goodsDeliveryCode": "CJGLS",
            "invoiceNumber": "000000000123",
            **changes,
        }
        return await self.send("POST", f"exchangeRequests/{exchange_id}/invoices", [row])

    async def exchanges(
        self,
        query: str = "",
        *,
        window: str = "createdAtFrom=2026-11-20T00:00:00&createdAtTo=2026-11-26T23:59:59",
    ) -> httpx.Response:
        """E1."""
        return await self.get(f"exchangeRequests?{window}{'&' if query else ''}{query}", "v4")

    async def pickup(self, claim_id: int, kind: str = "RETURN", **changes: Any) -> httpx.Response:
        """R7."""
        body = {
            "returnExchangeDeliveryType": kind,
            "receiptId": claim_id,
            "deliveryCompanyCode": "KDEXP",
            "invoiceNumber": "00000000014350",
            **changes,
        }
        return await self.send("POST", "return-exchange-invoices/manual", body)

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
    async with Running(world) as sandbox, client_of(sandbox.url) as client:
        yield Seller(client, clock, VENDOR, ACCESS_KEY, SECRET_KEY)
