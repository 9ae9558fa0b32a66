"""Exchanges with the collect and the redelivery track.

Modules:
    changes.py           Ask for changes of exchanges, read them, and say which changes may be asked.
    effects.py           Effects that change an exchange: rejected, pick-up waybill, arrival confirmed,
                         replacement shipped.
    empty_lists.py       Doubt an empty list of exchanges that contradicts what we hold.
    family.py            Exchanges, as a family.
    ingest.py            Take a page of exchanges: compare with what is stored, store the differences, walk
                         exchange and tracks.
    kinds.py             The changes of exchanges that we ask of Coupang, by the words that are stored with an
                         effect.
    lookup.py            Find an exchange for a caller, or say that there is none; see `app.orders.lookup`.
    missing_rows.py      What we hold of exchanges and a list should have shown.
    missing_rows_sql.py  What we hold of exchanges and a list should have shown: knowledge that an empty
                         answer contradicts.
    page_store.py        A page of exchanges, written in one statement.
    poll.py              Read exchanges, send what they ask for, one call each, and read back what is of
                         unknown outcome.
    read_schedule.py     When exchanges are read: which windows, which exchange by itself, and when again.
    receptions.py        The goods of exchanges are awaited: their receptions begin, and follow what the
                         exchanges show.
    store.py             Exchanges, as they are read, and when one is read by itself; `page_store` writes
                         them.
    tables.py            The tables of exchanges: what Coupang says of them, and the boxes of their
                         replacements.
    transitions.py       The only writer of the states of exchanges and their tracks; see
                         `app.engine.history.transitions`.
    verdicts.py          What readings mean for exchanges: R7, E2, E3 and E4 of unknown outcome. Pure.
    api/                 REST for exchanges.
    declared/            What the family hands to those who work on all: census, erasure, inbox, moves by
                         hand, the past.
"""
