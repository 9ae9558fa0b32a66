"""From bytes to an answer: limits, signature, routes, faults, in the order a gateway meets them."""

import asyncio
import hmac
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import orjson

from app.coupang.signing import read_authorization, signature
from app.sandbox.core.faults import Fault
from app.sandbox.core.ledger import Call
from app.sandbox.core.order_entities import Vendor
from app.sandbox.core.rate_limit import BLOCKED, PASS
from app.sandbox.core.state import is_vendor_id
from app.sandbox.http.routes import PREFIX, Found, Route, find
from app.sandbox.wire.envelopes import (
    PHRASES,
    Answer,
    Declined,
    bad_request,
    blocked,
    gateway_error,
    unauthorized,
    upstream,
)
from app.sandbox.wire.fault_effects import Dropped, meet
from app.sandbox.wire.requests import Request
from app.sandbox.world.world import World


@dataclass(frozen=True, slots=True)
class Incoming:
    """One call as it arrived: the path and query are the raw ones, as signed."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    client: str = "203.0.113.7"


class Gateway:
    """What stands between the internet and the provider."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def answer(self, call: Incoming) -> Answer:
        """Answer one call and write it into the ledger.

        Raises:
            Dropped: The connection is to be closed without an answer.
        """
        world = self.world
        at = world.advance()
        params = dict(parse_qsl(call.query, keep_blank_values=True))
        found = find(call.method, call.path, params)
        vendor = world.vendors.get(found.vendor_id)
        transaction = self._transaction(vendor)
        ledger = world.ledger
        n = len(ledger.calls)
        name = found.route.name if found.route else "-"
        # Written now and completed below: numbers follow the arrival, whatever takes longer.
        ledger.calls.append(Call(n, found.vendor_id, name, call.method, 0, at, ""))
        keeps = world.rules.transcript
        if keeps:
            ledger.transcript.append(b"")
            slot = len(ledger.transcript) - 1
        meter = world.meters.get(found.vendor_id)
        verdict = meter.enter(world.rules, n, name) if meter else PASS
        fault: Fault | None = None
        status, said = 0, b""
        try:
            if verdict != PASS:
                answer = blocked() if verdict == BLOCKED else gateway_error(429, PHRASES[429], transaction)
            else:
                try:
                    sender = self._authenticate(call, at, transaction)
                    vendor, route = self._admit(call, found, sender, transaction)
                    paged = bool(params.get("nextToken"))
                    fault, delays = world.faults.take(vendor.vendor_id, route.name, paged)
                    if meter and delays:
                        meter.hold(n, sum(one.delay_ms for one in delays))
                    request = Request(vendor, found.version, found.path, params, call.body, n, fault)
                    answer = await self._serve(call, request, route, delays, transaction)
                except Declined as declined:
                    answer = declined.answer
            status, said = answer.status, answer.body
            if meter and (warning := meter.near_limit(world.rules)):
                answer = replace(answer, headers=(*answer.headers, ("x-cag-warnings", warning)))
            return answer
        finally:
            if meter:
                meter.leave(n)
            kind = fault.kind if fault else ""
            ledger.calls[n] = Call(n, found.vendor_id, name, call.method, status, at, kind)
            if keeps:
                ledger.transcript[slot] = _line(call, at, status, said)

    def _transaction(self, vendor: Vendor | None) -> str:
        if vendor is None:
            self.world.strangers += 1
            return self.world.uuid("transaction", "", self.world.strangers)
        vendor.calls += 1
        return self.world.uuid("transaction", vendor.vendor_id, vendor.calls)

    def _authenticate(self, call: Incoming, at: datetime, transaction: str) -> Vendor:
        """Check the signature over the raw path and query; return whose key it is."""
        header = call.headers.get("authorization")
        if not header:
            raise Declined(unauthorized("not_authorized", transaction))
        try:
            claimed = read_authorization(header)
        except ValueError:
            raise Declined(unauthorized("hmac_format", transaction)) from None
        owner = self.world.owners.get(claimed.access_key)
        if owner is None:
            raise Declined(unauthorized("unknown_key", transaction))
        sender = self.world.vendors[owner]
        right = signature(sender.secret_key, claimed.signed_date, call.method, call.path, call.query)
        if not hmac.compare_digest(right.encode(), claimed.signature.encode()):
            raise Declined(unauthorized("invalid_signature", transaction))
        signed = datetime.strptime(claimed.signed_date, "%y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        # A fast clock would let every signature die on its way: the lifetime is meant in real seconds.
        life_s = self.world.rules.signature_life_s * max(1.0, self.world.clock.factor)
        if abs((at - signed).total_seconds()) > life_s + 1:
            raise Declined(unauthorized("expired", transaction))
        return sender

    def _admit(self, call: Incoming, found: Found, sender: Vendor, transaction: str) -> tuple[Vendor, Route]:
        """Check that the path exists, with this method, and belongs to the sender."""
        if not call.path.startswith(PREFIX) and call.path.startswith("/v2/providers/"):
            message = "Provider id is not specified correctly."
            raise Declined(gateway_error(404, message, transaction))
        if found.route is None and found.allowed:
            wanted = found.allowed[0]
            message = (
                f"PRECONDITION_FAILED: {call.method} is not supported here, did you mean to use {wanted}?"
            )
            raise Declined(gateway_error(self.world.rules.wrong_method_status, message, transaction))
        if found.route is None:
            raise Declined(gateway_error(404, PHRASES[404], transaction))
        if not is_vendor_id(found.vendor_id):
            raise Declined(bad_request("Invalid vendor ID"))
        if found.vendor_id != sender.vendor_id:
            raise Declined(gateway_error(404, PHRASES[404], transaction))
        return sender, found.route

    async def _serve(
        self, call: Incoming, request: Request, route: Route, delays: list[Fault], transaction: str
    ) -> Answer:
        """Let the provider work, with whatever goes wrong around it."""
        world = self.world
        wait_s = sum(one.delay_ms for one in delays) / 1000
        allowed_s = world.rules.gateway_timeout_real_s
        extended = call.headers.get("x-extended-timeout", "")
        if extended.isdecimal():
            allowed_s = max(allowed_s, int(extended) / 1000)
        late = any(one.options.get("apply") == "after" for one in delays)

        def work() -> Answer:
            with world.happening(world.now()):
                try:
                    return route.handle(world, request)
                except Declined as declined:
                    return declined.answer

        def finish(_: datetime) -> None:
            with suppress(Dropped):
                meet(world, request, call.client, transaction, work)

        if wait_s and late:
            await asyncio.sleep(min(wait_s, allowed_s))
            at = world.advance()
            if wait_s > allowed_s:
                # The gateway gives up in time; the provider goes on, and nobody waits for it any more.
                rest = timedelta(seconds=(wait_s - allowed_s) * max(1.0, world.clock.factor))
                world.schedule(at + rest, finish)
                return upstream(504)
        answer = meet(world, request, call.client, transaction, work)
        if wait_s and not late:
            await asyncio.sleep(min(wait_s, allowed_s))
        return upstream(504) if wait_s > allowed_s else answer


def _line(call: Incoming, at: datetime, status: int, said: bytes) -> bytes:
    """Return one call and its answer as canonical bytes; the signature follows from the rest."""
    told = {
        "at": at.isoformat(),
        "method": call.method,
        "path": call.path,
        "query": call.query,
        "body": call.body.decode("utf-8", "replace"),
        "status": status,
        "answer": said.decode("utf-8", "replace"),
    }
    return orjson.dumps(told)
