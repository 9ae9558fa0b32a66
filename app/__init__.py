"""Order fulfilment for Coupang sellers: families over one engine.

Imports look down: families over the engine, the engine over machines and client (docs/architecture.md).

Modules:
    __main__.py  The verbs of `python -m app`.
    clock.py     The only place that knows what time it is.
    errors.py    Our errors: one tree, and what the web makes of each.
    families.py  Every family of the service. Nothing else knows all of them: a new one is added here and
                 nowhere else.
    main.py      Build the web process: wiring only.
    settings.py  Every setting, typed, with its unit; read once by the builders and passed down as values.
    vault.py     Encryption at rest: AES-256-GCM under a ring of master keys, and keyed digests.
    worker.py    Build the worker process: wiring only.
    backoffice/  What operators do: inbox of decisions, manual moves, resync, reviews.
    claims/      Cancels and returns.
    coupang/     The marketplace client: a library of its own that knows nothing of us.
    devtools/    What developers and demonstrations run; nothing here serves production but the one-command
                 start.
    docs/        Draws the generated parts of the documentation from the machines, the calls and the modules
                 themselves.
    engine/      What every family needs: effects, visits, feeds, history, evidence, vendors, access, crypto,
                 database.
    exchanges/   Exchanges with the collect and the redelivery track.
    integrity/   Doctor, census and erasure: what must hold, looked at from outside.
    machines/    What may happen: state machines and the kernel that reads them. Pure: no I/O, no clock, no
                 SQL.
    orders/      Orders and their boxes, from payment to delivery.
    sandbox/     A small Coupang on this machine: deterministic, faithful, and with a ledger of its own.
    web/         The REST edge, shared by the routers of all families.
"""

__version__ = "0.1.0"
