"""`python -m app chaos`: the whole fleet on loopback, a Coupang that lies, and everything that can be killed.

plan        what is done to it and when: drawn from a seed, printed, replayable
arena       what it is done to: PostgreSQL, sandbox, web, workers, warehouse, restarted when they die
wreckers    how processes, the server and connections are broken; only those that we started
lies        how the sandbox goes wrong: faults, outages, keys that end
watch       who speaks for which vendor, how long it took after a kill, how long a due vendor waited
verdict     sandbox, ledger and database compared; the table
command     the command line, and the one that plays a run again
run         the story: chaos, calm, verdict
"""
