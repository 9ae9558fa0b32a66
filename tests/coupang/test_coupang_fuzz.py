"""Whatever Coupang says: nothing but the tree of errors leaves the client.

Two mutators over every example body and every call: one on the bytes, one on the values (hypothesis). Both
are seeded. `FUZZ_S=300` makes the first one run for so many seconds, from a seed that it prints.
"""

import asyncio
import json
import os
import random
import time
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.coupang import errors
from tests.coupang.every_call import CALLS, READS, Answering, examples

LONG_S = float(os.environ.get("FUZZ_S", "0"))
SEED = int(os.environ.get("FUZZ_SEED", str(time.time_ns()) if LONG_S else "11"))
ROUNDS = 700
BODIES = examples()
WILD = {
    "O1": ["v5_list_day_2025", "v4_list_day_2019", "v4_list_real_2026_overseas_anon"],
    "O2": ["v4_list_minute_2015_multi_item", "v4_list_minute_2019"],
    "O3": ["v4_single_by_box_2019", "v4_single_upbundle_2024"],
    "O4": ["v4_single_by_orderid_2019", "v4_by_orderid_split_two_boxes"],
    "O5": ["v4_history_2019", "v4_history_no_envelope"],
    "O6": ["partial_not_found_negative_responsekey"],
    "O9": ["v5_cancel_partial", "v4_refund_ok"],
    "R1": ["v4_list_2015_korean_enums", "v6_list_item_2025", "v6_int64_boundary"],
    "R2": ["v4_single_18digit_third_party"],
    "R5": ["withdraw_list_2019"],
    "R6": ["withdraw_post_2019"],
    "E1": ["v4_list_2019", "v4_list_legacy_2017"],
}
OWN = {
    call: [name for name in BODIES if f"_{call.split()[0].lower()}_" in name] + WILD.get(call.split()[0], [])
    for call in CALLS
}
STATUSES = (*[200] * 40, 201, 204, 302, 400, 401, 403, 404, 412, 429, 500, 504, 521, 999)
HEADERS = tuple(
    (name.encode(), value)
    for name, values in {
        "Retry-After": (
            b"60",
            b"9" * 5000,
            "٣".encode(),
            b"Sat, 21 Nov 99999999999999999999 03:16:30 GMT",
        ),
        "Date": (
            b"Sat, 21 Nov 2026 03:16:30 -0000",
            b"Sat, 21 Nov 99999999999999999999 03:16:30 GMT",
            b"Sat, 32 Nov 2026 99:16:30 +" + b"9" * 30,
            b"\xff\xfe",
        ),
        "Content-Encoding": (b"br", b"gzip", b"gzip, gzip", b"deflate"),
        "Location": (b"http://[",),
    }.items()
    for value in values
)
JUNK = (
    rb"\ud800",
    rb"\ud800\ud800",
    rb"\u0000",
    b"\xff",
    b"\xed\xa0\x80",
    b"\x00",
    b"NaN",
    b"-Infinity",
    b"1e999",
    b"-0",
    b"1.5",
    b"9" * 5000,
    b"9" * 4300,
    b"18446744073709551616",
    b"9223372036854775808",
    b"[" * 1000,
    b"]" * 1000,
    b"[" * 1000 + b"]" * 1000,
    b'{"a":' * 1000,
    b"null",
    b"true",
    b'""',
    b"{}",
    b"[]",
    b'"',
    b"\\",
    b",",
    b":",
    b"{",
    b"}",
    b" " * 500,
    b"<HTML>",
    b'"code":500,',
    b'"data":null,',
    b"\xef\xbb\xbf",
)


def mutated(draw: random.Random, body: bytes) -> bytes:
    """Return the body with a few of its bytes changed."""
    told = bytearray(body)
    for _ in range(draw.choice((1, 1, 1, 2, 3, 8))):
        at = draw.randrange(len(told) + 1)
        end = min(len(told), at + draw.choice((1, 2, 5, 20, 200)))
        match draw.randrange(8):
            case 0:
                told[at:at] = draw.choice(JUNK)
            case 1:
                told[at:end] = draw.choice(JUNK)
            case 2:
                del told[at:end]
            case 3:
                told[at:at] = told[at:end]
            case 4 if at < len(told):
                told[at] ^= 1 << draw.randrange(8)
            case 5:
                told[at:end] = draw.choice(list(BODIES.values()))[: end - at]
            case 6:
                told = _other_value(draw, told)
            case 7:
                del told[at:]
    return bytes(told)


def _other_value(draw: random.Random, told: bytearray) -> bytearray:
    """Put junk where a value stands, so that what is around it stays JSON."""
    colons = [at for at, byte in enumerate(told) if byte in b":,["]
    if not colons:
        return told
    begin = draw.choice(colons) + 1
    end = min((at for at in range(begin, len(told)) if told[at] in b",}]"), default=len(told))
    return told[:begin] + draw.choice(JUNK) + told[end:]


def _assert_usable(error: errors.CoupangError, call: str) -> None:
    repr(error), str(error)
    assert error.outcome in ("unknown", "not_applied")
    assert error.retry_after_s is None or 0 <= error.retry_after_s <= 86_400
    if call in READS:
        assert error.outcome == "not_applied"


async def test_bytes_that_were_tampered_with_raise_nothing_but_the_tree_of_errors() -> None:
    draw = random.Random(SEED)
    answering, told = Answering(), Counter[str]()
    names, calls = sorted(BODIES), sorted(CALLS)
    until_s = time.monotonic() + LONG_S
    rounds = 0
    async with answering.client:
        while rounds < ROUNDS or time.monotonic() < until_s:
            rounds += 1
            call = draw.choice(calls)
            # Mostly an answer to that very call, so that its reader is reached.
            name = draw.choice(OWN[call] if draw.random() < 0.8 else names)
            body = mutated(draw, BODIES[name])
            status = draw.choice(STATUSES)
            headers = [draw.choice(HEADERS)] if draw.random() < 0.1 else []
            try:
                await answering.ask(call, body, status, headers)
                told["read"] += 1
            except errors.CoupangError as error:
                _assert_usable(error, call)
                told[type(error).__name__] += 1
            except Exception as escaped:
                raise AssertionError(
                    f"seed {SEED}, round {rounds}: {call} answered {status} {headers} with {body[:2000]!r}"
                ) from escaped
    if LONG_S:
        print(f"seed {SEED}: {rounds} rounds, {dict(told)}")  # noqa: T201
    assert {"read", "UnreadableAnswer", "Rejected", "Throttled", "Blocked"} <= set(told)


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(["", "0", "-1", "9" * 25, "\0", "2026-11-21T00:00:00+09:00", "9999-12-31", "1e9999"]),
    st.just([]),
    st.just({}),
    st.just([{}]),
    st.just([None]),
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in inner for place in _places(one, (*path, key)))]


def _with(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    if not path:
        return odd
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _with(value[path[0]], path[1:], odd)
    return copy


PARSED: dict[str, Any] = {}
for _name, _body in BODIES.items():
    try:
        PARSED[_name] = json.loads(_body)
    except ValueError:
        continue
PLACES = {name: _places(value) for name, value in PARSED.items()}


@settings(
    max_examples=int(100 + 30 * LONG_S),
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_values_of_other_types_raise_nothing_but_the_tree_of_errors(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(PARSED)))
    call = data.draw(st.sampled_from(sorted(CALLS)))
    value = PARSED[name]
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(PLACES[name]))
        try:
            value = _with(value, path, data.draw(ODD))
        except (LookupError, TypeError):
            continue
    body = json.dumps(value).encode()

    async def ask() -> None:
        answering = Answering()
        async with answering.client:
            try:
                await answering.ask(call, body)
            except errors.CoupangError as error:
                _assert_usable(error, call)

    asyncio.run(ask())


@pytest.mark.parametrize("call", CALLS)
async def test_every_example_may_be_the_answer_to_every_call(call: str) -> None:
    answering = Answering()
    async with answering.client:
        for body in BODIES.values():
            try:
                await answering.ask(call, body)
            except errors.CoupangError as error:
                _assert_usable(error, call)
