"""Customers, couriers and staff act here, by script or by seeded chance.

Modules:
    claim_actors.py  Customers, support, the seller in WING and couriers of the way back, as a script moves
                     their claims.
    claims_world.py  Claims in the world's Python API: receipts and exchanges, and everybody who acts on them.
    order_actors.py  Customers, the seller's staff in WING, and couriers of boxes, as a script moves them.
    population.py    A seeded population: it buys, moves house, changes its mind, gives back and exchanges.
    replay_log.py    A memory for the sandbox: everything that changed it, replayed at the next start.
    script.py        A script: control calls in order, one JSON line each, with the lines of others between
                     them.
    world.py         One Coupang behind one object: the Python API of the sandbox; the control API says the
                     same over HTTP.
"""
