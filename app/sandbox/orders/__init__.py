"""Orders: checkout, transitions and the calls about them.

Modules:
    calls.py          Order sheets: lists, single reads, history, acknowledge, long-term completion (O1 to O6,
                      O12).
    checkout.py       How orders come into being: told by a script, or drawn from seeded chance. All persons
                      are fictional.
    invoice_calls.py  Waybills: upload with split shipping (O7) and update (O8).
    render.py         Rows as Coupang writes them, v5 and v4; not with the client's types, to stay a second
                      opinion.
    transitions.py    The changes of a box, whoever asks for them. No judgement here: callers have checked
                      what is allowed.
"""
