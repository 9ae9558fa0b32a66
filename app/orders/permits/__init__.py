"""Ship permits: may this box leave now.

Modules:
    checks.py   What a ship permit is worth, and whether a waybill may be asked for with it.
    permits.py  Ship permits: a short-lived word that a parcel may be handed over, given after its claims were
                read live.
    store.py    Ship permits, as they are asked for, answered, revoked and used.
    tables.py   The table of ship permits.
"""
