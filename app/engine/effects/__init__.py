"""Changes we ask of Coupang: the outbox, the sending, the verdict, the read-back.

Modules:
    dispatch.py     Send what is due, kind by kind, and read back what is of unknown outcome; each kind
                    declares how.
    idempotency.py  Idempotency: what was asked before under the same key, and what is still open for the same
                    subject.
    lists.py        Effects and their tries in lists, a page at a time.
    outbox.py       Take effects out to be sent, and settle what came back.
    queries.py      What everybody reads of effects. Nothing here changes anything.
    readback.py     Read back effects of unknown outcome: what Coupang shows decides; nothing is repeated on a
                    guess.
    senders.py      What sending one change by itself is: an effect goes out, a verdict and its evidence come
                    back.
    store.py        Effects and their attempts: asking, taking in batches, recording each try before and after
                    it.
    subjects.py     What every subject of an effect can do.
    tables.py       Changes we ask of Coupang, and each try of them.
    transitions.py  The only writer of the `state` of effects; see `app.engine.history.transitions`.
    verdicts.py     What an answer of Coupang means for an effect; what a family's own answers mean, its
                    `verdicts` say.
"""
