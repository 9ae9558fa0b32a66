"""Health, readiness, metrics; problems and their pages; what is around every request."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from httpx2 import ASGITransport, AsyncClient
from prometheus_client.parser import text_string_to_metric_families

from app.backoffice.api import health
from app.coupang.orders.decode import SheetPage, Unreadable
from app.engine.access import api_keys
from app.engine.context import Context
from app.engine.db.database import Database
from app.engine.feeds import coverage
from app.engine.vendors import store as vendor_store
from app.errors import AppError, Stale
from app.machines.boxes import BoxState
from app.main import create_app, listen
from app.orders import ingest as box_ingest
from app.orders import queries as box_queries
from app.web.problems import kinds
from app.web.request_metrics import BODY_MOST
from tests.support.box_stock import BOX, VENDOR, put
from tests.support.callers import Callers, problem


async def test_health_needs_no_key(nobody: AsyncClient) -> None:
    told = (await nobody.get("/health")).json()
    assert told["status"] == "ok"
    assert (await nobody.get("/ready")).json()["status"] == "ready"


async def test_not_ready_before_the_newest_migration(context: Context, nobody: AsyncClient) -> None:
    async with context.db.connection() as connection:
        await connection.execute("UPDATE alembic_version SET version_num = '0000'")
    told = problem(await nobody.get("/ready"), 503, "unavailable")
    assert told["found"] == "0000"
    async with context.db.connection() as connection:
        await connection.execute("DROP TABLE alembic_version")
    assert problem(await nobody.get("/ready"), 503, "unavailable")["found"] is None
    assert (await nobody.get("/health")).status_code == 200


@pytest.fixture
async def stranded(context: Context) -> AsyncIterator[AsyncClient]:
    """A caller of an app whose database is gone."""
    gone = Database("postgresql://nobody:x@127.0.0.1:1/none", 1)
    transport = ASGITransport(create_app(replace(context, db=gone)), raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def test_without_database_everything_is_503(stranded: AsyncClient) -> None:
    bearer = {"Authorization": "Bearer cf_0a1b2c3d4e5f_" + "x" * 43}
    answer = await stranded.get(f"/v1/boxes/{BOX}", headers=bearer)
    assert "127.0.0.1" not in problem(answer, 503, "unavailable")["detail"]
    assert answer.headers["retry-after"]
    problem(await stranded.get("/ready"), 503, "unavailable")
    problem(await stranded.get("/metrics"), 503, "unavailable")
    assert (await stranded.get("/health")).status_code == 200


async def test_metrics_show_the_house_and_nobody(
    context: Context, reader: AsyncClient, nobody: AsyncClient
) -> None:
    await put(context, BoxState.INSTRUCT)
    await put(context, BoxState.INSTRUCT, BOX + 1)
    broken = SheetPage((), (Unreadable(b"{}", "empty", None),))
    await box_ingest.take_page(context, VENDOR, broken, cause="feed:accept", at=context.now())
    await reader.get(f"/v1/boxes/{BOX}")
    await reader.get(f"/v1/boxes/{BOX + 1}")
    await reader.get("/v1/boxes/17")
    await reader.get("/nowhere/at/all")
    issued = context.now() - timedelta(days=29, hours=1)
    async with context.db.transaction() as tx:
        await vendor_store.change(tx, VENDOR, key_issued_at=issued, skew_s=-3.5)
        at = context.now()
        await coverage.ensure_feed(tx, VENDOR, "stops", at)
        for _ in range(2):
            await coverage.finish(tx, VENDOR, "stops", at, at, "Broken HTTP 500")
    answer = await nobody.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    told = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert told["fulfilment_boxes", ("state", "INSTRUCT"), ("vendor", VENDOR)] == 2
    assert told["fulfilment_quarantined_rows", ("vendor", VENDOR)] == 1
    assert told["fulfilment_key_days_left", ("vendor", VENDOR)] == 150
    assert told["fulfilment_clock_skew_seconds", ("vendor", VENDOR)] == -3.5
    assert told["fulfilment_feed_failures", ("feed", "stops"), ("vendor", VENDOR)] == 2
    assert told["fulfilment_vendor_stopped", ("vendor", VENDOR)] == 0
    assert told[("fulfilment_due_lag_seconds",)] == 0
    route = ("route", "/v1/boxes/{shipment_box_id}")
    assert told["fulfilment_http_requests_total", ("method", "GET"), route, ("status", "200")] == 2
    assert told["fulfilment_http_requests_total", ("method", "GET"), route, ("status", "404")] == 1
    assert told["fulfilment_http_request_seconds_count", ("method", "GET"), route] == 3
    lost = ("fulfilment_http_requests_total", ("method", "any"), ("route", "unmatched"), ("status", "404"))
    assert told[lost] == 1
    assert str(BOX) not in answer.text
    assert "김가상" not in answer.text


async def test_scrapes_share_one_count(
    context: Context, monkeypatch: pytest.MonkeyPatch, callers: Callers
) -> None:
    counted = []
    count = box_queries.figures

    async def counting(context: Context) -> box_queries.Figures:
        counted.append(context)
        return await count(context)

    monkeypatch.setattr(health.box_queries, "figures", counting)
    client = await callers.without_key()
    await asyncio.gather(*(client.get("/metrics") for _ in range(5)))
    assert len(counted) == 1


async def test_unknown_address_and_method(reader: AsyncClient) -> None:
    problem(await reader.get("/v2/boxes"), 404, "not-found")
    problem(await reader.get("/v1/boxes/"), 404, "not-found")
    answer = await reader.delete(f"/v1/boxes/{BOX}")
    problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "GET"


async def test_every_kind_of_problem_has_a_page(nobody: AsyncClient) -> None:
    index = (await nobody.get("/problems")).text
    for slug, kind in kinds().items():
        assert f'href="/problems/{slug}"' in index
        page = await nobody.get(f"/problems/{slug}")
        assert page.status_code == 200
        assert kind.title in page.text
        assert (kind.__doc__ or "").split()[0] in page.text
    problem(await nobody.get("/problems/none"), 404, "not-found")


@pytest.mark.parametrize("chunked", [True, False])
async def test_large_body_is_refused(writer: AsyncClient, chunked: bool) -> None:
    body = b'{"a": "' + b"x" * BODY_MOST + b'"}'

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 100_000):
            yield body[start : start + 100_000]

    answer = await writer.post(f"/v1/boxes/{BOX}/ship", content=pieces() if chunked else body)
    problem(answer, 413, "too-large")


async def test_chunked_body_of_modest_size_is_read(context: Context, writer: AsyncClient) -> None:
    await put(context, BoxState.INSTRUCT)

    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"courier_code": "CJGLS", '
        yield b'"invoice_number": "123456789012"}'

    headers = {"Content-Type": "application/json"}
    answer = await writer.post(f"/v1/boxes/{BOX}/ship", content=pieces(), headers=headers)
    assert answer.status_code == 202, answer.text


@pytest.mark.parametrize("error", [RuntimeError("Kim, Seoul"), AppError("Kim, Seoul")])
async def test_500_says_nothing_but_an_instance_that_is_logged(
    reader: AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    async def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(box_queries, "get_box", broken)
    with caplog.at_level(logging.DEBUG):
        told = problem(await reader.get(f"/v1/boxes/{BOX}"), 500, "internal")
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", told["instance"])
    assert told["instance"] in caplog.text
    assert "Kim" not in str(told) + caplog.text


async def test_stale_is_a_conflict_of_its_own(reader: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def stale(*_: object) -> None:
        raise Stale("changed meanwhile")

    monkeypatch.setattr(box_queries, "get_box", stale)
    problem(await reader.get(f"/v1/boxes/{BOX}"), 409, "stale-version")


async def test_nothing_personal_or_secret_is_logged(
    context: Context, writer: AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    await put(context, BoxState.INSTRUCT)
    with caplog.at_level(logging.DEBUG, logger="app"):
        await writer.get(f"/v1/boxes/{BOX}/receiver")
        await writer.post(f"/v1/boxes/{BOX}/ship", json={"courier_code": "김가상"})
        await writer.get("/v1/boxes", headers={"Authorization": "Bearer cf_0a1b2c3d4e5f_secret"})
    mine = "\n".join(one.getMessage() for one in caplog.records if one.name.startswith("app"))
    assert "김가상" not in mine
    assert "secret" not in mine


async def test_server_finishes_what_is_under_way(context: Context, reader: AsyncClient) -> None:
    """The process' own server: a stop lets a waiting caller have its answer."""
    await put(context)
    made = await api_keys.create(context, name="k", scopes=[api_keys.WRITE], vendor_ids=None)
    stop, bound = asyncio.Event(), asyncio.get_running_loop().create_future()
    app = create_app(context, wait_most_s=1.0)
    serving = asyncio.create_task(listen(app, "127.0.0.1", 0, stop, bound=bound))
    port = await asyncio.wait_for(bound, 10)
    headers = {"Authorization": f"Bearer {made['key']}", "Prefer": "wait=1"}
    async with AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
        waiting = asyncio.create_task(client.post(f"/v1/boxes/{BOX}/acknowledge"))
        async with asyncio.timeout(5):
            while not (await reader.get("/v1/effects")).json()["items"]:
                await asyncio.sleep(0.01)
        stop.set()
        answer = await waiting
    await asyncio.wait_for(serving, 10)
    assert answer.status_code == 202
    assert answer.headers["preference-applied"] == "wait=1"
