"""Whose call it is: the signature over raw path and query, the age of the key, the addresses it allows."""

import hmac
from datetime import UTC, datetime, timedelta

from app.coupang.signing import read_authorization, signature
from app.sandbox.core.order_entities import Vendor
from app.sandbox.core.state import SandboxState

_GRACE_S = 1.0
"""Signatures carry whole seconds."""


class Unproven(Exception):
    """The call is nobody's; `variant` is a key of `answers.UNAUTHORIZED`."""

    def __init__(self, variant: str) -> None:
        super().__init__(variant)
        self.variant = variant


def sender_of(
    state: SandboxState, header: str | None, method: str, path: str, query: str, at: datetime
) -> Vendor:
    """Return whose key signed a call.

    Args:
        state: The world.
        header: The `Authorization` header, None without one.
        method: As sent.
        path: The raw path.
        query: The raw query.
        at: The present virtual time.

    Raises:
        Unproven: No header, none of CEA, a key that is unknown or too old, another signature, or an old one.
    """
    if not header:
        raise Unproven("not_authorized")
    try:
        claimed = read_authorization(header)
    except ValueError:
        raise Unproven("hmac_format") from None
    owner = state.owners.get(claimed.access_key)
    if owner is None or _too_old(state, state.vendors[owner], at):
        raise Unproven("unknown_key")
    vendor = state.vendors[owner]
    right = signature(vendor.secret_key, claimed.signed_date, method, path, query)
    if not hmac.compare_digest(right.encode(), claimed.signature.encode()):
        raise Unproven("invalid_signature")
    signed = datetime.strptime(claimed.signed_date, "%y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if not _in_time(state, signed, at):
        raise Unproven("expired")
    return vendor


def may_come_from(state: SandboxState, vendor: Vendor, address: str, at: datetime) -> bool:
    """Tell whether an address may use the vendor's key; without any list all may."""
    listed = state.rules.allowed_ips
    for since, addresses in vendor.address_lists:
        if since <= at:
            listed = addresses
    return not listed or address in listed


def _too_old(state: SandboxState, vendor: Vendor, at: datetime) -> bool:
    days = state.rules.key_life_days
    return days > 0 and at - vendor.issued_at > timedelta(days=days) * max(1.0, state.clock.factor)


def _in_time(state: SandboxState, signed: datetime, at: datetime) -> bool:
    rules = state.rules
    # A fast clock would let every signature die on its way: the lifetime is meant in real seconds.
    virtual_s = rules.signature_life_s * max(1.0, state.clock.factor) + _GRACE_S
    by_virtual = abs((at - signed).total_seconds()) <= virtual_s
    by_real = abs((state.wall.now() - signed).total_seconds()) <= rules.signature_life_s + _GRACE_S
    return {"virtual": by_virtual, "real": by_real}.get(rules.signature_clocks, by_virtual or by_real)
