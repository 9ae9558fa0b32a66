"""What every reader of rows needs: elements of `data`, fields that must be there, and what to call broken."""

import json
import re
from collections.abc import Sequence
from enum import StrEnum
from typing import TypeVar

import msgspec
import orjson

from app.coupang import cutting, scalars
from app.coupang.cutting import MOST_PARTS, Uncut
from app.coupang.errors import UnreadableAnswer

# Broken UTF-8 inside a row surfaces as UnicodeDecodeError, nesting without end as RecursionError,
# everything else as msgspec's own.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
NOT_JSON = "the row is not valid JSON in UTF-8"
MOST_ROW_BYTES = 512 * 1024
"""A row of an answer; a hundred items with their prices are 120 kB."""
MOST_NESTING = 32
"""Levels of a row; the deepest one that was ever seen has 5."""

_arrays = msgspec.json.Decoder(list[msgspec.Raw])
_ids = msgspec.json.Decoder(int | str | None)
_Word = TypeVar("_Word", bound=StrEnum)
_Struct = TypeVar("_Struct", bound=msgspec.Struct)


class Missing(Exception):
    """A field that a row cannot be handled without; the message names it and holds no value of a person."""


def elements(data: msgspec.Raw | None, body: bytes) -> list[bytes]:
    """Return the raw elements of an array, or the one object as received; documents and practice differ.

    Raises:
        UnreadableAnswer: The array is broken; `body` is kept in the error.
    """
    if data is None:
        return []
    whole = bytes(data)
    return listed(whole, body) if whole.startswith(b"[") else [whole]


def listed(data: msgspec.Raw | bytes | None, body: bytes) -> list[bytes]:
    """Return the raw elements of an array; each is cut out, whatever is in it.

    Raises:
        UnreadableAnswer: It is no array (null claims nothing), or cannot be cut; `body` is kept in the error.
    """
    whole = b"" if data is None else bytes(data)
    try:
        # Each element becomes an object of its own, so that many small ones would take all memory.
        if cutting.is_handy(whole):
            return few([bytes(element) for element in _arrays.decode(whole)])
    except UNREADABLE:
        pass
    except Uncut as many:
        raise UnreadableAnswer("data has too many elements", body=body) from many
    try:
        return cutting.elements(whole)
    except Uncut as broken:
        raise UnreadableAnswer("data is not a list that can be read", body=body) from broken


def few(parts: list[bytes]) -> list[bytes]:
    """Return the elements of an array.

    Raises:
        Uncut: There are more than any answer has.
    """
    if len(parts) > MOST_PARTS:
        raise Uncut("too many parts")
    return parts


def apart(decoder: msgspec.json.Decoder[_Struct], raw: bytes, name: str, attribute: str) -> _Struct:
    """Decode an object of which one member stays raw, whatever is in that member.

    Args:
        decoder: Of a struct whose `attribute` is a `msgspec.Raw`.
        raw: The object.
        name: The member's name on the wire.
        attribute: The member's name in the struct.

    Raises:
        Uncut: It is no object that can be cut.
        msgspec.DecodeError, UnicodeDecodeError, RecursionError: What is beside the member is broken.
    """
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError:
        raise
    except UNREADABLE:
        told = cutting.members(raw)
    known = {field.encode_name for field in msgspec.structs.fields(decoder.type)} - {name}
    plain = [b'"%b":%b' % (one.encode(), _plain(told[one])) for one in known if one in told]
    rest = decoder.decode(b"{%b}" % b",".join(plain))
    setattr(rest, attribute, msgspec.Raw(told.get(name, b"null")))
    return rest


def _plain(value: bytes) -> bytes:
    # Words for people may hold half a character; what they say still counts.
    return msgspec.json.encode(cutting.text(value)) if value.startswith(b'"') else value


def once(raw: bytes, parts: Sequence[bytes]) -> bool:
    """Tell whether no member of an object is there twice: two readers would read two things.

    Args:
        raw: The object.
        parts: What was read of its longest member, in order: what lies between them is not looked at.
    """
    begin = raw.find(parts[0]) if parts else -1
    end = (raw.rfind(parts[-1]) if len(parts) > 1 else begin) + len(parts[-1]) if parts else -1
    rest = raw if begin < 0 or end <= begin else raw[:begin] + b"0" + raw[end:]
    try:
        cutting.members(rest)
    except Uncut:
        return False
    return True


def sound(raw: bytes) -> None:
    """Make sure that every reader of JSON reads the same in a row, also in the fields that are not used here.

    Raises:
        Missing: It is too long, nested too deep, not JSON in UTF-8, or holds a name twice.
    """
    if len(raw) > MOST_ROW_BYTES:
        raise Missing("the row is too long")
    try:
        read = orjson.loads(raw)
        # There are no more levels than brackets.
        if raw.count(b"[") + raw.count(b"{") > MOST_NESTING and cutting.depth(raw) > MOST_NESTING:
            raise Missing("the row is nested too deep")
        told = orjson.dumps(read)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError) as broken:
        raise Missing(NOT_JSON) from broken
    # A name that is there twice is written once, so what is written as it was read holds none. Where the
    # counts may deceive, the names are counted.
    if told == raw:
        return
    names = raw.count(b'":')
    if (any(odd in raw for odd in _ODD_NAMES) or names != told.count(b'":')) and not _distinct(raw):
        raise Missing("the row holds a name twice")


_ODD_NAMES = (rb"\u0022", b'" ', b'"\t', b'"\n', b'"\r')
"""A quote that is written otherwise, and space between a name and its colon."""


def _distinct(raw: bytes) -> bool:
    def counted(pairs: list[tuple[str, object]]) -> None:
        if len({name for name, _ in pairs}) != len(pairs):
            raise Missing

    try:
        json.loads(raw, object_pairs_hook=counted)
    except (Missing, ValueError, RecursionError):
        return False
    return True


def members_of(raw: bytes | None) -> dict[str, bytes]:
    """Return the members of a broken row, as far as it can be cut; none of what is no object."""
    try:
        return {} if raw is None else cutting.members(raw, repeated=True)
    except Uncut:
        return {}


def named_id(raw: bytes | None) -> int | None:
    """Return the id that a member of a broken row names."""
    try:
        return None if raw is None else scalars.identifier(_ids.decode(raw))
    except UNREADABLE:
        return None


def required_id(value: int | str | None, field: str) -> int:
    """Return an id.

    Raises:
        Missing: There is none.
    """
    identifier = scalars.identifier(value)
    if identifier is None:
        raise Missing(f"{field} is missing or not an id")
    return identifier


def required_quantity(value: int | str | None, field: str) -> int:
    """Return a quantity.

    Raises:
        Missing: There is none.
    """
    quantity = scalars.quantity(value)
    if quantity is None:
        raise Missing(f"{field} is missing or not a quantity")
    return quantity


def quantity_or_zero(value: int | str | None, field: str) -> int:
    """Return a quantity, 0 for nothing said.

    Raises:
        Missing: Something else was said.
    """
    if value is None or value == "":
        return 0
    quantity = scalars.quantity(value)
    if quantity is None:
        raise Missing(f"{field} is not a quantity")
    return quantity


def shown(word: str) -> str:
    """Return a word of the wire as it is; anything else might be somebody's name in the wrong field."""
    return word if re.fullmatch(r"[A-Z_]{1,40}", word) else "(not a word)"


def known(kind: type[_Word], value: scalars.Text, field: str) -> _Word:
    """Return a member of an enumeration that decides goods or money.

    Raises:
        Missing: The value is not one of the members.
    """
    word = scalars.text(value)
    try:
        return kind(word)
    except ValueError:
        raise Missing(f"{field} {shown(word)} is not one of the known") from None
