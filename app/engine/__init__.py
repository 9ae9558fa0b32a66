"""What every family needs: effects, visits, feeds, history, evidence, vendors, access, crypto, database.

Modules:
    caller.py       Who asks.
    context.py      What every use case is given. Built once per process by the builders.
    core_family.py  What the engine itself declares, in the same words as a family: effects, vendors,
                    evidence.
    erasure.py      Rows that nobody could read: how whoever may be in them is erased.
    examined.py     What the doctor asks of effects and of evidence.
    family.py       What a family declares of itself: one value, read by everything that works on all
                    families.
    inbox.py        What of effects and of rows that could not be read waits for a person, and what can be
                    done about it.
    manual.py       What every aggregate says of itself so that a person may move it by hand.
    pagination.py   Keyset pagination: one row more is read than is returned, and shows whether another page
                    follows.
    policy.py       How work is spaced, and when and how long calls stop.
    registry.py     What all families declare, ready to be used: looked up by name and joined in the order of
                    their list.
    snapshot.py     Changes, calls and silences: what a comparison and a live status show of them.
    access/         API keys and the audit log.
    crypto/         Installation keys, sealed columns and the rotation of the master key.
    db/             The database: connections, migrations, the scope of a caller in SQL.
    effects/        Changes we ask of Coupang: the outbox, the sending, the verdict, the read-back.
    evidence/       Raw answers of Coupang, kept as proof.
    feeds/          What is polled and what coverage may claim.
    history/        State transitions with their history, its hash chain, and the past.
    vendors/        Vendors and their keys.
    visits/         Visits: one vendor at a time, leased, paced and bounded in time.
"""
