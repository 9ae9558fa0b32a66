"""Orders and their boxes, from payment to delivery.

Modules:
    changes.py            Ask for changes: decide now, send later. One function = one intent = one
                          transaction.
    decide.py             Decide by the machines, and turn their refusals into problems with remedies.
    effects.py            Effects that change a box: acknowledge, waybills, the end of an undelivered one, the
                          seller's cancel.
    empty_lists.py        Check an empty answer against what is stored: a stored row is read by itself, and
                          the list once more.
    family.py             Orders and their boxes, as a family.
    ingest.py             Take a page of order sheets: compare with what is stored, store the differences,
                          walk the machines.
    ingest_single.py      Take what a single reading proves: the box itself with its history, or its absence.
    kinds.py              The changes of boxes that we ask of Coupang, by the words that are stored with an
                          effect.
    lists.py              Boxes in lists: oldest payment first, a page at a time.
    lookup.py             Find one thing for a caller, or say that there is none.
    missing_rows.py       Stored rows that a list should have shown, for the polls.
    missing_rows_sql.py   Stored rows that a list should have shown: an empty answer contradicts them.
    page_store.py         A page of order sheets, written in one statement.
    poll.py               Poll the feeds: often for new orders, and window by window for everything that
                          coverage lacks.
    queries.py            What everybody reads: boxes, orders, histories, receivers, effects, and what is
                          allowed now and why not.
    read_back.py          Read back changes of boxes: acknowledges by list, everything else box by box.
    read_schedule.py      When boxes are read again: which of them, what a list would cost, what a look that
                          missed means.
    replacement_boxes.py  Replacements: decide whether a new box is a sale or the replacement of an exchange.
    replacement_store.py  Replacements: the new boxes of exchanges, recognised wherever Coupang lists them.
    reread.py             Read known boxes again, the cheapest way: 50 a call by list, or one by one when that
                          costs less.
    sends.py              Send changes of boxes: 50 boxes a call, results box by box; waybills only after a
                          live claim check.
    store.py              Boxes, lines, receivers and histories, as they are read.
    tables.py             Boxes, their lines and their receivers.
    verdicts.py           What an answer or a reading means for a change of a box. Pure: no database, no
                          network, no clock.
    visit_parts.py        What a visit does about orders: permits, new boxes, sweeps, acknowledges, single
                          readings.
    api/                  `/v1`, for warehouses: what must be packed, may it be shipped, here is the waybill,
                          what became of it.
    holds/                Holds: a person keeps a box back.
    permits/              Ship permits: may this box leave now.
    quantities/           Units of a box: ordered, held, cancelled, shipped, returned.
    waybills/             Waybill numbers: form, reuse, and the lines of a parcel.
"""
