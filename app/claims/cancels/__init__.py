"""Stop requests, and cancels by the seller.

Modules:
    changes.py   Ask for cancels: the two answers to a customer's stop request, and the seller's own cancel.
    effects.py   Effects that answer a stop request: stopped, or shipped already.
    sends.py     Send answers to stop requests and cancels by the seller, one call each, and read them back.
    verdicts.py  What Coupang's answers and readings mean for cancels (O9) and answers to stop requests (O10,
                 O11). Pure.
"""
