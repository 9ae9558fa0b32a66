"""`python -m app chaos`: the whole fleet on loopback, a Coupang that lies, and everything that can be killed.

Modules:
    command.py  The command line of `chaos`.
    faults.py   How the sandbox goes wrong: faults call by call, outages of an hour, keys that end and are
                replaced.
    fleet.py    The whole fleet on loopback, built anew in a directory of its own, and the init system over
                it.
    killers.py  What is done to processes, to the server and to its connections. Only what this run has
                started.
    monitor.py  Who speaks for which vendor, seen ten times a second: recovery after kills, waits of due
                vendors.
    plan.py     What goes wrong and when: drawn from a seed, one JSON line per deed, replayable.
    run.py      The story: the fleet comes up, customers shop, chaos reigns, calm, verdict.
    verdict.py  Sandbox, ledger and database compared: what was promised, in figures, and every broken
                promise.
"""
