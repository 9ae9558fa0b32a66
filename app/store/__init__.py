"""What is remembered.

database.py   the pool, transactions, and how SQLAlchemy statements reach psycopg
tables.py     every table, typed (migrations are compared with it)
doors.py      the only writers of `state`: one row or a whole page, with history
vendors.py boxes.py effects.py evidence.py coverage.py keys.py …   queries of one table family
"""
