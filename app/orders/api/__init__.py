"""`/v1`, for warehouses: what must be packed, may it be shipped, here is the waybill, what became of it.

Modules:
    boxes.py    Boxes, one by one and in lists: what is in them, who gets them, what happened and what may be
                done.
    by_hand.py  Boxes by hand: have one read again.
    changes.py  Changes of boxes: asked here, decided at once, sent to Coupang by the next visit.
    holds.py    Holds: a person keeps a box back, for a reason and until a time.
    orders.py   Orders: all boxes of one.
    permits.py  Ship permits: may this parcel be handed over now?
    schemas.py  The documented shapes of `/v1`, with their examples.
"""
