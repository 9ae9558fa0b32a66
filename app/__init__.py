"""The map of the house.

machines/  what may happen: pure state machines and the kernel that reads them
store/     what is remembered: tables, queries, the one door that writes `state`
coupang/   the marketplace client: a library of its own that knows nothing of us
flows/     what we do: one function = one intent = one transaction
jobs/      what happens by itself: ticks, visits, polling, dispatch
web/       what others may ask: REST for warehouses, admin for operators
sandbox/   a small Coupang on this machine, for tests, demos and newcomers

`main.py` and `worker.py` build the processes; `__main__.py` holds the verbs.
"""

__version__ = "0.1.0"
