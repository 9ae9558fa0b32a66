"""How requests are read and answers are written.

Modules:
    envelopes.py      What goes back over the wire: envelopes and the error catalogue, key order as Coupang
                      writes it.
    fault_effects.py  What becomes of a call that meets a fault: the answer of the fault, and whether the
                      change happens.
    requests.py       What a call says: parameters and bodies, and the 400 texts when they cannot be.
    scope.py          Keys of the ASGI scope by which the gateway tells the server how to answer.
"""
