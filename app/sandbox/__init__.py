"""A small Coupang on this machine: deterministic, faithful, and with a ledger of its own.

Modules:
    claims/     Cancels and returns: their transitions and the calls about them.
    control/    The control API under `/_sandbox`.
    core/       What the sandbox holds: entities, rules, clocked state, limits, faults and the ledger.
    exchanges/  Exchanges: their transitions and the calls about them.
    http/       The gateway, the routes and the server.
    orders/     Orders: checkout, transitions and the calls about them.
    wire/       How requests are read and answers are written.
    world/      Customers, couriers and staff act here, by script or by seeded chance.
"""
