"""Bounded stories for `demo` and fault runs: who shops, when it is over, and whether both sides agree.

Modules:
    boxes.py       Boxes and their units on both sides: states, waybills, quantities of every line.
    calls.py       What the story cost in calls: polling, the plain road per box, and claims per claim.
    changes.py     Every change that Coupang applied against every change that we hold for confirmed: one for
                   one.
    claims.py      Receipts and exchanges on both sides: their states, and the units that each claims.
    ending.py      When a story is over: everything is final, or a person has a decision to take that has a
                   name.
    holdings.py    What we hold at the end of a story, for the comparison with what is true.
    population.py  Who shops: boxes, and which share of their customers cancels, withdraws, returns and
                   exchanges.
    report.py      What happened, checked from outside: the sandbox's truth and ledger against our database,
                   unit by unit.
    truth.py       What really happened: the sandbox's own books, which no call of ours can read.
    units.py       What became of every unit that was sold, option by option, on both sides.
    verdict.py     What a story has shown.
"""
