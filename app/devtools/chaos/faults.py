"""How the sandbox goes wrong: faults call by call, outages of an hour, keys that end and are replaced."""

import asyncio
import secrets
from collections import Counter
from typing import Any

import httpx

from app.devtools.chaos.fleet import FleetUnderTest
from app.devtools.chaos.plan import Deed

LURKS_S = 4.0
"""How long a fault waits for a call."""
OPERATOR_TRIES = 200
OPERATOR_EVERY_S = 0.3


class Lies:
    """Does the deeds that make Coupang a liar.

    Args:
        arena: The fleet and its Coupang.
    """

    def __init__(self, arena: FleetUnderTest) -> None:
        self._arena = arena
        self.others: Counter[str] = Counter()

    async def fault(self, deed: Deed) -> str | None:
        """Let the next matching calls of a vendor meet a fault; what nobody met in time is taken back.

        Otherwise faults would pile up for a vendor that is silent, and its every probe would meet one.
        """
        fault_id = await self._add(deed.target, deed.options)
        await asyncio.sleep(LURKS_S)
        await self._take_back(fault_id)
        return deed.target

    async def outage(self, deed: Deed) -> str | None:
        """Let every call of every vendor fail for some virtual time."""
        told = {"kind": deed.options["fault"], "times": None}
        ids = [await self._add(vendor_id, told) for vendor_id in self._arena.vendor_ids]
        self.others["outage"] += 1
        try:
            await asyncio.sleep(float(deed.options["for_virtual_s"]) / self._arena.speed)
        finally:
            for fault_id in ids:
                await self._take_back(fault_id)
        return deed.target

    async def expire_key(self, deed: Deed) -> str | None:
        """End a vendor's key; an operator brings a new one some time later."""
        access, secret = await self._new_keys(deed.target)
        self.others["key expiry"] += 1
        await asyncio.sleep(float(deed.options["for_s"]))
        await self._operator_brings(deed.target, access, secret)
        return deed.target

    async def rotate_key(self, deed: Deed) -> str | None:
        """Replace a vendor's key: the old one ends at once, the operator brings the new one."""
        access, secret = await self._new_keys(deed.target)
        self.others["key rotation"] += 1
        await self._operator_brings(deed.target, access, secret)
        return deed.target

    async def stop_lying(self) -> None:
        """Take all faults back."""
        (await self._arena.sandbox_client.delete("/_sandbox/faults")).raise_for_status()

    async def _add(self, vendor_id: str, told: dict[str, Any]) -> int:
        answer = await self._arena.sandbox_client.post(
            "/_sandbox/faults", json={"vendor_id": vendor_id, **told}
        )
        answer.raise_for_status()
        return int(answer.json()["fault_id"])

    async def _take_back(self, fault_id: int) -> None:
        await self._arena.sandbox_client.delete("/_sandbox/faults", params={"fault_id": fault_id})

    async def _new_keys(self, vendor_id: str) -> tuple[str, str]:
        access, secret = secrets.token_hex(16), secrets.token_hex(20)
        key = {"vendor_id": vendor_id, "access_key": access, "secret_key": secret}
        (await self._arena.sandbox_client.post("/_sandbox/vendors", json=key)).raise_for_status()
        # The newest key counts, whichever operator comes first.
        self._arena.newest_key[vendor_id] = access
        return access, secret

    async def _operator_brings(self, vendor_id: str, access: str, secret: str) -> None:
        """Store the keys and resume by REST, again and again while the web process is being killed."""
        place = f"/admin/v1/vendors/{vendor_id}"
        for path, body in (("keys", {"access_key": access, "secret_key": secret}), ("resume", None)):
            for _ in range(OPERATOR_TRIES):
                if self._arena.newest_key[vendor_id] != access:
                    return
                try:
                    answer = await self._arena.operator.post(f"{place}/{path}", json=body)
                except httpx.TransportError:
                    answer = None
                if answer is not None and answer.is_success:
                    break
                if answer is not None and answer.is_client_error:
                    answer.raise_for_status()
                await asyncio.sleep(OPERATOR_EVERY_S)
            else:
                raise RuntimeError(f"the operator could not bring the {path} of {vendor_id}")
