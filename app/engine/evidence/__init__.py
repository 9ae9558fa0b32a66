"""Raw answers of Coupang, kept as proof.

Modules:
    queries.py  Stored answers of Coupang by digest, with every text erased that may hold personal data.
    store.py    Evidence, quarantine, call tallies and installation secrets.
"""
