"""Exchanges: their transitions and the calls about them.

Modules:
    calls.py         Exchanges: the list (E1), goods received (E2), refusal (E3), the waybill of the
                     replacement (E4).
    pickup_calls.py  The waybill of a pick-up that the seller arranged himself (R7), for returns and
                     exchanges.
    render.py        Exchanges as Coupang writes them (v4 only): plain times and numbers, wire spellings and
                     all.
    transitions.py   The changes of exchanges, whoever asks. No judgement here: callers have checked what is
                     allowed.
"""
