"""Doubt an empty list that contradicts what is stored.

Modules:
    check.py  Check an empty answer against what is stored: a stored row is read by itself, and the list once
              more.
    rows.py   Stored rows that a list should have shown, for the polls.
    sql.py    Stored rows that a list should have shown: an empty answer contradicts them.
"""
