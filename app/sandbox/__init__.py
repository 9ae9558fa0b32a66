"""A small Coupang on this machine: deterministic, faithful, and with a ledger of its own.

rules.py       every fact Coupang leaves open, as a setting
entities.py    vendors, boxes, lines, receivers: plain values
claims.py      receipts, exchanges, pick-ups: plain values      reasons.py  why customers claim
couriers.py    the delivery companies and their digits
meter.py       the rate limit and the bans of one vendor, in real time
ledger.py      every call and every change, counted
faults.py      what goes wrong, by script        mishaps.py   what becomes of such a call
stage.py       the present: clock, due events, seeded chance, what exists and where to find it
moves.py       the changes of a box, whoever asks for them
buying.py      how orders come into being
pickups.py     the way back to the seller
filing.py      how receipts come into being     receipts.py  their changes and what Coupang does by itself
swaps.py       the changes of exchanges, and the box of the replacement
acts.py        customers, couriers and the seller in WING, about boxes
claimants.py   the same people and support, about claims
people.py      a seeded population
world.py       all of the above behind one object: the Python API; world_claims.py is its part for claims
shipped.py     the eye on waybills for stopped or cancelled pieces
answers.py     the envelopes and the error catalogue
render.py      rows as Coupang writes them, v4 and v5
requests.py    what a call says: parameters, bodies, the 400 texts
render_receipts.py, render_exchanges.py          the same for claims
orders.py      O1 to O6 and O12                  invoices.py        O7 and O8
seller_cancels.py  O9                            cancels.py         O10 and O11
returns.py     R1 to R4                          withdrawals.py     R5 and R6
manual_pickups.py  R7                            exchanges.py       E1 to E4
routes.py      which call is which; a new family adds its rows here
gateway.py     limits, signature, routes, faults: from bytes to an answer
control.py     the /_sandbox API                 control_claims.py  its part for claims
app.py         the ASGI app                      serve.py     the server
journal.py     the memory that survives a restart
"""
