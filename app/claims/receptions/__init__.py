"""Goods that come back: arrival and inspection.

Modules:
    receptions.py  Goods that come back: they arrive, each line gets its verdict, an operator may accept a
                   finding.
    store.py       Receptions: where goods that come back are, and what their inspection found.
    tables.py      The table of receptions: where goods that come back are.
"""
