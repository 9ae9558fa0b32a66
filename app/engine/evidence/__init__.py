"""Raw answers of Coupang, kept as proof.

Modules:
    queries.py  What Coupang had said: a stored answer by its digest, with every text erased that may tell of
                a person.
    store.py    Evidence, quarantine, call tallies and installation secrets.
"""
