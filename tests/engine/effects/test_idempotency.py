"""Idempotency keys: one key is one request; what is still open is named to who asks a second time."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.effects.idempotency import another_use, fingerprint, same_request, still_open
from app.errors import Conflict

VALUES = st.sampled_from([None, True, 1, 10, "", "1", "True", "운송장", [], [1], ["1"], {"a": 1}])
REQUESTS = st.dictionaries(st.sampled_from(["a", "b", "code"]), VALUES)


@given(REQUESTS, REQUESTS)
def test_request_fingerprint_tells_requests_apart(one: dict[str, Any], other: dict[str, Any]) -> None:
    same_text = repr(sorted(one.items())) == repr(sorted(other.items()))
    assert (fingerprint(one) == fingerprint(other)) is same_text


@given(REQUESTS)
def test_request_fingerprint_ignores_the_order_of_fields(request: dict[str, Any]) -> None:
    turned = dict(reversed(request.items()))
    assert fingerprint({"a": request, "b": 1}) == fingerprint({"b": 1, "a": turned})


def test_request_fingerprint_shows_nothing_of_the_request() -> None:
    told = fingerprint({"invoice_number": "600000000001"})
    assert len(told) == 32
    assert "600000000001" not in told


def test_same_key_and_same_request_gives_the_earlier_effect() -> None:
    asked = {"effect_id": 2**60, "payload": {"request": "abc", "lines": []}}
    assert same_request(asked, "abc") is asked


@pytest.mark.parametrize(
    ("payload", "told"), [({"request": "abc"}, "xyz"), ({}, "abc"), ({"request": "abc"}, None)]
)
def test_same_key_for_another_request_conflicts(payload: dict[str, Any], told: str | None) -> None:
    with pytest.raises(Conflict) as no:
        same_request({"effect_id": 2**60, "payload": payload}, told)
    assert no.value.members == another_use({"effect_id": 2**60}).members == {"effect": str(2**60)}


def test_open_change_conflict_names_the_effect() -> None:
    other = {"effect_id": 2**60, "kind": "SHIP", "state": "UNKNOWN", "payload": {"secret": 1}}
    conflict = still_open("box", other)
    assert "of this box" in str(conflict)
    assert conflict.members == {"effect": str(2**60), "effect_kind": "SHIP", "effect_state": "UNKNOWN"}


def test_open_change_conflict_when_it_has_settled_meanwhile() -> None:
    assert still_open("return", None).members == dict.fromkeys(("effect", "effect_kind", "effect_state"))
