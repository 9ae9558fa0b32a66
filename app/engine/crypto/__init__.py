"""Installation keys, sealed columns and the rotation of the master key.

Modules:
    installation_keys.py  The keys of an installation, made on the first start and sealed in its database.
    rotation.py           Rotate the master key: seal everything again under the newest key of the ring.
    sealed_columns.py     Walk the rows of a sealed column in batches; for the rotation of keys.
"""
