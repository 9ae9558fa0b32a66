"""The gateway, the routes and the server.

Modules:
    app.py       The ASGI app: the control API under /_sandbox, Coupang everywhere else.
    gateway.py   From bytes to an answer: limits, signature, routes, faults, in the order a gateway meets
                 them.
    keys.py      Whose call it is: the signature over raw path and query, the age of the key, the addresses it
                 allows.
    protocol.py  The server's HTTP/1.1 protocol, with two liberties that uvicorn does not take.
    routes.py    Which call is which: methods, versions and paths of the provider. A new family adds its rows
                 here.
    server.py    The server: uvicorn inside the running event loop, without signal handlers, closed cleanly.
    tls.py       Certificates for `--tls`: an authority of this machine's own and what it signs for the
                 gateway's host.
"""
