"""What a route is given: application state, the caller within scope, a page, a preference."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Query, Request
from fastapi.routing import APIRoute

from app.engine.access.api_keys import ADMIN, READ, WRITE, Key, Keyring
from app.engine.context import Context
from app.engine.vendors import vendors
from app.errors import Forbidden, Invalid
from app.web.problems import pointer

T = TypeVar("T")
_NAME_MOST = 64
LOOK_EVERY_S = 0.1
"""Pause between two looks at something that a caller waits for."""


@dataclass(frozen=True, slots=True)
class AppState:
    """What every route shares; built once by `app.main`."""

    context: Context
    keyring: Keyring
    wait_most_s: float
    version: str


async def app_state_of(request: Request) -> AppState:
    """Return what every route shares."""
    app_state: AppState = request.app.state.app_state
    return app_state


AppStateDep = Annotated[AppState, Depends(app_state_of)]


@dataclass(frozen=True, slots=True)
class AuthorizedRequest:
    """One authenticated request: application state and caller."""

    app_state: AppState
    key: Key

    @property
    def context(self) -> Context:
        """What every use case is given."""
        return self.app_state.context

    async def within(self, vendor_id: str | None) -> list[str] | None:
        """Return the vendors that an operator's question is about; None means every vendor.

        Raises:
            NotFound: The named one is not there for this key. An empty list would say that all is well.
        """
        if vendor_id is not None:
            await vendors.get_vendor(self.context, self.key.operator, vendor_id)
        return self.key.within(vendor_id)


def needs(scope: str) -> Callable[[Request], Awaitable[AuthorizedRequest]]:
    """Return a dependency that lets only keys with this scope in.

    Raises:
        Unauthorized: No valid key.
        Forbidden: A valid key without the scope.
        Invalid: A query parameter that this address does not know.
    """

    async def desk(request: Request) -> AuthorizedRequest:
        app_state: AppState = request.app.state.app_state
        key = await app_state.keyring.authenticate(request.headers.get("authorization"))
        if scope not in key.scopes:
            raise Forbidden(f"this key lacks the scope {scope}", scope=scope)
        refuse_unknown_query(request)
        return AuthorizedRequest(app_state, key)

    return desk


def refuse_unknown_query(request: Request) -> None:
    """Refuse parameters that no route reads: a misspelt filter would be overlooked and show too much.

    Raises:
        Invalid: Names each of them, and those that there are.
    """
    given = request.query_params.keys()
    if not given:
        return
    known = _query_of(request.scope["route"])
    if unknown := sorted(set(given) - known):
        found = Invalid("unknown query parameter")
        rule = f"one of {', '.join(sorted(known))}" if known else "this address takes none"
        found.members["errors"] = [
            {"in": "query", "pointer": pointer([name[:_NAME_MOST]]), "detail": rule} for name in unknown
        ]
        raise found


def _query_of(route: APIRoute) -> frozenset[str]:
    # Declared by the routes themselves; nothing they depend on reads the query.
    return frozenset(field.alias for field in route.dependant.query_params)


ReadRequest = Annotated[AuthorizedRequest, Depends(needs(READ))]
WriteRequest = Annotated[AuthorizedRequest, Depends(needs(WRITE))]
AdminRequest = Annotated[AuthorizedRequest, Depends(needs(ADMIN))]

Limit = Annotated[int, Query(ge=1, le=200, description="Rows in one page.")]
Cursor = Annotated[
    str | None, Query(max_length=64, description="`next_cursor` of the page before, unchanged.")
]


def waiting_s(prefer: str | None, most_s: float) -> int | None:
    """Return how many whole seconds a `Prefer` header asks to wait, at most `most_s`; None: not at all.

    What cannot be read is ignored, as RFC 7240 wants it.
    """
    for preference in (prefer or "").split(","):
        found = re.fullmatch(r'\s*wait\s*=\s*"?([0-9]{1,9})"?\s*(;.*)?', preference, re.IGNORECASE)
        if found:
            return int(min(int(found[1]), most_s))
    return None


Prefer = Annotated[
    str | None,
    Header(
        alias="Prefer",
        max_length=200,
        description="`wait=N` waits up to N seconds for the outcome (RFC 7240); never an error.",
    ),
]


async def look_until(look: Callable[[], Awaitable[T]], done: Callable[[T], Any], patience_s: float) -> T:
    """Look again and again until it is done or the patience (real seconds) is over; return the last look."""
    end = time.monotonic() + patience_s
    seen = await look()
    while not done(seen) and (left := end - time.monotonic()) > 0:
        await asyncio.sleep(min(LOOK_EVERY_S, left))
        seen = await look()
    return seen
