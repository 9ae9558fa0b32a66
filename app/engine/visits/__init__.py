"""Visits: one vendor at a time, leased, paced and bounded in time.

Modules:
    circuit_breaker.py  Silence towards Coupang: for a vendor, its key, or everybody; for how long, and who
                        tries first.
    circuit_store.py    The fleet's circuit breaker: silence towards Coupang for everybody, and the one call
                        that may end it.
    clock_check.py      Do this machine's clock and the database's agree? A process whose clock is wrong makes
                        no visits.
    engine.py           Procrastinate runs the visits: one at a time per vendor in the whole fleet, one more
                        waiting.
    leases.py           Whose turn it is: due vendors, the fencing epoch of a visit, call tallies.
    probe.py            The one call that comes back after a silence.
    scheduler.py        APScheduler is the clock of every worker and nothing more.
    session.py          The line to Coupang of one visit: the client, its fencing epoch, its deadline, its
                        call counts.
    status.py           Who speaks for which vendor, and who waits to be spoken for.
    visit.py            One visit to one vendor: everything that is due there, effects first, bounded in time.
"""
