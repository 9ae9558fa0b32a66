"""Orders and their boxes, from payment to delivery.

Modules:
    answer_permits.py     Answer those who ask for a ship permit: read the stop requests and the boxes live,
                          then decide.
    changes.py            Ask for changes: decide now, send later. One function = one intent = one
                          transaction.
    decide.py             Ask the machine of boxes, with the facts that a stored box gives.
    family.py             Orders and their boxes, as a family.
    ingest.py             Take a page of order sheets: compare with what is stored, store the differences,
                          walk the machines.
    ingest_single.py      Take what a single reading proves: the box itself with its history, or its absence.
    lists.py              Boxes in lists: oldest payment first, a page at a time.
    lookup.py             Find a box for a caller, or say that there is none.
    page_store.py         A page of order sheets, written in one statement.
    poll.py               Poll the feeds: often for new orders, and window by window for everything that
                          coverage lacks.
    queries.py            What everybody reads of orders: boxes, histories, receivers, and what is allowed now
                          and why not.
    read_schedule.py      When boxes are read again: which of them, what a list would cost, what a look that
                          missed means.
    replacement_boxes.py  Replacements: decide whether a new box is a sale or the replacement of an exchange.
    replacement_store.py  Replacements: the new boxes of exchanges, recognised wherever Coupang lists them.
    reread.py             Read known boxes again, the cheapest way: 50 a call by list, or one by one when that
                          costs less.
    seller_cancels.py     The seller's own cancel of a box: what decides it, what refuses it, what it costs.
    store.py              Boxes, lines, receivers and histories, as they are read.
    tables.py             Boxes, their lines and their receivers.
    transitions.py        The only writer of the `state` of boxes; see `app.engine.history.transitions`.
    api/                  `/v1`, for warehouses: what must be packed, may it be shipped, here is the waybill,
                          what became of it.
    declared/             What the family hands to those who work on all: census, erasure, inbox, moves by
                          hand, the past.
    effects/              Changes of boxes: their kinds, their subject, their calls, and what answers and
                          readings mean.
    empty_lists/          Doubt an empty list that contradicts what is stored.
    holds/                Holds: a person keeps a box back.
    order_blocks/         Orders kept back because a claim that names them could not be read.
    permits/              Ship permits: may this box leave now.
    quantities/           Units of a box: ordered, held, cancelled, shipped, returned.
    waybills/             Waybill numbers: form, reuse, and the lines of a parcel.
"""
