"""REST for exchanges.

Modules:
    exchanges.py  Exchanges: list, one, history, what may be asked, and the changes.
    schemas.py    The documented shapes of exchanges, with their examples.
"""
