"""What goes back over the wire: envelopes and the error catalogue, key order as Coupang writes it."""

from dataclasses import dataclass, field
from typing import Any

import orjson

JSON = "application/json;charset=UTF-8"

NOT_AUTHORIZED = {
    "korean": "미인증된 요청은 허용되지 않습니다. 클라이언트의 정보가 정상적으로 설정되어 있는지 확인 "
    "부탁드립니다. (CMDB, 컨수머 토큰 또는 HMAC)",
    "english": "Unauthorized request is denied. Check if the client's credential meets the requirements "
    "(CMDB, consumer token or HMAC).",
}
EDGE_BLOCK = (
    "<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY>\n<H1>Access Denied</H1>\n"
    "You don't have permission to access \"http&#58;&#47;&#47;api&#45;gateway&#46;coupang&#46;com&#47;v2"
    '&#47;providers&#47;openapi" on this server.<P>\n'
    "Reference&#32;&#35;18&#46;00000000&#46;0000000000&#46;00000000\n</BODY>\n</HTML>\n"
)
EDGE_BAD_REQUEST = (
    "<HTML><HEAD>\n<TITLE>Invalid URL</TITLE>\n</HEAD><BODY>\n<H1>Invalid URL</H1>\n"
    'The requested URL "&#91;no&#32;URL&#93;", is invalid.<p>\n'
    "Reference&#32;&#35;9&#46;00000000&#46;0000000000&#46;00000000\n</BODY></HTML>\n"
)
TIMED_OUT = "Request timed out, if the situation continues consider applying timeout extension."
NOT_REACHED = "connection timed out: aws-openapi.coupang.net/10.211.51.172:80"
CANCELLED_OR_RETURNED = "해당 주문이 취소 또는 반품되었습니다."
UNAUTHORIZED = {
    "expired": "Specified signature is expired.",
    "invalid_signature": "Invalid signature.",
    "hmac_format": "HMAC format is invalid.",
    "not_authorized": "Request is not authorized.",
    "unknown_key": "Unknown error occurred, please contact api-gateway channel for the details.",
}
"""The 401 texts by variant."""
PHRASES = {410: "Gone", 412: "Precondition Failed", 423: "Locked", 429: "Too Many Requests", 404: "Not Found"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer before compression."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = field(default=())


class Declined(Exception):
    """A call ends here with this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def ok(code: int | str, data: Any, message: str = "OK", **more: Any) -> Answer:
    """Answer success; `code` is a number or a string, as the call has it."""
    return Answer(200, orjson.dumps({"code": code, "message": message, "data": data, **more}))


def bad_request(message: str, code: int | str = 400, data: Any = None) -> Answer:
    """Answer a provider error of validation or business."""
    return Answer(400, orjson.dumps({"code": code, "message": message, "data": data}))


def done(message: str) -> Answer:
    """Answer success without any data."""
    return Answer(200, orjson.dumps({"code": "200", "message": message}))


def failed(message: str) -> Answer:
    """Answer a business error that comes as HTTP 500."""
    return Answer(500, orjson.dumps({"code": "500", "message": message, "data": None}))


def result(message: str, said: str, code: str = "SUCCESS") -> Answer:
    """Answer with a resultCode inside `data`; `FAIL` comes with HTTP 200 all the same."""
    return ok("200", {"resultCode": code, "resultMessage": said}, message)


def internal_exception() -> Answer:
    """Answer what an unknown courier code gets."""
    return Answer(500, orjson.dumps({"code": "ERROR", "message": "Internal Exception"}))


def gateway_error(status: int, message: str, transaction_id: str) -> Answer:
    """Answer an error of the gateway itself."""
    body: dict[str, Any] = {"code": "ERROR", "message": message, "transactionId": transaction_id}
    return Answer(status, orjson.dumps(body))


def unauthorized(variant: str, transaction_id: str) -> Answer:
    """Answer 401; `variant` is a key of `UNAUTHORIZED`."""
    body: dict[str, Any] = {
        "code": "ERROR",
        "message": UNAUTHORIZED[variant],
        "transactionId": transaction_id,
    }
    if variant == "not_authorized":
        body["messages"] = NOT_AUTHORIZED
    return Answer(401, orjson.dumps(body))


def address_refused(address: str, transaction_id: str) -> Answer:
    """Answer 403: the address is not on the key's list."""
    return gateway_error(403, f"Your ip address {address} is not allowed for this request.", transaction_id)


def upstream(status: int) -> Answer:
    """Answer 504 or 521: the outcome is unknown to the caller."""
    return Answer(
        status, orjson.dumps({"code": "ERROR", "message": TIMED_OUT if status == 504 else NOT_REACHED})
    )


def blocked() -> Answer:
    """Answer 302: the vendor or its address is blocked for good."""
    return Answer(302, b"", "text/html", (("location", "https://developers.coupangcorp.com/"),))


def edge_block() -> Answer:
    """Answer 403 of the edge in front of the gateway: HTML, not JSON."""
    return Answer(403, EDGE_BLOCK.encode(), "text/html")


def edge_bad_request() -> Answer:
    """Answer 400 of the edge for a request line that RFC 9112 does not allow: HTML, not JSON."""
    return Answer(400, EDGE_BAD_REQUEST.encode(), "text/html")
