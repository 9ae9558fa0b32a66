"""REST for cancels and returns.

Modules:
    cancels.py            Cancels: stop requests with the decision they ask for, the two answers, and cancels
                          that were final.
    lists.py              How cancels, returns and exchanges are listed: one page, oldest first.
    reception_schemas.py  The documented shapes of goods that come back: what is said of them, and what may be
                          asked next.
    return_changes.py     Changes of returns: what the warehouse says of the goods, and what is asked of
                          Coupang.
    returns.py            Returns as Coupang tells them; read only.
    schemas.py            The documented shapes of cancels and returns, with their examples.
"""
