"""Vendors and their keys.

Modules:
    store.py    Vendors: their sealed keys, when they are due, their fencing epoch, and their pauses.
    tables.py   Vendors whose keys we hold, and the callers and secrets of this installation.
    vendors.py  Vendors, as operators keep them: register, rotate keys, pause, resume, set their policy.
"""
