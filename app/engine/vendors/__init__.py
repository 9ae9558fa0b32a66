"""Vendors and their keys.

Modules:
    store.py    Vendors: their sealed keys, their turn, their fencing epoch, and when to keep silent.
    tables.py   Vendors whose keys we hold, and the callers and secrets of this installation.
    vendors.py  Vendors, as operators keep them: register, rotate keys, pause, resume, set their policy.
"""
