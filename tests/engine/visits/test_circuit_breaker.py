"""Silence towards Coupang: whose, why and how long, and who speaks first again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.clock import Frozen
from app.coupang import errors
from app.engine.context import Context
from app.engine.vendors import vendors
from app.engine.visits import circuit_breaker, leases
from app.engine.visits.circuit_breaker import ASKED_MOST, kind_of
from app.engine.visits.leases import VendorLease
from app.errors import Fenced, Forbidden
from app.orders.changes import Caller
from tests.support.box_stock import OTHER, VENDOR, register

OPERATOR = Caller("operator:kim", None)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.Throttled(), "throttled"),
        (errors.Blocked(), "blocked"),
        (errors.Denied(), "denied"),
        (errors.ExpiredSignature(), "denied"),
        (errors.ErrorBurst(), "errors"),
        (errors.Broken(), "errors"),
    ],
)
def test_circuit_kind_of_an_error(error: errors.CoupangError, kind: str) -> None:
    assert kind_of(error) == kind


async def begin(context: Context, vendor_id: str = VENDOR) -> VendorLease:
    lease = await leases.begin(context, vendor_id)
    assert lease is not None
    return lease


async def silent(context: Context) -> tuple[bool, dict[str, str]]:
    """Return whether everybody is silent, and who besides: vendor → why."""
    told = await circuit_breaker.report(context, OPERATOR)
    return told["everything"] is not None, {one["vendor_id"]: one["stopped_kind"] for one in told["vendors"]}


def asked(seconds: float) -> errors.Throttled:
    error = errors.Throttled()
    error.retry_after_s = seconds
    return error


async def test_vendor_is_silent_longer_with_each_stop_in_a_row(context: Context, clock: Frozen) -> None:
    await register(context)
    first = context.policy.circuit.throttled
    for factor in (1, 2, 4, 8, 16, 16):
        lease = await begin(context)
        until = await circuit_breaker.stop(context, lease, errors.Throttled())
        assert until == context.now() + factor * first
        assert await silent(context) == (False, {VENDOR: "throttled"})
        assert await leases.begin(context, VENDOR) is None
        clock.set(until)
    until = await circuit_breaker.stop(context, await begin(context), asked(3 * 3600))
    assert until == context.now() + timedelta(hours=3), "Coupang knows better than we do"
    clock.set(until)
    until = await circuit_breaker.stop(context, await begin(context), asked(1e9))
    assert until == context.now() + ASKED_MOST
    clock.set(until)
    old, _ = await begin(context), await begin(context)
    with pytest.raises(Fenced):
        await circuit_breaker.stop(context, old, errors.Throttled())


async def test_second_blocked_vendor_silences_everybody_until_a_probe_is_answered(
    context: Context, clock: Frozen
) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    await circuit_breaker.stop(context, await begin(context), errors.Blocked())
    assert await silent(context) == (False, {VENDOR: "blocked"})
    until = await circuit_breaker.stop(context, await begin(context, OTHER), errors.Blocked())
    everybody, _ = await silent(context)
    assert everybody
    assert until is not None
    clock.set(until)
    probe = await begin(context, OTHER)
    assert probe.probing
    # What the probe meets decides: a key that is refused is this vendor's own, and the door is open again.
    again = await circuit_breaker.stop(context, probe, errors.ErrorBurst())
    assert again is not None
    assert (await silent(context))[0]
    assert await leases.begin(context, VENDOR) is None
    clock.set(again)
    probe = await begin(context)
    assert probe.probing
    await circuit_breaker.stop(context, probe, errors.Throttled())
    assert not (await silent(context))[0]


async def test_circuit_is_closed_by_an_answer_or_by_an_operator_of_all_vendors(
    context: Context, clock: Frozen
) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    app_state = errors.Blocked()
    app_state.stop = "everything"
    until = await circuit_breaker.stop(context, await begin(context), app_state)
    first = context.policy.circuit.blocked
    assert until == context.now() + first
    told = await circuit_breaker.report(context, Caller("key:1", [OTHER]))
    assert (told["everything"]["opened_by"], told["everything"]["probing"]) == (None, None)
    assert told["vendors"] == []
    assert (await circuit_breaker.report(context, Caller("key:2", [VENDOR])))["everything"][
        "opened_by"
    ] == VENDOR

    clock.set(until)
    lease = await begin(context, OTHER)
    await circuit_breaker.answered(context, lease)
    assert await silent(context) == (False, {})
    # Soon after, the next silence is longer; an hour later it begins anew.
    until = await circuit_breaker.stop(context, await begin(context), app_state)
    assert until == context.now() + 2 * first
    await circuit_breaker.answered(context, replace(lease, probing=False))
    assert (await silent(context))[0], "only the probe opens the door"
    with pytest.raises(Forbidden):
        await circuit_breaker.close(context, Caller("key:1", [VENDOR, OTHER]))
    assert (await circuit_breaker.close(context, OPERATOR))["everything"] is None
    clock.set(context.now() + timedelta(hours=1))
    assert await circuit_breaker.stop(context, await begin(context), app_state) == context.now() + first


async def test_refused_key_that_was_replaced_meanwhile_silences_nobody(context: Context) -> None:
    await register(context)
    lease = await begin(context)
    await vendors.register_or_rotate(context, VENDOR, "new access", "new secret")
    assert await circuit_breaker.stop(context, lease, errors.Denied()) is None
    assert await silent(context) == (False, {})
    lease = await begin(context)
    assert (
        await circuit_breaker.stop(context, lease, errors.Denied())
        == context.now() + context.policy.circuit.denied
    )
    assert await silent(context) == (False, {VENDOR: "denied"})
