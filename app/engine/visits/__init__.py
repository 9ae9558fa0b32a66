"""Visits: one vendor at a time, leased, paced and bounded in time.

Modules:
    circuit_breaker.py  The circuit breaker: calls pause for a vendor, a key or the fleet; for how long, and
                        who probes first.
    circuit_store.py    The circuit breaker of the fleet: a pause of all calls to Coupang, and the one call
                        that may end it.
    clock_check.py      Do this machine's clock and the database's agree? A process whose clock is wrong makes
                        no visits.
    contradictions.py   Empty lists that contradict what we hold: how many witnesses are asked, and the note
                        in the log.
    engine.py           Procrastinate runs the visits: one at a time per vendor in the whole fleet, one more
                        waiting.
    leases.py           Leases: due vendors, the fencing epoch of a visit, call tallies.
    probe.py            The one call that may end a pause.
    resync.py           Have something read at Coupang on demand, and tell what that changed.
    resync_store.py     What tells whether, and how, a reading on demand has changed something.
    scheduler.py        APScheduler is the clock of every worker and nothing more.
    session.py          What one visit calls Coupang with: the client, its fencing epoch, its deadline, its
                        call counts.
    status.py           The status of leases: which worker holds which vendor, and which vendors wait.
    visit.py            One visit to one vendor: everything that is due there, effects first, bounded in time.
"""
