"""Cut JSON into parts without reading them, so that what is broken inside one part harms no other.

A JSON reader that skips a value still parses it: one lone surrogate, one NaN or a thousand levels of nesting
inside a single row end the reading of the whole answer. Here only brackets, commas and the ends of texts
count. There is no recursion, time and memory grow with the length alone, and both are bounded.
"""

import json
import re
from collections.abc import Iterator

import msgspec

MOST_PARTS = 20_000
"""Parts of one array or object. No answer has more: it would be larger than what the client takes."""
FEW_COMMAS = 250_000
"""An array with no more of them may be handed to a JSON reader whole: each element becomes an object of its
own there, and so many take 50 MB. 8 MiB of order sheets have 180,000."""
MOST_MARKS = 1_000_000
"""Brackets, commas and texts of one value: about a second. 8 MiB of order sheets have 0.6 million."""

_MARKS = re.compile(rb'["\[\]{},]')
_BRACKETS = re.compile(rb'["\[\]{}]')
_RUNS = re.compile(rb"[\[{]+|[\]}]+")
_QUOTE, _COMMA = b'",'
_CLOSING = bytes.maketrans(b"[{", b"]}")
_SPACE = b" \t\r\n"
_names = msgspec.json.Decoder(str)


def is_handy(raw: bytes) -> bool:
    """Tell whether an array may be handed to a JSON reader whole."""
    # An element and its comma are two bytes at least: a page needs no counting.
    return len(raw) <= 2 * FEW_COMMAS or raw.count(b",") <= FEW_COMMAS


class Uncut(ValueError):
    """A value has no parts: brackets that do not match, a text without end, an empty part, or too many."""


def elements(raw: bytes) -> list[bytes]:
    """Return the elements of an array, as received but for white space around them.

    Raises:
        Uncut: It is no array, or cannot be cut.
    """
    return [raw[begin:end] for begin, end in _parts(raw, _masked(raw), b"[")]


def members(raw: bytes, *, repeated: bool = False) -> dict[str, bytes]:
    """Return the members of an object by name; a name that cannot be read is left out.

    Args:
        raw: The object.
        repeated: Take the last member of a name that is there twice.

    Raises:
        Uncut: It is no object, cannot be cut, or holds a name twice.
    """
    masked = _masked(raw)
    found: dict[str, bytes] = {}
    for begin, end in _parts(raw, masked, b"{"):
        name_end = masked.find(b'"', begin + 1, end) + 1
        if masked[begin : begin + 1] != b'"' or not name_end:
            raise Uncut("a member has no name")
        value = raw[name_end:end].lstrip(_SPACE)
        if not value.startswith(b":") or not (value := value[1:].lstrip(_SPACE)):
            raise Uncut("a member has no value")
        try:
            name = _names.decode(raw[begin:name_end])
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        if name in found and not repeated:
            raise Uncut("a name is there twice")
        found[name] = value
    return found


def text(raw: bytes | None) -> str:
    """Return a text, with U+FFFD for what is no character; `""` for none and for what is no text."""
    if raw is None or not raw.startswith(b'"'):
        return ""
    try:
        told = json.loads(raw.decode("utf-8", "replace"), strict=False)
    except ValueError:
        return ""
    return str(told).encode("utf-8", "replace").decode()


def depth(raw: bytes) -> int:
    """Return how deep arrays and objects are nested; brackets in texts do not count."""
    now = most = 0
    for run in _RUNS.findall(re.sub(rb'"[^"]*"', b"", _masked(raw))):
        now += len(run) if run[:1] in (b"[", b"{") else -len(run)
        most = max(most, now)
    return most


def _masked(raw: bytes) -> bytes:
    # An escape begins at every other backslash of a row of them, so pairs are taken from the left.
    return raw.replace(b"\\\\", b"__").replace(b'\\"', b"__")


def _parts(raw: bytes, masked: bytes, opening: bytes) -> list[tuple[int, int]]:
    start = len(raw) - len(raw.lstrip(_SPACE))
    if raw[start : start + 1] != opening:
        raise Uncut("not what was to be cut")
    parts: list[tuple[int, int]] = []
    begin = start + 1
    for place, end_of_all in _separators(masked, start):
        if len(parts) == MOST_PARTS:
            raise Uncut("too many parts")
        part = raw[begin:place]
        after = begin + len(part) - len(part.lstrip(_SPACE))
        before = place - (len(part) - len(part.rstrip(_SPACE)))
        if after >= before:
            if parts or not end_of_all:
                raise Uncut("an empty part")
        else:
            parts.append((after, before))
        begin = place + 1
    if raw[begin:].strip(_SPACE):
        raise Uncut("something follows the end")
    return parts


def _separators(masked: bytes, start: int) -> Iterator[tuple[int, bool]]:
    """Yield where a part of the outermost value ends, and whether that is its end."""
    open_now = bytearray()
    at = start
    for _ in range(MOST_MARKS):
        # Deeper than the first level commas tell nothing.
        mark = (_BRACKETS if len(open_now) > 1 else _MARKS).search(masked, at)
        if mark is None:
            raise Uncut("it has no end")
        place = mark.start()
        kind = masked[place]
        if kind == _QUOTE:
            at = masked.find(b'"', place + 1) + 1
            if not at:
                raise Uncut("a text has no end")
            continue
        if kind == _COMMA:
            at = place + 1
            yield place, False
            continue
        run = _run(masked, place)
        at = place + len(run)
        if kind in b"[{":
            open_now += run
            continue
        if bytes(open_now[-len(run) :][::-1]).translate(_CLOSING) != run:
            raise Uncut("brackets do not match")
        del open_now[-len(run) :]
        if not open_now:
            yield at - 1, True
            return
    raise Uncut("too many brackets, commas and texts")


def _run(masked: bytes, place: int) -> bytes:
    run = _RUNS.match(masked, place)
    assert run is not None
    return run.group()
