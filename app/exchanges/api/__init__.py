"""REST for exchanges.

Modules:
    by_hand.py    Exchanges by hand: accept goods despite a finding, have one read again.
    exchanges.py  Exchanges: list, one, history, what may be asked, and the changes.
    schemas.py    The documented shapes of exchanges, with their examples.
"""
