"""What the family hands to those who work on all: census, erasure, inbox, moves by hand, the past.

Modules:
    census.py         The orders, as the nightly census counts them: boxes by when they were paid.
    erasure.py        Receivers: how they are erased when their order is over.
    examined.py       What the doctor asks of boxes: what waits, what lacks a part, and whether each is what
                      its sheet says.
    inbox.py          What of boxes waits for a person, and what can be done about it.
    machine_pages.py  The machine of boxes, as the documentation shows it.
    manual.py         Boxes by hand.
    past.py           Boxes as they were at a past moment.
    resync.py         Have a box read on demand.
    snapshot.py       Boxes: what a comparison and a live status show of them.
    visit_parts.py    What a visit does about orders: permits, new boxes, sweeps, acknowledges, single
                      readings.
"""
