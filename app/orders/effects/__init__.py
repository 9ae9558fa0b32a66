"""Changes of boxes: their kinds, their subject, their calls, and what answers and readings mean.

Modules:
    kinds.py      The changes of boxes that we ask of Coupang, by the words that are stored with an effect.
    read_back.py  Read back changes of boxes: acknowledges by list, everything else box by box.
    sends.py      Send changes of boxes: 50 boxes a call, results box by box; waybills only after a live claim
                  check.
    subject.py    Effects that change a box: acknowledge, waybills, the end of an undelivered one, the
                  seller's cancel.
    verdicts.py   What an answer or a reading means for a change of a box. Pure: no database, no network, no
                  clock.
"""
