"""Raw answers of Coupang, kept as proof.

Modules:
    opened.py      Stored evidence, opened and compared with its name, many rows at a time.
    queries.py     Stored answers of Coupang by digest, with every text erased that may hold personal data.
    statements.py  What operators state, kept as evidence: they, not Coupang, say so.
    store.py       Evidence, quarantine, call tallies and installation secrets.
"""
