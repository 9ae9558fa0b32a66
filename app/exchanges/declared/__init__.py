"""What the family hands to those who work on all: census, erasure, inbox, moves by hand, the past.

Modules:
    census.py         Exchanges, as the nightly census counts them: by when they were requested.
    erasure.py        Contacts of exchanges: how they are erased when their order is over.
    examined.py       What the doctor asks of exchanges: what waits, what lacks a part, and boxes that replace
                      nothing.
    inbox.py          What of exchanges waits for a person, and what can be done about it.
    machine_pages.py  The machines of exchanges and their tracks, as the documentation shows them.
    manual.py         Exchanges and their tracks by hand.
    past.py           Exchanges as they were at a past moment.
    resync.py         Exchanges are read on demand.
    snapshot.py       Exchanges: what a comparison shows of them.
    visit_parts.py    What a visit does about exchanges: sweeps and single readings.
"""
