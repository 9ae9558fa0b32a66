"""What becomes of a call that meets a fault: the answer of the fault, and whether the change happens."""

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus

import orjson

from app.sandbox.core.faults import INSIDE, Fault
from app.sandbox.core.state import SandboxState
from app.sandbox.wire.envelopes import (
    PHRASES,
    Answer,
    address_refused,
    blocked,
    edge_block,
    gateway_error,
    unauthorized,
    upstream,
)
from app.sandbox.wire.requests import Request

HALF_AN_ANSWER = b'{"code":"200","message":"OK","data":{"responseKey":73264899'


class Dropped(Exception):
    """The socket shall close without an answer."""


def meet(
    state: SandboxState, request: Request, client: str, transaction: str, work: Callable[[], Answer]
) -> Answer:
    """Answer a call under its fault.

    Args:
        state: The world.
        request: The call and its fault.
        client: The caller's address, for the text about addresses.
        transaction: The transaction id of an error.
        work: Applies the change and answers; called once, late, or never, as the fault has it.

    Raises:
        Dropped: The fault closes the socket.
    """
    fault = request.fault
    if fault is None or fault.kind in INSIDE:
        return work()
    if fault.kind == "429":
        ban_s = float(fault.options.get("ban_real_s", state.rules.ban_real_s))
        state.meters[request.vendor.vendor_id].ban(ban_s)
    if fault.kind == "504_late":
        late = timedelta(seconds=float(fault.options.get("late_s", 60)))
        state.schedule(state.now() + late, lambda _: _forget(work()))
    answer = work() if fault.kind.endswith("_after") else None
    if fault.kind.startswith("drop_"):
        raise Dropped
    if answer is not None and fault.kind == "truncate_after":
        return Answer(answer.status, answer.body[: len(answer.body) // 2])
    return _instead(fault, client, transaction)


def _instead(fault: Fault, client: str, transaction: str) -> Answer:
    match fault.kind:
        case "302":
            return blocked()
        case "403_html":
            return edge_block()
        case "403_ip":
            return address_refused(client, transaction)
        case "401":
            return unauthorized(str(fault.options.get("variant", "invalid_signature")), transaction)
        case "429":
            return gateway_error(429, PHRASES[429], transaction)
        case "status":
            status = int(fault.options.get("status", 423))
            phrase = PHRASES.get(status) or HTTPStatus(status).phrase
            return gateway_error(status, str(fault.options.get("message", phrase)), transaction)
        case "200_error":
            body = {"code": 500, "message": "Internal Server Error", "data": None}
            return Answer(200, orjson.dumps(body))
        case "500" | "500_after":
            body = {"code": 500, "message": "Internal Server Error", "data": None}
            return Answer(500, orjson.dumps(body))
        case "521" | "521_after":
            return upstream(521)
        case "truncate_before":
            return Answer(200, HALF_AN_ANSWER)
        case _:
            return upstream(504)


def _forget(answer: Answer) -> None:
    """Let the answer of a late change go: nobody waits for it any more."""
