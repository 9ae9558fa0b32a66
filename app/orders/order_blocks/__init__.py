"""Orders kept back because a claim that names them could not be read.

Modules:
    store.py   Orders kept back because a claim that names them could not be read.
    tables.py  Claims that could not be read, and the orders they keep back.
"""
