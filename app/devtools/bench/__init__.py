"""`python -m app bench`: what this service does, as a ratio to a ceiling measured in the same run.

    run.py          the verb: options, order of events, exit status
    figures.py      one figure, how two sides take turns, the table
    machine.py      what it was measured on
    stage.py        a durable PostgreSQL of its own, migrated, with a vendor
    sheets.py       made-up order sheets, as Coupang writes them
    raw.py          the ceiling's own tables, and the best plain upsert of the same boxes
    ingest.py       a page that is half new and half changed; a page that is unchanged
    pgbench.py      one guarded transition at a time, by PostgreSQL's own client
    transitions.py  a page of 500 on which every box walks one step; the door alone
    rest.py         one box read, one waybill asked for, over HTTP
    bare.py         the ceiling of HTTP: FastAPI and psycopg, nothing else
    load.py         a client in a process of its own: 16 connections, one request each at a time
    servers.py      an HTTP server in a process of its own

Ceiling and candidate take turns in short rounds, and the median of the rounds' ratios counts: the machine
may be busy with other things, and the ratio does not mind.
"""
