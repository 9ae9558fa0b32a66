"""From bytes to an answer: limits, signature, routes, faults, in the order a gateway meets them."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

import orjson

from app.sandbox.core.faults import MET, Fault
from app.sandbox.core.ledger import Call
from app.sandbox.core.order_entities import Vendor
from app.sandbox.core.rate_limit import BLOCKED, PASS, THROTTLED
from app.sandbox.core.state import is_vendor_id
from app.sandbox.http.keys import Unproven, may_come_from, sender_of
from app.sandbox.http.routes import Found, Route, find, has_provider
from app.sandbox.wire.envelopes import (
    PHRASES,
    Answer,
    Declined,
    address_refused,
    bad_request,
    blocked,
    edge_bad_request,
    edge_block,
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
    raw: str | None = None
    """Path and query as they came, if characters in them were not escaped; the others are escaped then."""


class Gateway:
    """What stands between the internet and the provider."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def answer(self, call: Incoming) -> Answer:
        """Answer one call and write it into the ledger.

        Raises:
            Dropped: The connection is to be closed without an answer.
        """
        world, began_s = self.world, asyncio.get_running_loop().time()
        at = world.advance()
        call = self._as_judged(call)
        params = dict(parse_qsl(call.query, keep_blank_values=True))
        found = find(call.method, call.path, params)
        sender, unproven = self._identify(call, at)
        transaction = self._transaction(sender)
        ledger = world.ledger
        n = len(ledger.calls)
        name = found.route.name if found.route else "-"
        # Written now and completed below: numbers follow the arrival, whatever takes longer.
        ledger.calls.append(Call(n, found.vendor_id, name, call.method, 0, at, ""))
        keeps = world.rules.transcript
        if keeps:
            ledger.transcript.append(b"")
            slot = len(ledger.transcript) - 1
        meter = world.meter_of(sender, found.vendor_id, call.client)
        verdict = meter.enter(world.rules, n, name)
        fault: Fault | None = None
        status, said = 0, b""
        try:
            if verdict != PASS:
                answer = _refused(verdict, transaction)
            else:
                try:
                    vendor, route = self._admit(call, found, sender, unproven, at, transaction)
                    paged = bool(params.get("nextToken"))
                    fault, delays = world.faults.take(vendor.vendor_id, route.name, paged)
                    if delays:
                        meter.hold(n, sum(one.delay_ms for one in delays))
                    numbered = world.rules.string_ids_accepted
                    request = Request(
                        vendor, found.version, found.path, params, call.body, n, fault, numbered
                    )
                    answer = await self._serve(call, request, route, delays, transaction)
                except Declined as declined:
                    answer = declined.answer
                meter.judge(
                    world.rules,
                    failed=answer.status >= 400 and fault is None,
                    foreign=sender is not None and _is_foreign(found, sender),
                )
            status, said = answer.status, answer.body
            if sender is not None and (warning := meter.near_limit(world.rules)):
                answer = replace(answer, headers=(*answer.headers, ("x-cag-warnings", warning)))
            await _take_time(world.rules.latency_real_s, began_s)
            return answer
        finally:
            meter.leave(n)
            kind = fault.kind if fault else ""
            ledger.calls[n] = Call(n, found.vendor_id, name, call.method, status, at, kind)
            if keeps:
                ledger.transcript[slot] = _line(call, at, status, said)

    def _as_judged(self, call: Incoming) -> Incoming:
        """Return the call as the gateway sees it: unescaped characters as they came, or escaped before."""
        if call.raw is None or self.world.rules.raw_utf8 == "encoded":
            return call
        path, _, query = call.raw.partition("?")
        return replace(call, path=path, query=query)

    def _transaction(self, sender: Vendor | None) -> str:
        if sender is None:
            self.world.strangers += 1
            return self.world.uuid("transaction", "", self.world.strangers)
        sender.calls += 1
        return self.world.uuid("transaction", sender.vendor_id, sender.calls)

    def _identify(self, call: Incoming, at: datetime) -> tuple[Vendor | None, str]:
        """Return whose key signed the call, or None and the variant of the 401."""
        header = call.headers.get("authorization")
        try:
            return sender_of(self.world, header, call.method, call.path, call.query, at), ""
        except Unproven as unproven:
            return None, unproven.variant

    def _admit(
        self,
        call: Incoming,
        found: Found,
        sender: Vendor | None,
        unproven: str,
        at: datetime,
        transaction: str,
    ) -> tuple[Vendor, Route]:
        """Check who calls from where, and that the path exists, with this method, and is the sender's."""
        rules = self.world.rules
        if call.raw is not None and rules.raw_utf8 == "refused":
            raise Declined(edge_bad_request())
        if sender is None:
            raise Declined(unauthorized(unproven, transaction))
        if not may_come_from(self.world, sender, call.client, at):
            raise Declined(address_refused(call.client, transaction))
        if not has_provider(call.path, rules.providers):
            message = "Provider id is not specified correctly."
            raise Declined(gateway_error(rules.provider_error_status, message, transaction))
        if found.route is None and found.allowed:
            wanted = found.allowed[0]
            message = (
                f"PRECONDITION_FAILED: {call.method} is not supported here, did you mean to use {wanted}?"
            )
            raise Declined(gateway_error(rules.wrong_method_status, message, transaction))
        if found.route is None:
            raise Declined(gateway_error(404, PHRASES[404], transaction))
        if not is_vendor_id(found.vendor_id):
            raise Declined(bad_request("Invalid vendor ID"))
        if _is_foreign(found, sender):
            raise Declined(gateway_error(404, PHRASES[404], transaction))
        return sender, found.route

    async def _serve(
        self, call: Incoming, request: Request, route: Route, delays: list[Fault], transaction: str
    ) -> Answer:
        """Let the provider work, with whatever goes wrong around it."""
        world = self.world
        wait_s = sum(one.delay_ms for one in delays) / 1000
        allowed_s = world.rules.gateway_timeout_real_s
        allowed_s = max(allowed_s, _extended_ms(call, world.rules.extended_timeout_most_ms) / 1000)
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


def _is_foreign(found: Found, sender: Vendor) -> bool:
    return is_vendor_id(found.vendor_id) and found.vendor_id != sender.vendor_id


def _refused(verdict: str, transaction: str) -> Answer:
    """Answer a caller whom its meter refuses; the journal learns that this call changed nothing."""
    if (told := MET.get()) is not None:
        told(Fault(0, verdict))
    if verdict == THROTTLED:
        return gateway_error(429, PHRASES[429], transaction)
    return blocked() if verdict == BLOCKED else edge_block()


def _extended_ms(call: Incoming, most_ms: int) -> int:
    """Return what `X-EXTENDED-TIMEOUT` asks for, at most `most_ms`; 0 when it says nothing usable."""
    asked = call.headers.get("x-extended-timeout", "").strip()
    if not (asked.isascii() and asked.isdecimal()):
        return 0
    return most_ms if len(asked) > len(str(most_ms)) else min(int(asked), most_ms)


async def _take_time(least_s: float, began_s: float) -> None:
    """Let an answer take at least this long, as it does over any network."""
    if least_s > 0 and (left_s := began_s + least_s - asyncio.get_running_loop().time()) > 0:
        await asyncio.sleep(left_s)


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
