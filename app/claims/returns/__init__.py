"""Returns, from the request to the refund.

Modules:
    changes.py   Ask for changes of returns, and say which may be asked: pick-up waybill, arrival confirmed,
                 approved.
    effects.py   Effects that change a return: pick-up waybill, arrival confirmed, refund approved.
    sends.py     Send what returns ask for, one call each, and read back what is of unknown outcome.
    verdicts.py  What readings mean for returns: pick-up waybill (R7), arrival confirmed (R3), approved (R4).
                 Pure.
"""
