"""THE HEART: what may happen. Pure: no I/O, no clock, no SQL.

kernel.py        Machine, guard, Move, Rules: decide, allowed, judge, is_path
roads.py         the shortest legal roads between states
observed.py      what Coupang shows of a machine: words for its states, `walk` to the state that is shown
groups.py        named groups of states: every state is in one group of each question
remedies.py      what unblocks a guard, where several machines say the same
orders.py        the life of one shipment box
cancels.py       the life of one stop request or immediate cancel
returns.py       the life of one return at Coupang
receptions.py    the way of returned goods into our warehouse
exchanges.py     the life of one exchange, with its tracks:
collects.py      the goods come back
redeliveries.py  the replacement goes out
effects.py       the life of one change asked of Coupang
receipts.py      what a receipt row of Coupang says: which of the machines, in which state
quantities.py    how many units are free, held, cancelled, shipped, returned; which claim holds which
"""
