"""Exchanges with the collect and the redelivery track.

Modules:
    census.py            Exchanges, as the nightly census counts them: by when they were requested.
    changes.py           Ask for changes of exchanges, read them, and say which changes may be asked.
    effects.py           Effects that change an exchange: rejected, pick-up waybill, arrival confirmed,
                         replacement shipped.
    empty_lists.py       Doubt an empty list of exchanges that contradicts what we hold.
    erasure.py           Contacts of exchanges: how they are erased when their order is over.
    examined.py          What the doctor asks of exchanges: what waits, what lacks a part, and boxes that
                         replace nothing.
    family.py            Exchanges, as a family.
    inbox.py             What of exchanges waits for a person, and what can be done about it.
    ingest.py            Take a page of exchanges: compare with what is stored, store the differences, walk
                         exchange and tracks.
    kinds.py             The changes of exchanges that we ask of Coupang, by the words that are stored with an
                         effect.
    lookup.py            Find an exchange for a caller, or say that there is none; see `app.orders.lookup`.
    machine_pages.py     The machines of exchanges and their tracks, as the documentation shows them.
    manual.py            Exchanges and their tracks by hand.
    missing_rows.py      What we hold of exchanges and a list should have shown.
    missing_rows_sql.py  What we hold of exchanges and a list should have shown: knowledge that an empty
                         answer contradicts.
    page_store.py        A page of exchanges, written in one statement.
    past.py              Exchanges as they were at a past moment.
    poll.py              Read exchanges, send what they ask for, one call each, and read back what is of
                         unknown outcome.
    read_schedule.py     When exchanges are read: which windows, which exchange by itself, and when again.
    receptions.py        The goods of exchanges are awaited: their receptions begin, and follow what the
                         exchanges show.
    resync.py            Exchanges are read on demand.
    snapshot.py          Exchanges: what a comparison shows of them.
    store.py             Exchanges, as they are read, and when one is read by itself; `page_store` writes
                         them.
    tables.py            The tables of exchanges: what Coupang says of them, and the boxes of their
                         replacements.
    transitions.py       The only writer of the states of exchanges and their tracks; see
                         `app.engine.history.transitions`.
    verdicts.py          What readings mean for exchanges: R7, E2, E3 and E4 of unknown outcome. Pure.
    visit_parts.py       What a visit does about exchanges: sweeps and single readings.
    api/                 REST for exchanges.
"""
