"""REST for cancels and returns.

Modules:
    by_hand.py            Claims by hand: let an order go that an unreadable one holds, accept goods, have a
                          receipt read again.
    by_hand_schemas.py    The documented shapes of what operators decide of claims by hand.
    cancels.py            Cancels: stop requests with the decision they ask for, the two answers, and cancels
                          that were final.
    lists.py              How cancels, returns and exchanges are listed: one page, oldest first.
    reception_schemas.py  The documented shapes of goods that come back: what is said of them, and what may be
                          asked next.
    return_changes.py     Changes of returns: what the warehouse says of the goods, and what is asked of
                          Coupang.
    returns.py            Returns as Coupang tells them; read only.
    schemas.py            The documented shapes of cancels and returns, with their examples.
    seller_cancels.py     The seller's own cancel of a box.
"""
