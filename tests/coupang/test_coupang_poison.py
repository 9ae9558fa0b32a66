"""One row that cannot be read harms nobody else, and an answer that is no list says nothing.

Each test here fails on a reader that hands a whole body to a JSON reader.
"""

import gc
import json
import time
from typing import Any

import pytest

from app.coupang import cutting, errors, scalars
from app.coupang.claims import decode_writes
from app.coupang.orders import decode as order_decode
from app.coupang.required import MOST_ROW_BYTES, NOT_JSON
from tests.coupang.every_call import CALLS, LISTS, READS, Answering, examples

BODIES = {name: json.loads(body) for name, body in examples().items() if body[:1] == b"{"}
ROWS: dict[str, tuple[str, str]] = {
    "O1": ("orders_o1_list_day", "shipmentBoxId"),
    "O2": ("orders_o1_list_day", "shipmentBoxId"),
    "O4": ("orders_o1_list_day", "shipmentBoxId"),
    "R1 by days": ("returns_r1_list_minute", "receiptId"),
    "R1": ("returns_r1_list_minute", "receiptId"),
    "R5": ("returns_r5_withdraw_by_date", "cancelId"),
    "R6": ("returns_r6_withdraw_by_ids", "cancelId"),
    "E1": ("exchanges_e1_list_received", "exchangeId"),
}
"""Calls that answer with rows: an example, and the field that names a row."""
POISONS = {
    "half a character": rb'"x":"\ud800"',
    "half a character in a name": rb'"\ud800":1',
    "bytes that are no UTF-8": b'"x":"\xff\xfe"',
    "a surrogate in UTF-8": b'"x":"\xed\xa0\x80"',
    "NaN": b'"x":NaN',
    "infinity": b'"x":-Infinity',
    "a number of 5,000 digits": b'"x":' + b"9" * 5000,
    "a number without end": b'"x":1e999',
    "1,000 levels": b'"x":' + b"[" * 1000 + b"]" * 1000,
    "40 levels": b'"x":' + b'{"x":' * 40 + b"1" + b"}" * 40,
    "100,000 levels": b'"x":' + b"[" * 100_000 + b"]" * 100_000,
    "a bare word": b'"x":undefined',
    "a control character": b'"x":"\x01"',
    "a name twice": b'"orderId":1,"orderId":2',
    "a name twice, once escaped": rb'"order\u0049d":1',
    "a name twice, with a space": b'"orderId" :1',
    "a row of a megabyte": b'"x":"' + b"x" * MOST_ROW_BYTES + b'"',
}


def _rows(call: str) -> tuple[bytes, bytes, Any]:
    """Return a good row, the same one without its closing brace and with another id, and that id."""
    name, field = ROWS[call]
    row = BODIES[name]["data"][0]
    other = row | {field: int(row[field]) + 1}
    return (
        json.dumps(row, ensure_ascii=False).encode(),
        json.dumps(other, ensure_ascii=False).encode()[:-1],
        other[field],
    )


def _read(call: str, told: Any) -> tuple[int, list[Any]]:
    page = told[0] if isinstance(told, list) else told
    kinds = {"O": "sheets", "E": "exchanges", "R": "receipts" if "R1" in call else "withdrawals"}
    return len(getattr(page, kinds[call[0]])), list(page.unreadable)


@pytest.mark.parametrize("poison", POISONS)
@pytest.mark.parametrize("call", ROWS)
async def test_a_poisoned_row_is_set_aside_and_its_neighbours_are_read(call: str, poison: str) -> None:
    good, begun, row_id = _rows(call)
    bad = begun + b"," + POISONS[poison] + b"}"
    body = b'{"code":200,"message":"OK","data":[%b,%b,%b]}' % (good, bad, good)
    answering = Answering()
    async with answering.client:
        read, aside = _read(call, await answering.ask(call, body))
    assert read == 2
    assert [row.raw for row in aside] == [bad]
    # Which box or claim is meant, and which order, is known for all that: it is read by itself, or held.
    (row,) = aside
    assert (row.shipment_box_id if call[0] == "O" else row.claim_id) == row_id
    assert row.reason


@pytest.mark.parametrize("poison", ["half a character", "1,000 levels", "a number of 5,000 digits", "NaN"])
async def test_a_broken_stop_request_still_names_its_order_and_boxes(poison: str) -> None:
    receipt = BODIES["returns_r1_list_minute"]["data"][0]
    item = json.dumps(receipt["returnItems"][0], ensure_ascii=False)[:-1].encode()
    poisoned = json.dumps(receipt | {"returnItems": ["ITEMS"]}, ensure_ascii=False).encode()
    poisoned = poisoned.replace(b'"ITEMS"', item + b"," + POISONS[poison] + b"}")
    answering = Answering()
    async with answering.client:
        page = await answering.ask("R1", b'{"code":200,"data":[%b]}' % poisoned)
    (row,) = page.unreadable
    assert (row.claim_id, row.order_id) == (receipt["receiptId"], receipt["orderId"])
    assert row.box_ids == (receipt["returnItems"][0]["shipmentBoxId"],)
    assert row.created_at == scalars.instant(receipt["createdAt"])


@pytest.mark.parametrize(
    "poison",
    [
        "half a character",
        "1,000 levels",
        "NaN",
        "a number of 5,000 digits",
        "a bare word",
        "bytes that are no UTF-8",
    ],
)
async def test_a_poisoned_result_leaves_the_results_beside_it(poison: str) -> None:
    rows = [
        b'{"shipmentBoxId":%d,"succeed":true,"resultCode":"OK","resultMessage":"x"' % box for box in (1, 2)
    ]
    body = b'{"code":200,"data":{"responseCode":1,"responseList":[%b},%b,%b}]}}' % (
        rows[0],
        rows[1],
        POISONS[poison].replace(b'"x"', b'"resultMessage"', 1),
    )
    answering = Answering()
    async with answering.client:
        results = await answering.ask("O7", body)
    assert [row.shipment_box_id for row in results.rows] == [1], "the other one stays unknown"


@pytest.mark.parametrize("poison", ["half a character", "1,000 levels", "NaN", "a bare word"])
def test_a_poisoned_receipt_of_a_cancel_leaves_the_others(poison: str) -> None:
    good = b'{"receiptId":7,"receiptType":"CANCEL","vendorItemIds":[1],"totalCount":1}'
    bad = b'{"receiptId":8,"receiptType":"CANCEL","vendorItemIds":[2],%b}' % POISONS[poison]
    told = decode_writes.read_cancel(
        b'{"code":"200","message":"","data":{"receiptMap":{"7":%b,"8":%b},"failedItemIds":[]}}' % (good, bad),
        5,
    )
    assert [receipt.receipt_id for receipt in told.receipts] == [7]
    assert [row.claim_id for row in told.unreadable] == [8]


@pytest.mark.parametrize("status", [200, 400, 429, 500, 521])
@pytest.mark.parametrize("call", CALLS)
async def test_an_answer_that_is_poison_as_a_whole_is_an_error_of_the_tree(call: str, status: int) -> None:
    answering = Answering()
    bodies = [
        body
        for poison in ("half a character", "1,000 levels", "a number of 5,000 digits", "NaN")
        for plain in [POISONS[poison].partition(b":")[2]]
        for body in (plain, b'{"code":%b}' % plain, b'{"code":"%b","data":[]}' % plain.strip(b'"'))
    ]
    async with answering.client:
        for body in bodies:
            with pytest.raises(errors.CoupangError) as caught:
                await answering.ask(call, body, status)
            broken = status == 200 or status >= 500
            assert isinstance(caught.value, errors.Broken if broken else errors.CoupangError)
            assert (type(caught.value) is errors.Throttled) == (status == 429)
            if call not in READS:
                assert caught.value.outcome == ("unknown" if broken else "not_applied")


def test_what_an_error_says_counts_although_a_character_is_broken() -> None:
    for words, kind in ((errors.GONE, errors.Gone), (errors.UNDETERMINED[0], errors.HalfDone)):
        body = b'{"code":400,"message":"%b \\ud83d","data":null}' % words.encode()
        error = errors.read(400, {}, body, "POST", "/x")
        assert type(error) is kind
        assert words in error.message


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b'"data":null',
        b'"data":{}',
        b'"data":{"shipmentBoxId":1}',
        b'"data":"[]"',
        b'"data":0',
        b'"data":true',
        b'"data":[],"data":[]',
        b'"data":[],"data":null',
        b'"data":[1,]',
        b'"data":[',
    ],
)
@pytest.mark.parametrize("call", LISTS)
async def test_an_answer_that_is_no_list_says_nothing(call: str, data: bytes) -> None:
    body = b'{"code":200,"message":"OK"%b}' % (b"," + data if data else b"")
    answering = Answering()
    async with answering.client:
        with pytest.raises(errors.UnreadableAnswer) as caught:
            await answering.ask(call, body)
    assert caught.value.outcome == "not_applied"


@pytest.mark.parametrize("call", LISTS)
async def test_an_empty_list_is_a_list(call: str) -> None:
    answering = Answering()
    async with answering.client:
        assert _read(call, await answering.ask(call, b'{"code":200,"data": [ ] }')) == (0, [])


@pytest.mark.parametrize("call", ["O2", "O3", "O4", "O5", "R2"])
@pytest.mark.parametrize("data", [b"null", b'"x"', b"7", b"true"])
async def test_what_was_asked_for_by_its_id_is_no_null(call: str, data: bytes) -> None:
    answering = Answering()
    async with answering.client:
        with pytest.raises(errors.UnreadableAnswer):
            await answering.ask(call, b'{"code":200,"message":"OK","data":%b}' % data)


@pytest.mark.parametrize(
    "token", [b"{}", b"[]", b"true", b"1.5", b'"%b"' % (b"9" * 1001), rb'"\ud800', b"9" * 5000]
)
@pytest.mark.parametrize("call", ["O1", "R1 by days", "E1", "R5"])
async def test_a_page_token_that_is_none_ends_no_list(call: str, token: bytes) -> None:
    name = b"nextPageIndex" if call == "R5" else b"nextToken"
    answering = Answering()
    async with answering.client:
        with pytest.raises(errors.UnreadableAnswer):
            await answering.ask(call, b'{"code":200,"data":[{}],"%b":%b}' % (name, token))


@pytest.mark.parametrize("call", ["O1", "R1 by days", "E1"])
async def test_a_page_token_that_comes_twice_is_an_error(call: str) -> None:
    body = b'{"code":200,"data":[{}],"nextToken":"7"}'
    answering = Answering()
    answering.always = body
    async with answering.client:
        with pytest.raises(errors.RepeatedToken):
            await answering.ask(call, body)


def test_many_small_rows_do_not_fill_the_memory() -> None:
    for row in (b"1,", b"{},", b"[],", b'"",'):
        body = b'{"code":200,"data":[%b1]}' % (row * (8 * 1024 * 1024 // len(row)))
        gc.collect()
        began = time.process_time()
        with pytest.raises(errors.UnreadableAnswer):
            order_decode.read_sheet_list(body)
        assert time.process_time() - began < 20


@pytest.mark.parametrize(
    "text", ["[1]<=x" + " " * 20_000 + "x", "[1]" * 20_000, "[1]<=" * 5_000 + " " * 9_000]
)
def test_the_words_of_a_cancel_are_read_in_one_go(text: str) -> None:
    body = json.dumps({"code": "200", "message": text, "data": {"failedItemIds": []}}).encode()
    began = time.process_time()
    decode_writes.read_cancel(body, 5)
    assert time.process_time() - began < 5


def test_days_that_are_no_days_are_not_remembered() -> None:
    assert scalars.day("2026-11-21" + " " * 100) is None
    assert scalars.day("2026-11-21T00:00:00+09:00") is not None


@pytest.mark.parametrize(
    ("whole", "parts"),
    [
        (b"[]", []),
        (b" [ ] ", []),
        (b'[ 1 , "a,]" , {"x":[1,2]} ]', [b"1", b'"a,]"', b'{"x":[1,2]}']),
        (rb'["\"","\\",1]', [rb'"\""', rb'"\\"', b"1"]),
        (rb'["\\\"]",{"\\":"["}]', [rb'"\\\"]"', rb'{"\\":"["}']),
        (b"[nonsense, \xff, \x00]", [b"nonsense", b"\xff", b"\x00"]),
        (b"[" + b"[" * 5000 + b"]" * 5000 + b",2]", [b"[" * 5000 + b"]" * 5000, b"2"]),
    ],
)
def test_an_array_is_cut(whole: bytes, parts: list[bytes]) -> None:
    assert cutting.elements(whole) == parts


@pytest.mark.parametrize(
    "whole",
    [
        *(b"", b"[", b"]", b"[1,]", b"[,1]", b"[,]", b"[1}", b'["a]', rb'["\"]', b"[1]2", b"{}", b"[[1]"),
        *(b"[1]]", b"[{]}", b"null", b"[" + b"1," * cutting.MOST_PARTS + b"1]"),
    ],
)
def test_what_cannot_be_cut_says_so(whole: bytes) -> None:
    with pytest.raises(cutting.Uncut):
        cutting.elements(whole)


def test_an_object_is_cut_by_names() -> None:
    told = rb' { "a" : 1 , "b\u0063":{"x":[1,2]},"\ud800":3, "d":"\ud800" } '
    assert cutting.members(told) == {"a": b"1", "bc": b'{"x":[1,2]}', "d": rb'"\ud800"'}
    assert cutting.members(b'{"a":1,"a":2}', repeated=True) == {"a": b"2"}
    assert cutting.members(b"{}") == {}
    for odd in (
        b"{1:2}",
        b'{"a"}',
        b'{"a":}',
        b'{"a":1,"a":2}',
        rb'{"a":1,"\u0061":2}',
        b"{,}",
        b"[]",
        b"{x}",
    ):
        with pytest.raises(cutting.Uncut):
            cutting.members(odd)


def test_texts_and_depth_of_what_is_broken() -> None:
    assert cutting.text(rb'"a\ud800b"') == "a?b"
    assert cutting.text(b'"\xff"') == "\ufffd"
    assert [cutting.text(raw) for raw in (None, b"1", b'"', b"null")] == ["", "", "", ""]
    assert [cutting.depth(raw) for raw in (b"1", b"[]", rb'[{"a":"[[\"["}]', b"[[],[[]]]")] == [0, 1, 2, 3]


def test_a_row_is_only_read_when_every_reader_reads_the_same() -> None:
    row = BODIES["orders_o1_list_day"]["data"][0]
    plain = json.dumps(row | {"parcelPrintMessage": 'say ": "or\\":'}, ensure_ascii=False).encode()
    escaped = plain.replace(rb"\"", rb"\u0022")
    for told in (plain, escaped):
        (sheet,) = order_decode.read_sheet_list(b'{"code":200,"data":[%b]}' % told).sheets
        assert sheet.receiver.message == 'say ": "or\\":'
    hidden = escaped[:-1] + b',"orderId":1}'
    (aside,) = order_decode.read_sheet_list(b'{"code":200,"data":[%b]}' % hidden).unreadable
    assert aside.reason == "the row holds a name twice"
    assert order_decode.read_sheet_list(b'{"code":200,"data":[{"a":NaN}]}').unreadable[0].reason == NOT_JSON
