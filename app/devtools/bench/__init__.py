"""`python -m app bench`: what this service does, as a ratio to a ceiling measured in the same run.

Ceiling and candidate take turns in short rounds, and the median of the rounds' ratios counts: the machine
may be busy with other things, and the ratio does not mind.

Modules:
    bare.py         The ceiling of HTTP: FastAPI, psycopg and one statement per request, on the tables of
                    `raw.py`.
    figures.py      One figure, how its sides take turns, and the table of all of them.
    ingest.py       A page of order sheets, from the bytes of the answer to the commit, beside the plain
                    upsert of its boxes.
    load.py         A client in a process of its own: some connections, each with one request at a time.
    machine.py      What it was measured on, in one line: no names, no paths.
    pgbench.py      One guarded transition at a time, by pgbench: the ceiling of every client that does not
                    batch.
    raw.py          The ceiling of writing: the same boxes in tables of the ceiling's own, by the fastest
                    plain statement.
    rest.py         One box read and one waybill asked for over HTTP, beside a bare FastAPI app on plain
                    tables.
    run.py          The verb `bench`: measure, print one table, and fail when a floor is missed.
    servers.py      An HTTP server in a process of its own, for as long as it is measured.
    sheets.py       Made-up order sheets as Coupang writes them (v5): about 3.5 kB a row, two items each.
    stage.py        The stage: a durable PostgreSQL that is thrown away, migrated, with one vendor and a
                    context.
    transitions.py  Many boxes walk one step at once, beside one transition at a time.
"""
