"""The error catalogue of Coupang as a typed tree, and the one function that reads it.

    CoupangError
      + Unreachable         no answer: refused before sending, or silence after it         retryable
      + Throttled           429: too fast                                    stop vendor   retryable
      + Blocked             302, HTML 403: Coupang shut the door             stop vendor | everything
      + Denied              401, 403, 410, 423: key, signature or address    stop key
      |   + ExpiredSignature  the signed date was too old                    stop call     retryable
      + Broken              408, 5xx: the provider or the gateway failed                   retryable
      |   + UnreadableAnswer  truncated, HTML or not what the page promises                retryable
      |       + TooLarge      more bytes than we take; ask for less                        retryable
      + Rejected            400, 404 and the rest of 4xx: a business no      stop call
      |   + Gone              the box was cancelled or returned              stop call
      |   + NotExisting       the receipt was withdrawn, or never was        stop call
      |   + AlreadyDone       the return is completed already                stop call
      |   + CountMismatch     the count is not that of the receipt           stop call
      |   + NotSuitable       the box does not take this waybill             stop call
      |   + WaybillRefused    the waybill number is used or not valid        stop call
      |   + HalfDone          it failed midway, outcome unknown              stop call
      |   + RangeTooWide      the window must be narrower                    stop call
      + RepeatedToken       a list gave the same page token twice                          retryable
      + ErrorBurst          ours: too many calls failed within a minute      stop vendor   retryable

`str(error)` is safe for logs: Coupang's own words appear in it only when they are a documented text.
"""

import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from app.coupang import cutting
from app.coupang.headers import pause_s

Outcome = Literal["not_applied", "unknown"]
Stop = Literal["call", "vendor", "key", "everything"] | None


class CoupangError(Exception):
    """Tell that a call did not bring what was asked.

    Attributes:
        status: HTTP status, None when there was no answer.
        code: Coupang's `code`, as text.
        message: Coupang's words, at most 500 characters; may quote a request, so never log it.
        method: HTTP method.
        path: Path without query.
        body: The raw answer.
        retryable: The same call may succeed later without a change on our side.
        outcome: `unknown` when a write may have been applied; then read back, never repeat blindly.
        stop: How far calling must stop: this call as it is, the vendor, the key's use, or everything
            that leaves this address.
        retry_after_s: Earliest sensible pause in seconds, None when Coupang said nothing.
    """

    retryable: bool = False
    stop: Stop = None
    after_sending: Outcome = "not_applied"

    def __init__(
        self,
        message: str = "",
        *,
        status: int | None = None,
        code: str | None = None,
        method: str = "",
        path: str = "",
        body: bytes = b"",
        outcome: Outcome | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        # Not handed to Exception: its repr would show Coupang's words, and with them perhaps a person's.
        super().__init__()
        self.status = status
        self.code = code
        self.message = message[:500]
        self.method = method
        self.path = path
        self.body = body
        # A read changes nothing, whatever became of it.
        self.outcome: Outcome = "not_applied" if method == "GET" else outcome or self.after_sending
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        said = next((text for text in DOCUMENTED if text in self.message), "")
        facts = (type(self).__name__, f"HTTP {self.status}" if self.status else "", self.method, self.path)
        return " ".join(part for part in facts if part) + (f": {said}" if said else "")


class Unreachable(CoupangError):
    """No answer came; `outcome` says whether the request may have arrived."""

    retryable = True


class Throttled(CoupangError):
    """Too many requests (429); access comes back minutes after the rate falls."""

    retryable = True
    stop: Stop = "vendor"


class Blocked(CoupangError):
    """Coupang blocks the vendor (302) or this address (HTML 403); a human must look."""

    stop: Stop = "vendor"


class Denied(CoupangError):
    """Key, signature, address or permission refused; nothing was applied."""

    stop: Stop = "key"


class ExpiredSignature(Denied):
    """The signed date is more than five minutes off; sign again once, then check the clock."""

    retryable = True
    stop: Stop = "call"


class Broken(CoupangError):
    """The gateway or the provider failed; a write may have been applied."""

    retryable = True
    after_sending: Outcome = "unknown"


class UnreadableAnswer(Broken):
    """The answer is truncated, HTML, or not of the documented kind."""


class TooLarge(UnreadableAnswer):
    """The answer is larger than what we take of one; a narrower window has a smaller one."""


class Rejected(CoupangError):
    """Coupang said no to this call; asking again unchanged leads to blocking."""

    stop: Stop = "call"


class Gone(Rejected):
    """The box or order was cancelled or returned; its receipt tells the rest."""


class NotExisting(Rejected):
    """No such receipt: withdrawn by the customer, of another seller, or never there; ask the withdrawals."""


class AlreadyDone(Rejected):
    """The return is completed already; what was asked for needs no doing."""


class CountMismatch(Rejected):
    """The count is not that of the whole receipt; read the receipt again."""


class NotSuitable(Rejected):
    """The box does not take a waybill; an exchange's original box was named instead of its new one."""


class WaybillRefused(Rejected):
    """The waybill number is in use already, or is not valid."""


class HalfDone(Rejected):
    """A cancel failed on the way and may be half applied; read back, never repeat blindly."""

    after_sending: Outcome = "unknown"


class RangeTooWide(Rejected):
    """The asked time window is too wide, or too slow to answer."""


class RepeatedToken(CoupangError):
    """A list gave a page token for the second time; the list must be asked again from its start."""

    retryable = True


class ErrorBurst(CoupangError):
    """Too many calls failed within a minute; Coupang's edge blocks those who go on (25780974599577)."""

    retryable = True
    stop: Stop = "vendor"

    def __str__(self) -> str:
        # Our own words, safe to show.
        return f"ErrorBurst: {self.message}"


ANSWERS = frozenset(
    kind.__name__
    for kind in (Gone, NotExisting, AlreadyDone, CountMismatch, NotSuitable, WaybillRefused, RangeTooWide)
)
"""Errors that are proper answers to a proper question; all others count towards a burst."""

GONE = "해당 주문이 취소 또는 반품되었습니다."
EXPIRED = "Specified signature is expired."
RANGES = (
    "range should less than",
    "should less then 7day",
    "The maximum view duration",
    "최대 조회 기간은 7 일 입니다",
)
UNDETERMINED = ("출고 정지 요청 롤백에 실패했습니다", "내부 오류가 발생하였습니다. 쿠팡으로 문의하세요")
"""Texts of a cancel that failed on the way: nobody says how far it came."""

_COUNT = "취소반품접수수량과 cancelCount가 일치하지 않습니다"
_REFUSALS: dict[str, type[Rejected]] = {
    "취소반품접수내역이 존재하지 않습니다": NotExisting,
    "cannot find the Receipt": NotExisting,
    "doesn't belong to the vendorId": NotExisting,
    "There is no history": NotExisting,
    "이미 반품이 완료": AlreadyDone,
    "Product is already returned": AlreadyDone,
    _COUNT: CountMismatch,
    "is not suitable for applyInvoice": NotSuitable,
    "이미 저장된 송장번호가 있어 송장번호 등록이 불가능합니다": WaybillRefused,
    "송장번호가 유효하지 않습니다": WaybillRefused,
    **dict.fromkeys(UNDETERMINED, HalfDone),
}
# These come as HTTP 500 and are a business no all the same.
_REFUSALS_AS_500 = (_COUNT, *UNDETERMINED)

CANCEL_TEXTS = (
    "주문 ID를 입력해 주세요.",
    "취소할 벤더아이템 아이디 목록을 입력해주세요.",
    "취소할 아이탬 개수 목록을 입력해주세요.",
    "취소할 아이템 개수 목록을 입력해주세요.",
    "요청한 상품 개수와 취소 개수를 확인해주세요.",
    "취소사유 대분류 코드를 입력해주세요.",
    "취소사유 대분류 코드를 확인해 주세요.",
    "취소사유 중분류 코드를 입력해주세요.",
    "취소사유 중분류 코드를 확인해 주세요.",
    "업체 ID를 입력해주세요.",
    "업체 ID에 맞는 올바른 유저 ID를 입력해주세요.",
    "주문 정보가 없습니다.",
    "주문정보가 없습니다.",
    "취소 가능한 개수보다 요청한 개수가 더 많습니다.",
    "해당 벤더아이템이 결제완료/상품지시 중 상태가 아닙니다.",
    "요청한 업체의 상품이 아닙니다.",
    "취소요청 중 오류가 발생하였습니다.",
    "부분 취소는 불가능합니다.",
    "출고정지 완료 처리에 실패했습니다.",
)
"""What a cancel may be refused with, for one item inside the message or for the whole call (360033843154)."""
DENIALS = (
    "Invalid signature.",
    "HMAC format is invalid.",
    "Request is not authorized.",
    "Unknown error occurred, please contact api-gateway channel",
    "Not allowed IP",
    "Your ip address",
)
TIMEOUTS = ("Request timed out", "connection timed out")
DOCUMENTED = (
    GONE,
    EXPIRED,
    *RANGES,
    *DENIALS,
    *TIMEOUTS,
    "Provider id is not specified correctly.",
    "PRECONDITION_FAILED",
    "Invalid vendor ID",
    "required parameters are missing",
    "배송완료 처리 실패. 배송상태: INSTRUCT",
    "배송완료 처리 실패. 배송상태: DEPARTURE",
    *_REFUSALS,
    *CANCEL_TEXTS,
    "OrderId can't be null, if doesn't pass the parameter status",
    "invalid vendorId",
    "Required String parameter 'dateFrom' is not present",
    "Required String parameter 'dateTo' is not present",
    "종료일자는 시작일자보다 작거나 같아야 합니다.",
    "날짜입력을 확인해 주세요. (형식:yyyy-MM-dd)",
    "페이지별 최대 표시 갯수(sizePerPage)는 100 입니다.",
    "pageindex 는 음수 또는 0 일 수 없습니다.",
    "Object is null",
)


class _Told(msgspec.Struct):
    """What every JSON answer may say about itself."""

    code: int | float | str | None = None
    message: str | None = None


_tellers = msgspec.json.Decoder(_Told)
_codes = msgspec.json.Decoder(int | float | str | None)
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)


def read(status: int, headers: Mapping[str, str], body: bytes, method: str, path: str) -> CoupangError | None:
    """Return the error an answer stands for, None for a success.

    Args:
        status: HTTP status.
        headers: Response headers; the case of names does not matter.
        body: Whole body, decompressed.
        method: HTTP method of the request.
        path: Path of the request, without query.

    Source:
        Articles 34583426711321 (302), 360022935394 (401), 25780974599577 (HTML 403), 360022936054 (404),
        360022984434 (412), 360022984574 (423), 20414599556889 (429), 360023112313 (504), 360022987714 (521).
    """
    html = body[:1024].lstrip()[:1] == b"<"
    told = _told(body)
    code = "" if told is None or told.code is None else str(told.code).strip().upper()
    text = "" if told is None or told.message is None else told.message
    number = status
    if 200 <= status < 300 and not html:
        if told is None:
            return UnreadableAnswer(status=status, method=method, path=path, body=body)
        # No code at all is normal on the history page; 0, "" and null mean the same as absent.
        number = int(code) if _NUMBER.fullmatch(code) else 0
        if code in ("", "0", "OK", "SUCCESS") or 200 <= number < 300:
            return None
    kind = _kind(number, text, html, body, method)
    error = kind(
        text,
        status=status,
        code=code or None,
        method=method,
        path=path,
        body=body,
        retry_after_s=pause_s(headers),
    )
    if kind is Blocked and html:
        # The edge judges the address, so every vendor behind it is affected.
        error.stop = "everything"
        error.retry_after_s = error.retry_after_s or 600.0
    return error


def _told(body: bytes) -> _Told | None:
    """Return what an answer says of itself, also when something else in it is broken."""
    try:
        return _tellers.decode(body)
    except msgspec.ValidationError:
        return None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        members = cutting.members(body)
        return _Told(_codes.decode(members.get("code", b"null")), cutting.text(members.get("message")))
    except (cutting.Uncut, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _kind(number: int, text: str, html: bool, body: bytes, method: str) -> type[CoupangError]:
    if 300 <= number < 400 or (html and (number == 403 or b"access denied" in body.lower())):
        return Blocked
    if number == 429:
        return Throttled
    if any(words in text for words in _REFUSALS_AS_500):
        return _refusal(text)
    if number >= 500 or number in (408, 425):
        return Broken
    # Integrators saw the same words under other statuses, so words go before numbers.
    if EXPIRED in text:
        return ExpiredSignature
    if number in (401, 403, 410, 423) or any(words in text for words in DENIALS):
        return Denied
    if GONE in text:
        return Gone
    wrong_method = "PRECONDITION_FAILED" in text
    if any(words in text for words in RANGES) or (number == 412 and method == "GET" and not wrong_method):
        return RangeTooWide
    if 400 <= number < 500:
        return _refusal(text)
    return UnreadableAnswer if html else Broken


def refusal(text: str, body: bytes, method: str, path: str, code: str = "") -> Rejected:
    """Return the error for an answer that says HTTP 200 outside and no inside.

    Args:
        text: Coupang's words for the no.
        body: Whole body.
        method: HTTP method of the request.
        path: Path of the request, without query.
        code: The code that said no.
    """
    return _refusal(text)(text, status=200, code=code or None, method=method, path=path, body=body)


def _refusal(text: str) -> type[Rejected]:
    return next((kind for words, kind in _REFUSALS.items() if words in text), Rejected)
