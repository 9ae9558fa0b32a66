"""The gateway, the routes and the server.

Modules:
    app.py      The ASGI app: the control API under /_sandbox, Coupang everywhere else.
    gateway.py  From bytes to an answer: limits, signature, routes, faults, in the order a gateway meets them.
    routes.py   Which call is which: methods, versions and paths of the provider. A new family adds its rows
                here.
    server.py   The server: uvicorn inside the running event loop, without signal handlers, closed cleanly.
"""
