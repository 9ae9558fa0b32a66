"""A small Coupang on this machine: deterministic, faithful, and with a ledger of its own.

rules.py       every fact Coupang leaves open, as a setting
entities.py    vendors, boxes, lines, receivers: plain values
couriers.py    the delivery companies and their digits
meter.py       the rate limit and the bans of one vendor, in real time
ledger.py      every call and every change, counted
faults.py      what goes wrong, by script        mishaps.py   what becomes of such a call
stage.py       the present: clock, due events, seeded chance, what exists and where to find it
moves.py       the changes of a box, whoever asks for them
buying.py      how orders come into being
people.py      customers, couriers, the seller in WING, a seeded population
world.py       all of the above behind one object: the Python API
answers.py     the envelopes and the error catalogue
render.py      rows as Coupang writes them, v4 and v5
requests.py    what a call says: parameters, bodies, the 400 texts
orders.py      O1 to O6 and O12                  invoices.py  O7 and O8
routes.py      which call is which; a new family adds its rows here
gateway.py     limits, signature, routes, faults: from bytes to an answer
control.py     the /_sandbox API
app.py         the ASGI app                      serve.py     the server
journal.py     the memory that survives a restart
"""
