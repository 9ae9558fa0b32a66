"""What the sandbox holds: entities, rules, clocked state, limits, faults and the ledger.

Modules:
    claim_entities.py  What customers claim: receipts (cancels, stop requests, returns) and exchanges; plain
                       values.
    claim_lookup.py    Find claims of what the sandbox holds.
    claim_reasons.py   Why customers cancel, return and exchange: Coupang's reason codes (article
                       360034562713).
    couriers.py        The delivery companies Coupang knows, from Coupang's own list (article 360034156033).
    faults.py          What goes wrong, by script: each call may meet a delay and one fault.
    ledger.py          Every call and every change, counted from outside: the oracle of "nothing doubled".
    order_entities.py  What exists in this Coupang: plain values without behaviour of their own.
    rate_limit.py      The limits of one caller. Pacing is a fact of real time, so it never asks the virtual
                       clock.
    rules.py           Every fact that Coupang leaves open or that tests want to move, as one frozen value.
    shipped_watch.py   The sandbox's own eye on the promise that nothing is shipped after a cancel.
    state.py           The present: clock, due events, seeded chance, what exists and where to find it.
"""
