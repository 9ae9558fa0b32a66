"""The database: connections, migrations, the scope of a caller in SQL."""
