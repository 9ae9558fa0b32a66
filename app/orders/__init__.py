"""Orders and their boxes, from payment to delivery.

Modules:
    answer_permits.py      Answer those who ask for a ship permit: read the stop requests and the boxes live,
                           then decide.
    census.py              The orders, as the nightly census counts them: boxes by when they were paid.
    changes.py             Ask for changes: decide now, send later. One function = one intent = one
                           transaction.
    decide.py              Ask the machine of boxes, with the facts that a stored box gives.
    effects.py             Effects that change a box: acknowledge, waybills, the end of an undelivered one,
                           the seller's cancel.
    empty_lists.py         Check an empty answer against what is stored: a stored row is read by itself, and
                           the list once more.
    erasure.py             Receivers: how they are erased when their order is over.
    examined.py            What the doctor asks of boxes: what waits, what lacks a part, and whether each is
                           what its sheet says.
    family.py              Orders and their boxes, as a family.
    inbox.py               What of boxes waits for a person, and what can be done about it.
    ingest.py              Take a page of order sheets: compare with what is stored, store the differences,
                           walk the machines.
    ingest_single.py       Take what a single reading proves: the box itself with its history, or its absence.
    kinds.py               The changes of boxes that we ask of Coupang, by the words that are stored with an
                           effect.
    lists.py               Boxes in lists: oldest payment first, a page at a time.
    lookup.py              Find a box for a caller, or say that there is none.
    machine_pages.py       The machine of boxes, as the documentation shows it.
    manual.py              Boxes by hand.
    missing_rows.py        Stored rows that a list should have shown, for the polls.
    missing_rows_sql.py    Stored rows that a list should have shown: an empty answer contradicts them.
    order_block_store.py   Orders kept back because a claim that names them could not be read.
    order_block_tables.py  Claims that could not be read, and the orders they keep back.
    page_store.py          A page of order sheets, written in one statement.
    past.py                Boxes as they were at a past moment.
    poll.py                Poll the feeds: often for new orders, and window by window for everything that
                           coverage lacks.
    queries.py             What everybody reads of orders: boxes, histories, receivers, and what is allowed
                           now and why not.
    read_back.py           Read back changes of boxes: acknowledges by list, everything else box by box.
    read_schedule.py       When boxes are read again: which of them, what a list would cost, what a look that
                           missed means.
    replacement_boxes.py   Replacements: decide whether a new box is a sale or the replacement of an exchange.
    replacement_store.py   Replacements: the new boxes of exchanges, recognised wherever Coupang lists them.
    reread.py              Read known boxes again, the cheapest way: 50 a call by list, or one by one when
                           that costs less.
    resync.py              Have a box read on demand.
    seller_cancels.py      The seller's own cancel of a box: what decides it, what refuses it, what it costs.
    sends.py               Send changes of boxes: 50 boxes a call, results box by box; waybills only after a
                           live claim check.
    snapshot.py            Boxes: what a comparison and a live status show of them.
    store.py               Boxes, lines, receivers and histories, as they are read.
    tables.py              Boxes, their lines and their receivers.
    transitions.py         The only writer of the `state` of boxes; see `app.engine.history.transitions`.
    verdicts.py            What an answer or a reading means for a change of a box. Pure: no database, no
                           network, no clock.
    visit_parts.py         What a visit does about orders: permits, new boxes, sweeps, acknowledges, single
                           readings.
    api/                   `/v1`, for warehouses: what must be packed, may it be shipped, here is the waybill,
                           what became of it.
    holds/                 Holds: a person keeps a box back.
    permits/               Ship permits: may this box leave now.
    quantities/            Units of a box: ordered, held, cancelled, shipped, returned.
    waybills/              Waybill numbers: form, reuse, and the lines of a parcel.
"""
