"""Cancels and returns: their transitions and the calls about them.

Modules:
    cancel_calls.py         Cancels: the seller's own (O9), and his answers to a customer's stop request (O10,
                            O11).
    create_claims.py        How receipts come into being: cancels that are final, stop requests, returns.
    handover.py             The sandbox's eye on goods: what a warehouse hands to a courier, against what was
                            still to be sent.
    pickups.py              The way back: how a courier fetches goods from the customer, for returns and
                            exchanges alike.
    receipt_transitions.py  The changes of receipts, whoever asks for them. No judgement here: callers have
                            checked what is allowed.
    render.py               Receipts as Coupang writes them, v6 and v4, and withdrawn ones as R5 and R6 tell
                            of them.
    return_calls.py         Returns: the list and the single read (R1, R2), receipt and approval of the goods
                            (R3, R4).
    seller_cancel_calls.py  The seller's own cancel (O9): at ACCEPT at once, at INSTRUCT as a stop that is
                            completed with it.
    withdrawal_calls.py     Withdrawn claims: by date (R5) and by receipt (R6); the return list has forgotten
                            them.
"""
