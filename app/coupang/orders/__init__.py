"""Purchase orders: the calls, their rows and results.

Modules:
    calls.py   The calls O1 to O8 and O12: boxes, their history, acknowledge, invoices, long-term completion.
    decode.py  What Coupang says: the types of its answers and the pure functions that read them.
    raw.py     The raw shapes of the wire, every field optional and as loose as Coupang writes it; `decode.py`
               reads them.
    types.py   What Coupang says about boxes, as frozen types; `decode.py` fills them and hands them out.
"""
