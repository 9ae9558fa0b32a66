"""For those who run it: /health, /ready, /metrics. No key is asked, and nothing about a person is shown."""

import asyncio
import time
from collections.abc import Iterator, Mapping

import psycopg
from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from pydantic import Field
from starlette.responses import Response

from app.backoffice import operations
from app.backoffice.operations import Figures
from app.engine.vendors.vendors import days_left
from app.errors import Unavailable
from app.web import presenters
from app.web.deps import AppStateDep
from app.web.openapi import may_raise, shown
from app.web.request_metrics import RequestMetrics
from app.web.schemas import Told

router = APIRouter(tags=["operations"])
READY_S = 2.0
"""A database that answers later than this is not ready."""
FIGURES_S = 5.0
"""Counting a large house costs: scrapes within this time share one count."""


class Health(Told):
    """It lives."""

    status: str = Field(examples=["ok"])
    version: str


@router.get(
    "/health",
    operation_id="health",
    response_model=Health,
    responses={200: shown({"status": "ok", "version": "0.1.0"})},
)
async def health(app_state: AppStateDep) -> Response:
    """Tell that this process lives."""
    return presenters.answer({"status": "ok", "version": app_state.version})


@router.get(
    "/ready",
    operation_id="ready",
    response_model=Health,
    responses={200: shown({"status": "ready", "version": "0.1.0"}), **may_raise(Unavailable)},
)
async def ready(app_state: AppStateDep) -> Response:
    """Tell whether the database answers and has the newest tables.

    Raises:
        Unavailable: It does not.
    """
    try:
        await asyncio.wait_for(operations.check_ready(app_state.context), READY_S)
    except (TimeoutError, psycopg.OperationalError) as error:
        raise Unavailable("the database does not answer") from error
    return presenters.answer({"status": "ready", "version": app_state.version})


@router.get(
    "/metrics",
    operation_id="metrics",
    response_class=PlainTextResponse,
    responses=may_raise(Unavailable),
)
async def metrics(app_state: AppStateDep, request: Request) -> Response:
    """Tell Prometheus what is where; counts are at most a few seconds old."""
    meters: RequestMetrics = request.app.state.meters
    shelf: Shelf = request.app.state.shelf
    registry = CollectorRegistry()
    declared = app_state.context.registry.state_counts
    meanings = {name: one.meaning for name, one in declared.items()}
    registry.register(Counted(await shelf.figures(app_state), meanings))
    text = generate_latest(meters.registry) + generate_latest(registry)
    return Response(text, media_type=CONTENT_TYPE_LATEST)


class Shelf:
    """Keeps the last count for a few real seconds."""

    def __init__(self, keep_s: float = FIGURES_S) -> None:
        self._keep_s = keep_s
        self._until = 0.0
        self._kept: Figures | None = None
        self._counting = asyncio.Lock()

    async def figures(self, app_state: AppStateDep) -> Figures:
        """Return the figures, counted anew when the last count is too old; one count at a time."""
        async with self._counting:
            if self._kept is None or time.monotonic() >= self._until:
                self._kept = await operations.figures(app_state.context)
                self._until = time.monotonic() + self._keep_s
            return self._kept


class Counted(Collector):
    """Figures in the words of Prometheus."""

    def __init__(self, figures: Figures, meanings: Mapping[str, str]) -> None:
        self._figures = figures
        self._meanings = meanings

    def collect(self) -> Iterator[Metric]:
        """Yield one family per question."""
        told = self._figures
        for name, rows in told.states.items():
            count = _gauge(name, self._meanings[name], "vendor", "state")
            for row in rows:
                count.add_metric([row["vendor_id"], row["state"]], row[name])
            yield count
        effects = _gauge(
            "effects", "Changes asked of Coupang by vendor, kind and state.", "vendor", "kind", "state"
        )
        for row in told.effects:
            effects.add_metric([row["vendor_id"], row["kind"], row["state"]], row["effects"])
        uncovered = _gauge("uncovered_minutes", "Creation time that no complete sweep has read.", "vendor")
        hole = _gauge("oldest_hole_seconds", "Age of the oldest hole in the coverage.", "vendor")
        failures = _gauge("feed_failures", "Readings of a feed that failed in a row.", "vendor", "feed")
        for row in told.coverage:
            failures.add_metric([row["vendor_id"], row["feed"]], row["failures"])
            if row["feed"] == "orders":
                uncovered.add_metric([row["vendor_id"]], row["uncovered_minutes"])
                age = (told.at - row["oldest_hole"]).total_seconds() if row["oldest_hole"] else 0.0
                hole.add_metric([row["vendor_id"]], age)
        calls = CounterMetricFamily(
            "fulfilment_coupang_calls", "Calls to Coupang.", labels=("vendor", "purpose", "route", "answer")
        )
        for row in told.calls:
            calls.add_metric([row["vendor_id"], row["purpose"], row["route"], row["answer"]], row["calls"])
        quarantine = _gauge("quarantined_rows", "Rows of Coupang that could not be read.", "vendor")
        for row in told.quarantine:
            quarantine.add_metric([row["vendor_id"]], row["rows"])
        stopped = _gauge("vendor_stopped", "1 while we keep silent towards Coupang.", "vendor")
        key = _gauge("key_days_left", "Whole days until Coupang ends the key.", "vendor")
        skew = _gauge("clock_skew_seconds", "How far Coupang's clock was ahead of ours.", "vendor")
        for row in told.vendors:
            until = row["stopped_until"]
            stopped.add_metric([row["vendor_id"]], float(until is not None and until > told.at))
            key.add_metric([row["vendor_id"]], days_left(row["key_issued_at"], told.at))
            if row["skew_s"] is not None:
                skew.add_metric([row["vendor_id"]], row["skew_s"])
        silence = _gauge("circuit_open", "1 while nobody speaks to Coupang but one that tries.")
        silence.add_metric([], float(told.silence))
        missing = _gauge("census_missing", "What the newest census found that we did not know.", "vendor")
        for row in told.counts:
            if row["census_id"] is not None:
                missing.add_metric([row["vendor_id"]], row["missing"])
        lies = CounterMetricFamily(
            "fulfilment_contradicted_lists",
            "Lists that Coupang said were empty although what we hold stood in them.",
            labels=("vendor", "feed"),
        )
        for row in told.contradicted:
            lies.add_metric([row["vendor_id"], row["feed"]], row["lists"])
        lag = _gauge("due_lag_seconds", "How long the vendor that waits longest has been due.")
        lag.add_metric([], told.due_lag.total_seconds())
        yield from (effects, uncovered, hole, failures, calls, quarantine, stopped, key, skew)
        yield from (silence, missing, lies, lag)


def _gauge(name: str, help_text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"fulfilment_{name}", help_text, labels=labels)
