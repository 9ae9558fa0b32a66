"""Idempotency: what was asked before under the same key, and what is still open for the same subject."""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from app.errors import Conflict


def fingerprint(request: Mapping[str, Any]) -> str:
    """Return a fingerprint of a request: tells two apart without their content."""
    return hashlib.sha256(orjson.dumps(request, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def same_request(asked: dict[str, Any], told: str | None) -> dict[str, Any]:
    """Return the effect of an earlier call with the same key, if it asked for the same."""
    if asked["payload"].get("request") != told:
        raise another_use(asked)
    return asked


def another_use(asked: Mapping[str, Any]) -> Conflict:
    """Return the refusal of a key under which something else was asked."""
    return Conflict("this Idempotency-Key was used for another request", effect=str(asked["effect_id"]))


def still_open(subject: str, other: Mapping[str, Any] | None) -> Conflict:
    """Return the refusal of a second change; `other` is the first, None if it is not open any more."""
    return Conflict(
        f"another change of this {subject} is still open",
        effect=str(other["effect_id"]) if other else None,
        effect_kind=other["kind"] if other else None,
        effect_state=other["state"] if other else None,
    )
