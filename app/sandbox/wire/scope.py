"""Keys of the ASGI scope by which the gateway tells the server how to answer."""

HANG_UP = "sandbox.hang_up"
"""Name of the ASGI extension with which our server closes the socket without an answer."""


RAW = "sandbox.raw"
"""Name of the ASGI extension that holds a request target as it came, when it was not all ASCII."""
