"""The warehouse's end of the REST API: lists, single reads, changes that are asked, seeded luck."""

import random
from collections import Counter
from typing import Any

import httpx

from app import clock as clocks
from app.clock import Clock

PAGE = 200
NORMAL = frozenset({404, 409})
"""Refusals that every warehouse meets: gone, or refused now."""


class Desk:
    """Asks and is answered; what was not answered is asked again under the same key.

    Args:
        base_url: Our web process.
        api_key: With scope `warehouse:write`.
        seed: Draws every decision that is left to chance.
        clock: Tells the virtual time; the machine's own by default.
    """

    def __init__(self, base_url: str, api_key: str, seed: int = 1, clock: Clock | None = None) -> None:
        self._seed = seed
        self._clock = clock or clocks.Real()
        self._number = random.Random(f"packer {seed}").randrange(10**10, 9 * 10**10)
        self._asked: Counter[str] = Counter()
        self._unanswered: dict[str, tuple[str, dict[str, Any]]] = {}
        self.counts: Counter[str] = Counter()
        """What was taken, by what it was; `refused` and `lost` among it."""
        self._client = httpx.AsyncClient(
            base_url=base_url, headers={"Authorization": f"Bearer {api_key}"}, timeout=30.0
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    @property
    def clock(self) -> Clock:
        """Return the clock on the wall."""
        return self._clock

    def luck(self, *about: object) -> random.Random:
        """Return the chance that belongs to a case: the same seed and case draw the same."""
        return random.Random(f"{self._seed} {about!r}")

    def waybill(self, *, direct: bool = False) -> dict[str, Any]:
        """Return the next label of the roll."""
        self._number += 1
        # CJ prints twelve digits.
        number = f"{self._number % 10**11:011d}0"
        return {"courier_code": "DIRECT" if direct else "CJGLS", "invoice_number": number}

    async def all(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """Return every row of a list.

        Raises:
            httpx.HTTPError: The service does not answer, or not as it should.
        """
        found: list[dict[str, Any]] = []
        told: dict[str, Any] = {**query, "limit": PAGE}
        while True:
            answer = await self._client.get(path, params=told)
            answer.raise_for_status()
            page = answer.json()
            found += page["items"]
            if not page["next_cursor"]:
                return found
            told["cursor"] = page["next_cursor"]

    async def read(self, path: str) -> dict[str, Any] | None:
        """Return one thing, None when there is none.

        Raises:
            httpx.HTTPError: The service does not answer, or not as it should.
        """
        answer = await self._client.get(path)
        if answer.status_code == 404:
            return None
        answer.raise_for_status()
        return dict(answer.json())

    async def allowed(self, path: str) -> dict[str, bool]:
        """Return which actions may be asked of the thing at this address."""
        told = await self.read(f"{path}/actions")
        return {one["action"]: one["allowed"] for one in told["items"]} if told else {}

    async def ask(
        self, what: str, path: str, body: dict[str, Any] | None = None, *, wait_s: int | None = None
    ) -> dict[str, Any] | None:
        """Ask for a change; return the answer, None when it was refused or nobody answered.

        A request without an answer is kept, and asked again as it was, with its key, when this is next
        asked for.

        Raises:
            httpx.HTTPStatusError: An answer no warehouse should get.
        """
        fresh = f"{self._seed}{path}/{self._asked[path]}", body or {}
        key, said = self._unanswered.setdefault(path, fresh)
        headers = {"Idempotency-Key": key} | ({"Prefer": f"wait={wait_s}"} if wait_s else {})
        try:
            answer = await self._client.post(path, json=said, headers=headers)
        except httpx.TransportError:
            self.counts["lost"] += 1
            return None
        if answer.status_code >= 500:
            self.counts["lost"] += 1
            return None
        # A round that broke off may still be asking while the next one asks the same.
        self._unanswered.pop(path, None)
        self._asked[path] += 1
        if answer.status_code in NORMAL:
            self.counts["refused"] += 1
            return None
        answer.raise_for_status()
        self.counts[what] += 1
        return dict(answer.json())
