"""A warehouse that works by REST, for `up`, `demo` and fault runs: what a real one would do, nothing else.

Modules:
    desk.py       The warehouse's end of the REST API: lists, single reads, changes that are asked, seeded
                  luck.
    dock.py       What stands at the door: parcels leave and come back whatever any list says, and only eyes
                  can tell.
    exchanges.py  Exchanges: reject what is sold out, take the goods in, ship the replacement on its new box.
    habits.py     How a warehouse works: which share of its cases takes which turn.
    packing.py    Boxes leave: whole, in parts, with a permit or without.
    returns.py    Returns: fetch what the seller fetches himself, inspect what has come, confirm and approve
                  what is good.
    shelf.py      Parcels that are packed and wait for the courier, who takes only what Coupang knows the
                  waybill of.
    stops.py      Stop requests: was the parcel handed over? Most are answered at once, some late, some by
                  nobody.
    warehouse.py  The warehouse as one object: packing, stops, returns, exchanges, in rounds.
"""

from app.devtools.packer.desk import Desk
from app.devtools.packer.dock import Dock, Parcel, SandboxDock
from app.devtools.packer.habits import EVERYTHING, Habits
from app.devtools.packer.warehouse import Packer

__all__ = ["EVERYTHING", "Desk", "Dock", "Habits", "Packer", "Parcel", "SandboxDock"]
