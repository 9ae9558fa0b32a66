"""Exchanges: the calls and their rows.

Modules:
    calls.py   The calls E1 to E4: exchanges, their confirmation and rejection, waybills of the replacement.
    decode.py  The reader of exchanges: strict on ids, status, items, quantities and new boxes, tolerant of
               the rest.
"""
