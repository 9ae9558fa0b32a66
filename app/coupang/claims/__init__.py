"""Cancels and returns: the calls, their rows and results.

Modules:
    cancel_calls.py     The calls O9 to O11: cancels by the seller, and the two answers to a customer's stop
                        request.
    decode.py           What the readers of receipts, withdrawals and exchanges share: rows one by one, and
                        what is set aside.
    decode_receipts.py  Readers of receipts and withdrawals: tolerant of v4 and v6, strict where goods or
                        money are decided.
    decode_writes.py    Readers of the answers to writes of claims: cancels, confirmations, pick-up waybills.
    enums.py            The words of cancels, returns and exchanges as enumerations.
    raw.py              The raw shapes of cancels, returns and exchanges, every field optional; the
                        `decode*.py` modules read them.
    return_calls.py     The calls R1 to R7: receipts, their confirmation and approval, withdrawals, pick-up
                        waybills.
    types.py            What Coupang states of cancels, returns and exchanges, as frozen types; `decode*.py`
                        fill them.
"""
