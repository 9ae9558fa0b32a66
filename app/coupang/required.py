"""What every reader of rows needs: elements of `data`, fields that must be there, and what to call broken."""

import re
from enum import StrEnum
from typing import TypeVar

import msgspec

from app.coupang import scalars
from app.coupang.errors import UnreadableAnswer

# Broken UTF-8 inside a row surfaces as UnicodeDecodeError, everything else as msgspec's own.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError)

_arrays = msgspec.json.Decoder(list[msgspec.Raw])
_Word = TypeVar("_Word", bound=StrEnum)


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
    if not whole.startswith(b"["):
        return [whole]
    try:
        return [bytes(element) for element in _arrays.decode(data)]
    except UNREADABLE as broken:
        raise UnreadableAnswer("data cannot be read", body=body) from broken


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
