"""What the family hands to those who work on all: census, erasure, inbox, moves by hand, the past.

Modules:
    census.py         Cancels and returns, as the nightly census counts them: receipts by when they were
                      opened.
    erasure.py        Requesters of cancels and returns: how they are erased when their order is over.
    examined.py       What the doctor asks of cancels and returns: what waits, and what lacks a part.
    inbox.py          What of cancels and returns waits for a person, and what can be done about it.
    machine_pages.py  The machines of cancels, returns and goods that come back, as the documentation shows
                      them.
    manual.py         Cancels, returns and goods that come back, by hand.
    past.py           Cancels and returns as they were at a past moment.
    resync.py         Receipts are read on demand, as cancel and as return.
    snapshot.py       Receipts, and boxes that are known by their receipt only: for comparisons and a live
                      status.
    visit_parts.py    What a visit does about claims: stop requests and cancels first, then sweeps and single
                      readings.
"""
