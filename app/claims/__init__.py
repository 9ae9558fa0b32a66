"""Cancels and returns.

Modules:
    box_blocks.py          What a claim means for boxes: none leaves that a customer asked to stop, or that
                           may be one of those.
    changes.py             Ask for a change of a claim: decided on it as it is, under its lock, and stored
                           with that.
    effects.py             What cancels and returns have in common: both are aggregates of one receipt.
    family.py              Cancels and returns, as a family.
    ingest.py              Take a page of receipts: compare with what is stored, store the differences, walk
                           cancels and returns.
    ingest_withdrawals.py  Take withdrawals: a receipt the customer took back vanishes from the lists, and
                           only this proves it.
    kinds.py               The changes of cancels and returns that we ask of Coupang, by the words that are
                           stored with an effect.
    list_plan.py           Which open returns lists show, so that none of them has to be read by itself.
    lookup.py              Find a claim for a caller, or say that there is none; see `app.orders.lookup`.
    page_store.py          A page of receipts, written in one statement.
    poll.py                Read claims: open stop requests often and before every waybill, cancels, returns.
    poll_withdrawals.py    Read withdrawals by their days: the net under the question for those of open
                           receipts.
    queries.py             What everybody reads of claims: cancels with the decision they ask for, and
                           returns.
    read_schedule.py       When receipts are read: which are open, which to read again, what a look that
                           missed means.
    reread.py              Read receipts by themselves, and ask which of them were withdrawn.
    reviews.py             What operators decide of claims by hand: an order may go although a claim of it
                           could not be read.
    store.py               Receipts, cancels and returns, as they are read, and when a receipt is read again.
    tables.py              The tables of claims: receipts with their lines, and the two aggregates that a
                           receipt may have.
    transitions.py         The only writer of the `state` of cancels, returns and receptions; see
                           `app.engine.history.transitions`.
    api/                   REST for cancels and returns.
    cancels/               Stop requests, and cancels by the seller.
    declared/              What the family hands to those who work on all: census, erasure, inbox, moves by
                           hand, the past.
    empty_lists/           Doubt an empty list that contradicts what is stored.
    receptions/            Goods that come back: arrival and inspection.
    returns/               Returns, from the request to the refund.
"""
