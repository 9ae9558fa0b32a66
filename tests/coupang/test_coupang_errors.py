"""The error map: what each answer means, how far it stops us, and whether a write may have been applied."""

import json
from pathlib import Path

import pytest

from app.coupang import errors
from app.coupang.errors import (
    Blocked,
    Broken,
    CoupangError,
    Denied,
    ExpiredSignature,
    Gone,
    RangeTooWide,
    Rejected,
    Throttled,
    UnreadableAnswer,
)

DATA = Path(__file__).parents[1] / "data" / "coupang"

EXAMPLES: dict[str, type[CoupangError]] = {
    "error_302_blocked": Blocked,
    "error_400_invalid_vendor": Rejected,
    "error_400_missing_status": Rejected,
    "error_400_range_day": RangeTooWide,
    "error_400_range_minute": RangeTooWide,
    "error_401_expired": ExpiredSignature,
    "error_401_hmac_format": Denied,
    "error_401_invalid_signature": Denied,
    "error_401_not_authorized": Denied,
    "error_401_unknown_key": Denied,
    "error_403_ip": Denied,
    "error_403_waf": Blocked,
    "error_404_provider": Rejected,
    "error_404_wrong_path": Rejected,
    "error_412": RangeTooWide,
    "error_423": Denied,
    "error_429": Throttled,
    "error_500_bad_courier": Broken,
    "error_504_timeout": Broken,
    "error_521_connection": Broken,
}

WILD: dict[str, tuple[int, type[CoupangError]]] = {
    "errors/401_invalid_signature.json": (401, Denied),
    "errors/401_request_not_authorized.json": (401, Denied),
    "errors/401_signature_expired.json": (401, ExpiredSignature),
    "errors/403_edge_access_denied.html": (403, Blocked),
    "errors/hmac_format_invalid.json": (401, Denied),
    "errors/unknown_access_key.json": (401, Denied),
    "ack/timeout_504.json": (504, Broken),
    "ack/upstream_521.json": (521, Broken),
}


def _read(status: int, body: str | bytes, method: str = "PUT", **headers: str) -> CoupangError | None:
    return errors.read(status, headers, body.encode() if isinstance(body, str) else body, method, "/v2/x")


def _message(text: str, code: object = "ERROR") -> str:
    return json.dumps({"code": code, "message": text}, ensure_ascii=False)


def test_every_example_is_in_the_table() -> None:
    assert {path.stem for path in (DATA / "examples").glob("error_*.json")} == set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples(name: str) -> None:
    told = json.loads((DATA / f"examples/{name}.json").read_bytes())
    body = told["response"]["body"]
    raw = (body if isinstance(body, str) else json.dumps(body)).encode()
    request = told["request"]
    error = errors.read(
        told["response"]["status"],
        told["response"].get("headers", {}),
        raw,
        request["method"],
        request["path"],
    )
    assert type(error) is EXAMPLES[name]
    assert error.status == told["response"]["status"]
    assert error.body == raw
    assert (error.method, error.path) == (request["method"], request["path"])
    changed = isinstance(error, Broken) and request["method"] != "GET"
    assert error.outcome == ("unknown" if changed else "not_applied")


@pytest.mark.parametrize("name", WILD)
def test_wild_bodies(name: str) -> None:
    status, kind = WILD[name]
    error = _read(status, (DATA / "wild" / name).read_bytes())
    assert type(error) is kind
    assert error.outcome == ("unknown" if kind is Broken else "not_applied")


def test_the_edge_block_as_the_portal_quotes_it() -> None:
    quoted = json.loads((DATA / "wild/errors/403_edge_access_denied_as_quoted.json").read_bytes())
    assert type(_read(quoted["status"], quoted["body"])) is Blocked


def test_every_quoted_text_finds_its_class() -> None:
    quoted = json.loads((DATA / "wild/errors/error_texts.json").read_bytes())["items"]
    read = {
        text: _read(status, _message(text), "GET") for status, text, _ in quoted if isinstance(status, int)
    }
    kinds = {text: type(error) for text, error in read.items()}
    assert len(kinds) >= 20
    assert CoupangError not in kinds.values()
    assert kinds["[FORBIDDEN] Not allowed IP"] is Denied
    assert kinds["range should less than 32 day"] is RangeTooWide
    assert kinds["createdAtTo - createdAtFrom should less then 7day"] is RangeTooWide
    assert kinds["Invalid vendor ID"] is Rejected
    assert kinds["(retired)"] is Denied
    assert kinds["(redirect)"] is Blocked
    assert kinds["500 internal exception"] is Broken


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (403, _message(errors.EXPIRED), ExpiredSignature),
        (403, _message("anything else"), Denied),
        (400, _message("HMAC format is invalid."), Denied),
        (400, _message("not a word known"), Rejected),
        (400, "", Rejected),
        (400, "<html>nginx</html>", Rejected),
        (400, "<html>Access Denied</html>", Blocked),
        (409, _message("?"), Rejected),
        (404, _message(errors.GONE, 404), Gone),
        (410, "", Denied),
        (412, _message("PRECONDITION_FAILED, did you mean POST?"), Rejected),
        (301, "", Blocked),
        (408, "", Broken),
        (429, "<html>slow down</html>", Throttled),
        (500, _message(errors.GONE, 500), Broken),
        (502, "<html>Bad Gateway</html>", Broken),
        (503, "", Broken),
        (524, "", Broken),
        (200, "<html>Welcome</html>", UnreadableAnswer),
        (200, "<HTML><TITLE>Access Denied</TITLE></HTML>", Blocked),
        (200, '{"code":200,"data":[{"shipmentBo', UnreadableAnswer),
        (200, "", UnreadableAnswer),
        (200, "[]", UnreadableAnswer),
        (200, _message("no", 400), Rejected),
        (200, _message("no", "400"), Rejected),
        (200, _message("no", "404"), Rejected),
        (200, _message(errors.GONE, 400), Gone),
        (200, _message("slow", 429), Throttled),
        (200, _message("broken", 500), Broken),
        (200, _message("broken", "ERROR"), Broken),
        (200, _message("Request timed out, if the situation continues", "ERROR"), Broken),
        (200, _message("Invalid signature."), Denied),
    ],
)
def test_statuses_and_words(status: int, body: str, kind: type[CoupangError]) -> None:
    error = _read(status, body)
    assert type(error) is kind
    assert error.outcome == ("unknown" if isinstance(error, Broken) else "not_applied")


@pytest.mark.parametrize("code", ["200", '"200"', '"SUCCESS"', '"success"', '"OK"', "null", '""', "0", "201"])
def test_success_has_many_spellings(code: str) -> None:
    assert _read(200, f'{{"code":{code},"message":"OK","data":[]}}') is None


def test_an_answer_without_envelope_is_a_success() -> None:
    assert _read(200, (DATA / "wild/ordersheets/v4_history_no_envelope.json").read_bytes(), "GET") is None


def test_a_read_changes_nothing_whatever_happens() -> None:
    error = _read(504, "", "GET")
    assert error is not None
    assert (error.outcome, error.retryable) == ("not_applied", True)


@pytest.mark.parametrize(
    ("status", "body", "stop", "retryable"),
    [
        (429, "", "vendor", True),
        (302, "", "vendor", False),
        (403, "<HTML>Access Denied</HTML>", "everything", False),
        (401, _message("Invalid signature."), "key", False),
        (401, _message(errors.EXPIRED), "call", True),
        (423, "", "key", False),
        (404, "", "call", False),
        (400, _message(errors.GONE), "call", False),
        (503, "", None, True),
    ],
)
def test_how_far_calling_stops(status: int, body: str, stop: str | None, retryable: bool) -> None:
    error = _read(status, body)
    assert error is not None
    assert (error.stop, error.retryable) == (stop, retryable)


def test_the_pause_coupang_asks_for() -> None:
    seconds = _read(429, "", **{"Retry-After": "120"})
    until = _read(
        429,
        "",
        **{"retry-after": "Sat, 21 Nov 2026 03:16:30 GMT", "date": "Sat, 21 Nov 2026 03:15:00 GMT"},
    )
    silent = _read(429, "")
    nonsense = _read(429, "", **{"Retry-After": "soon"})
    app_state = _read(403, "<HTML>Access Denied</HTML>")
    told = [error.retry_after_s for error in (seconds, until, silent, nonsense, app_state) if error]
    assert told == [120.0, 90.0, None, None, 600.0]


def test_the_text_of_an_error_is_safe_to_log() -> None:
    error = _read(400, _message("홍길동 010-1234-5678 서울특별시"))
    assert error is not None
    assert str(error) == "Rejected HTTP 400 PUT /v2/x"
    assert "홍길동" in error.message
    gone = _read(400, _message(f"홍길동 {errors.GONE}"), "GET")
    assert str(gone) == f"Gone HTTP 400 GET /v2/x: {errors.GONE}"
    assert "홍길동" not in f"{error!r} {gone!r} {error.args}"
