"""The control API under `/_sandbox`.

Modules:
    api.py         The control API under /_sandbox: scripts, clocks, faults, and the truth.
    claims_api.py  The control API of claims: receipts and exchanges, made and moved by script, and their
                   truth.
    script_api.py  The control API of scripts: load one, play it, go on behind the lines of others.
"""
