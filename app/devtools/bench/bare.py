"""The ceiling of HTTP: FastAPI, psycopg and one statement per request, on the tables of `raw.py`.

No authentication, no scopes, no machine, no metrics, no idempotency, no wake-up of anybody. Run as
`python -m app.devtools.bench.bare` with `DATABASE_URL` and `PORT` in the environment; stops when its standard
input ends.
"""

import os
import signal
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, LiteralString

import orjson
import uvicorn
from fastapi import FastAPI, Response
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel

_READ: LiteralString = """
SELECT o.vendor_id, o.id, o.order_id, o.state, o.version, o.shown, o.seen_at, o.ordered_at, o.paid_at,
       o.ship_by, o.courier_code, o.invoice_number, o.split_shipping, o.able_split_shipping, o.departed_at,
       o.delivered_at, o.next_read_at,
       (SELECT jsonb_agg(jsonb_build_object('item_id', i.item_id, 'ordered', i.ordered, 'held', i.held,
                                            'cancelled', i.cancelled, 'name', i.name, 'price', i.price)
                         ORDER BY i.item_id)
        FROM raw_item i WHERE i.order_number = o.number) AS lines
FROM raw_order o WHERE o.vendor_id = %s AND o.id = %s"""
_MOVE: LiteralString = """
WITH r AS (
  SELECT number, state, version FROM raw_order WHERE vendor_id = %(vendor_id)s AND id = %(id)s FOR UPDATE
), u AS (
  UPDATE raw_order o
  SET state = 'DEPARTURE', version = o.version + 1, courier_code = %(courier)s, invoice_number = %(invoice)s
  FROM r WHERE o.number = r.number AND o.version = r.version
  RETURNING o.id, o.vendor_id, o.version, r.state AS source, o.state
), h AS (
  INSERT INTO raw_history (id, version, source, target, event, actor, at)
  SELECT id, version, source, state, 'ship', 'api', %(at)s::timestamptz FROM u
), x AS (
  INSERT INTO raw_outbox (id, vendor_id, topic, payload, at)
  SELECT id, vendor_id, 'order.ship', jsonb_build_object('to', state), %(at)s::timestamptz FROM u
)
SELECT id, version, state FROM u"""


class Ship(BaseModel):
    """What is asked for."""

    courier_code: str
    invoice_number: str


def create_app(url: str, vendor_id: str, at: str) -> FastAPI:
    """Build the app.

    Args:
        url: The database with the tables of `raw.py`.
        vendor_id: Whose orders.
        at: The time that is written; the ceiling need not know what time it is.
    """
    pool: AsyncConnectionPool[AsyncConnection[DictRow]] = AsyncConnectionPool(
        url,
        min_size=10,
        max_size=10,
        open=False,
        kwargs={"autocommit": True, "row_factory": dict_row, "options": "-c timezone=UTC"},
        connection_class=AsyncConnection,
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        set_json_loads(orjson.loads)
        await pool.open(wait=True)
        yield
        await pool.close()

    app = FastAPI(lifespan=lifespan)

    @app.get("/v1/boxes/{number}")
    async def read(number: int) -> Response:
        async with pool.connection() as connection:
            row = await (await connection.execute(_READ, (vendor_id, number))).fetchone()
        return _json(row, 200 if row else 404)

    @app.post("/v1/boxes/{number}/ship")
    async def ship(number: int, body: Ship) -> Response:
        bound = {
            "vendor_id": vendor_id,
            "id": number,
            "courier": body.courier_code,
            "invoice": body.invoice_number,
            "at": at,
        }
        async with pool.connection() as connection:
            row = await (await connection.execute(_MOVE, bound)).fetchone()
        return _json(row, 202 if row else 404)

    return app


def _json(row: Any, status: int) -> Response:
    return Response(orjson.dumps(row), status, media_type="application/json")


def _stop_with_stdin() -> None:
    sys.stdin.read()
    signal.raise_signal(signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_stop_with_stdin, daemon=True).start()
    uvicorn.run(
        create_app(os.environ["DATABASE_URL"], os.environ["VENDOR_ID"], os.environ["AT"]),
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
    )
