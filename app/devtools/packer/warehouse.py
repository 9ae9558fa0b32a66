"""The warehouse as one object: packing, stops, returns, exchanges, in rounds.

It asks lists with filters and does what `…/actions` allows. Refusals are normal (a cancel came in between, or
the last change is still on its way) and leave the case for the next round.
"""

from collections import Counter

import httpx

from app.clock import Clock
from app.devtools.packer.desk import Desk
from app.devtools.packer.dock import Dock, Parcels
from app.devtools.packer.exchanges import serve_exchanges
from app.devtools.packer.habits import Habits
from app.devtools.packer.packing import pack
from app.devtools.packer.returns import serve_returns
from app.devtools.packer.shelf import Shelf
from app.devtools.packer.stops import answer_stops


class Packer:
    """Serves everything that waits for a warehouse.

    Args:
        base_url: Our web process.
        api_key: With scope `warehouse:write`; its vendors are the warehouse's.
        seed: Draws everything that is left to chance.
        habits: How it works.
        clock: The virtual time; the machine's own by default.
        dock: Tells what the couriers have brought, and is told what they take; without it nothing comes back.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        seed: int = 1,
        habits: Habits | None = None,
        *,
        clock: Clock | None = None,
        dock: Dock | None = None,
    ) -> None:
        self._desk = Desk(base_url, api_key, seed, clock)
        self._habits = habits or Habits()
        self._dock = dock
        self._shelf = Shelf()

    @property
    def counts(self) -> Counter[str]:
        """Return what was taken so far, by what it was; `refused` and `lost` among it."""
        return self._desk.counts

    async def close(self) -> None:
        """Close the connections."""
        await self._desk.close()

    async def pack(self) -> int:
        """Hand over what was packed and is known to Coupang, then pack and ship every box that is ready.

        Returns:
            How many boxes were asked to be shipped.
        """
        await self._shelf.hand_over(self._desk, self._dock)
        return await pack(self._desk, self._habits, self._shelf)

    async def answer_stops(self) -> int:
        """Answer open stop requests; return how many were."""
        return await answer_stops(self._desk, self._habits)

    async def serve_claims(self) -> int:
        """Do the next step of every return and exchange; return how many changes were asked."""
        brought = await self._dock.brought() if self._dock else Parcels()
        return await serve_returns(self._desk, self._habits, brought.returns) + await serve_exchanges(
            self._desk, self._habits, self._shelf, brought.exchanges
        )

    async def work(self) -> None:
        """Do one round of everything; a service that does not answer leaves the rest for the next one.

        Raises:
            httpx.HTTPStatusError: An answer no warehouse should get.
        """
        # Stops between two rounds of packing, so that some customers withdraw before they are answered.
        for theme in (self.answer_stops, self.pack, self.serve_claims):
            try:
                await theme()
            except httpx.TransportError:
                self.counts["lost"] += 1
            except httpx.HTTPStatusError as error:
                if error.response.status_code < 500:
                    raise
                self.counts["lost"] += 1
