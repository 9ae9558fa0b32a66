"""A small Coupang on this machine: deterministic, faithful, and with a ledger of its own.

core       entities, rules, clocked state, rate limit, faults, ledger
wire       how requests are read and answers are written
orders     purchase orders: checkout, transitions, calls O1 to O8 and O12
claims     cancels and returns: transitions, calls O9 to O11 and R1 to R6
exchanges  exchanges: transitions, calls E1 to E4 and R7, which serves returns too
world      customers, couriers and staff, by script or by seeded chance; the memory that survives a restart
control    the API under `/_sandbox`
http       gateway, routes, server
"""
