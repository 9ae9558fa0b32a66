"""Units of a box: ordered, held, cancelled, shipped, returned.

Modules:
    quantities.py  Count what became of every unit of an order whenever its boxes or its claims have been read
                   or moved.
    store.py       The units of whole orders: their lines, the claims on them, and which line bears what of
                   which claim.
    tables.py      Which line bears which part of which claim.
"""
