"""Holds: a person keeps a box back.

Modules:
    holds.py   Keep a box back, and let it go again: a person's word that no waybill may leave for now.
    store.py   Holds, as they are placed, released and read.
    tables.py  The table of holds: boxes that somebody of ours keeps back.
"""
