"""An exchange, stored the way it comes: as a page of Coupang, through the flow."""

import json
from pathlib import Path
from typing import Any

from app.coupang.exchanges.decode import read_exchange_page
from app.flows import turns
from app.flows.exchange_reads import take_exchanges
from app.flows.house import House
from tests.web.stock import VENDOR

_EXAMPLES = Path(__file__).parents[1] / "data" / "coupang" / "examples"


def exchange(**change: Any) -> dict[str, Any]:
    """Return the row of an exchange in progress whose new box is known."""
    told: Any = json.loads((_EXAMPLES / "exchanges_e1_list_progress.json").read_text())
    body = told["response"]["body"] if "response" in told else told
    row: dict[str, Any] = body["data"][0]
    return {**row, **change}


async def tell_exchange(house: House, *rows: dict[str, Any]) -> int:
    """Store exchanges as one page of the list; return the first one's number."""
    turn = await turns.begin(house, VENDOR)
    assert turn is not None
    body = json.dumps({"code": 200, "message": "OK", "data": list(rows), "nextToken": ""}).encode()
    page = read_exchange_page(body)
    assert not page.unreadable, page.unreadable
    await take_exchanges(house, VENDOR, page, cause="feed:exchanges", at=house.now(), epoch=turn.epoch)
    return page.exchanges[0].exchange_id
