"""The database: connections, migrations, the scope of a caller in SQL.

Modules:
    base.py          The base of every table, and how Python types become columns.
    database.py      The pool, transactions, and how SQLAlchemy statements reach psycopg.
    migrate.py       Bring the database to the newest tables; safe to run from many processes at once.
    reconnect.py     How a pool of connections comes back to a database that was away.
    states.py        States of the machines as SQL literals: in statements and in the conditions of tables and
                     partial indexes.
    vendor_scope.py  Which vendors a caller may know of, written so that every question finds an index.
"""
