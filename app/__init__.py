"""Order fulfilment for Coupang sellers: families over one engine.

machines/    what may happen: pure state machines and the kernel that reads them
coupang/     the marketplace client: a library of its own that knows nothing of us
sandbox/     a small Coupang on this machine, for tests, demos and newcomers
engine/      what every family needs: effects, feeds, visits, history, evidence, vendors, access, database
orders/ claims/ exchanges/   the families: what is stored, read, asked and shown of each
integrity/   what must hold: doctor, census, erasure
backoffice/  what operators do: inbox, manual moves, resync, reviews
web/         the edge only: authentication, problems, OpenAPI, pagination
devtools/    up, demo, chaos, bench, story, packer, embedded PostgreSQL
docs/        the generated parts of the documentation

`main.py` and `worker.py` build the processes; `__main__.py` holds the verbs.
"""

__version__ = "0.1.0"
