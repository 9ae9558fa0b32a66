"""What may happen: state machines and the kernel that reads them. Pure: no I/O, no clock, no SQL.

Modules:
    boxes.py                   The state of one shipment box (묶음배송) at Coupang.
    cancels.py                 The state of one cancel receipt: a stop request (출고중지요청) or an immediate
                               cancel.
    collects.py                The collect track of an exchange: how Coupang sees the goods come back.
    effects.py                 The state of one change we ask of Coupang: sent at most once per intent,
                               confirmed only by evidence.
    exchanges.py               The state of one exchange (교환).
    groups.py                  Named groups of the states of a machine, so that no reader lists states.
    kernel.py                  The kernel: reads a state machine class once into a table, and decides from the
                               table.
    observed.py                What Coupang shows of a machine: its words for the states, and the path to an
                               observed state.
    paths.py                   The path from our state to the one Coupang shows, over observed events only.
    quantities.py              How many units of each line are free, held, cancelled, shipped and returned,
                               and which claim holds which.
    receipt_classification.py  What one receipt row of Coupang says: which machine it belongs to, and in which
                               state.
    receptions.py              The way of returned goods into our warehouse, of returns and exchanges alike.
    redeliveries.py            The redelivery track of an exchange: the replacement goes out, on the new box
                               and never on the original.
    remedies.py                Remedies that several machines name in the same words: what would unblock a
                               guard, for a user.
    returns.py                 The state of one return receipt at Coupang. Where its goods are is another
                               question: `receptions.py`.
"""
