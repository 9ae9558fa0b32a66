"""Doubt an empty list that contradicts what is stored.

Modules:
    check.py  Doubt an empty list of receipts that contradicts what we hold: ask for one of them by itself.
    rows.py   What we hold of claims and a list should have shown.
    sql.py    What we hold of claims and a list should have shown: knowledge that an empty answer contradicts.
"""
