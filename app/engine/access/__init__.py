"""API keys and the audit log.

Modules:
    api_keys.py         Callers' API keys: made, ended, recognised.
    audit_log.py        Who did what to the installation, and when: vendors and keys, never a secret.
    audit_log_store.py  The audit log, and the keys of requests that were heard.
    audit_tables.py     The tables of the audit log and of used idempotency keys.
    key_store.py        Callers' API keys, stored as digests.
"""
