"""A small Coupang on this machine: deterministic, faithful, and with a ledger of its own.

rules.py       every fact Coupang leaves open, as a setting
entities.py    vendors, boxes, lines, receivers: plain values
meter.py       the rate limit and the bans of one vendor, in real time
ledger.py      every call and every change, counted
stage.py       the present: clock, due events, seeded chance, what exists and where to find it
moves.py       the changes of a box, whoever asks for them
people.py      customers, couriers and the seller in WING
world.py       all of the above behind one object: the Python API
render.py      rows as Coupang writes them, v4 and v5
answers.py     the envelopes and the error catalogue
requests.py    what a call says: parameters, bodies, the 400 texts
orders.py      O1 to O6 and O12        invoices.py   O7 and O8
faults.py      what goes wrong, by script
gateway.py     signature, routes, limits, faults: from bytes to an answer
control.py     the /_sandbox API       app.py   the ASGI app       serve.py   the server
"""
