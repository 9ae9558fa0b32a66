"""Clients of servers on this machine."""

import ssl
from typing import Any

import httpx

_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Knows no authorities: httpx reads them all for each client, 40 ms, also where everything is plain HTTP."""


def client_of(url: str, **options: Any) -> httpx.AsyncClient:
    """Make a client of a server that speaks plain HTTP."""
    return httpx.AsyncClient(base_url=url, verify=_NO_TLS, **options)
