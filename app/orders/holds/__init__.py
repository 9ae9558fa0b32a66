"""Holds: a person keeps a box back.

Modules:
    holds.py   Hold a box and release it: an operator or a warehouse decides that no waybill may be sent for
               now.
    store.py   Holds, as they are placed, released and read.
    tables.py  The table of holds: boxes kept back, with reason and end.
"""
