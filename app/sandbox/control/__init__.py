"""The control API under `/_sandbox`.

Modules:
    api.py         The control API under /_sandbox: scripts, clocks, faults, and the truth.
    claims_api.py  The control API of claims: receipts and exchanges, made and moved by script, and their
                   truth.
    contract.py    The contract of the control API: every route with its summary, body and answer, as OpenAPI
                   3.1.
    schemas.py     Shapes of the control API's bodies, as JSON Schema; dataclasses give those of rules and
                   shops.
    script_api.py  The control API of scripts: load one, play it, go on behind the lines of others.
"""
