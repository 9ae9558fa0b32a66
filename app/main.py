"""Build the web process: wiring only."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Generator
from dataclasses import replace
from functools import cache

import uvicorn
from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute

from app import __version__
from app.backoffice.api import audit_log as admin_audit
from app.backoffice.api import boxes as admin_boxes
from app.backoffice.api import census as admin_census
from app.backoffice.api import circuits as admin_circuits
from app.backoffice.api import claims as admin_claims
from app.backoffice.api import effects as admin_effects
from app.backoffice.api import evidence as admin_evidence
from app.backoffice.api import health
from app.backoffice.api import inbox as admin_decisions
from app.backoffice.api import keys as admin_keys
from app.backoffice.api import manual_moves as admin_transitions
from app.backoffice.api import polls as admin_polls
from app.backoffice.api import receptions as admin_receptions
from app.backoffice.api import resync as admin_rereads
from app.backoffice.api import vendors as admin_vendors
from app.claims.api import cancels, return_changes, returns
from app.engine.access.api_keys import Keyring
from app.engine.context import Context
from app.engine.visits import leases
from app.engine.visits.engine import Engine
from app.exchanges.api import exchanges
from app.orders.api import boxes, changes, couriers, effects, holds, orders, permits
from app.settings import Settings
from app.web import openapi, problem_pages, problems, swagger_ui
from app.web.deps import AppState
from app.web.request_metrics import Around, RequestMetrics
from app.worker import open_house

log = logging.getLogger(__name__)

PATIENCE_S = 5.0
"""A caller hears within this time that the database is away (503), instead of waiting for its return."""

ROUTERS = (
    boxes.router,
    changes.router,
    holds.router,
    permits.router,
    cancels.router,
    returns.router,
    return_changes.router,
    exchanges.router,
    orders.router,
    effects.router,
    couriers.router,
    admin_vendors.router,
    admin_keys.router,
    admin_decisions.router,
    admin_rereads.router,
    admin_transitions.router,
    admin_boxes.router,
    admin_claims.router,
    admin_receptions.router,
    admin_effects.router,
    admin_polls.router,
    admin_audit.router,
    admin_circuits.router,
    admin_evidence.router,
    admin_census.router,
    health.router,
    problem_pages.router,
)
DESCRIPTION = """
Every purchase order from payment to delivery. Ids are strings, because 18 digits do not fit into a
JavaScript number; requests may carry them as strings or integers. Times are RFC 3339, in UTC. Every error
is an RFC 9457 problem whose `type` is a page here. A key that is revoked works for at most 5 more seconds.
"""


def create_app(context: Context, *, wait_most_s: float = 30.0) -> FastAPI:
    """Build the REST app on a house that is open.

    Args:
        context: What every use case is given; closed by whoever opened it.
        wait_most_s: Longest `Prefer: wait=N` that is honoured, in real seconds.
    """
    app = FastAPI(
        title="Coupang fulfilment",
        summary="Order fulfilment for Coupang sellers",
        description=DESCRIPTION,
        version=__version__,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    meters = RequestMetrics()
    app.state.app_state = AppState(context, Keyring(context), wait_most_s, app.version)
    app.state.meters = meters
    app.state.shelf = health.Shelf()
    app.router.routes.extend(_routes())
    swagger_ui.install(app)
    problems.install(app)
    openapi.install(app, {"effect kinds": context.registry.declared_kinds})
    app.add_middleware(Around, meters=meters)
    return app


@cache
def _routes() -> list[BaseRoute]:
    """Build the routes once for all apps of a process: FastAPI compiles each when it is first met."""
    whole = APIRouter()
    for router in ROUTERS:
        whole.include_router(router)
    return whole.routes


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Serve until `stop` is set; then accept nothing more and finish what is under way."""
    web = settings.web
    async with open_house(settings, patience_s=PATIENCE_S) as context:
        # An engine without visits: this process only asks for them.
        engine = Engine(context.db.url, before_asking=lambda vendor_id: leases.make_due(context, vendor_id))
        async with engine.app.open_async():
            app = create_app(replace(context, wake=engine.wake), wait_most_s=web.wait_most_s)
            try:
                await listen(app, web.host, web.port, stop, finish_s=web.wait_most_s + 5)
            finally:
                await engine.settle()


class _Server(uvicorn.Server):
    """Leaves the process' signals to whoever owns the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Capture nothing."""
        yield


async def listen(
    app: FastAPI,
    host: str,
    port: int,
    stop: asyncio.Event,
    *,
    finish_s: float = 35.0,
    bound: "asyncio.Future[int] | None" = None,
) -> None:
    """Serve an app inside the running loop until `stop` is set.

    Args:
        app: What to serve.
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        stop: Ends it.
        finish_s: How long requests under way may take to finish.
        bound: Gets the port once requests are answered.
    """
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=int(finish_s),
    )
    server = _Server(config)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named: asyncio switches Nagle's delay (40 ms an answer) off only for known TCP.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        stopping = asyncio.create_task(stop.wait())
        try:
            while not server.started and not serving.done():
                await asyncio.sleep(0.005)
            if bound is not None and server.started:
                bound.set_result(listener.getsockname()[1])
            await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            server.should_exit = True
            stopping.cancel()
            await asyncio.gather(serving, stopping, return_exceptions=True)
        if error := serving.exception():
            raise error
