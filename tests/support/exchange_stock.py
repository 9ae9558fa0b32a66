"""An exchange, stored the way it comes: as a page of Coupang, through the flow."""

import json
from pathlib import Path
from typing import Any

from app.coupang.exchanges.decode import read_exchange_page
from app.engine.context import Context
from app.engine.visits import leases
from app.exchanges.ingest import take_exchanges
from tests.support.box_stock import VENDOR

_EXAMPLES = Path(__file__).parents[1] / "data" / "coupang" / "examples"


def exchange(**change: Any) -> dict[str, Any]:
    """Return the row of an exchange in progress whose new box is known."""
    told: Any = json.loads((_EXAMPLES / "exchanges_e1_list_progress.json").read_text())
    body = told["response"]["body"] if "response" in told else told
    row: dict[str, Any] = body["data"][0]
    return {**row, **change}


async def tell_exchange(context: Context, *rows: dict[str, Any]) -> int:
    """Store exchanges as one page of the list; return the first one's number."""
    lease = await leases.begin(context, VENDOR)
    assert lease is not None
    body = json.dumps({"code": 200, "message": "OK", "data": list(rows), "nextToken": ""}).encode()
    page = read_exchange_page(body)
    assert not page.unreadable, page.unreadable
    await take_exchanges(context, VENDOR, page, cause="feed:exchanges", at=context.now(), epoch=lease.epoch)
    return page.exchanges[0].exchange_id
