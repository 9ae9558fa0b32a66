"""State transitions with their history, its hash chain, and the past.

Modules:
    actions.py            What may be asked now, and what refuses the rest: a machine, a change that is open,
                          goods on their way.
    chain.py              How a row enters the history: chained to the row before it, in the statement that
                          moves the state.
    point_in_time.py      What was known of a thing at a past moment: rebuilt from the history, with Coupang's
                          last word by then.
    point_in_time_sql.py  What was stored up to a moment: the aggregates of one thing, their steps, what
                          Coupang stated last.
    steps.py              Moves: the steps that a row takes, each with its cause.
    tables.py             The tables of what happened and what proves it: history, evidence, unreadable rows.
    transition_sql.py     The statements of transitions: each moves a whole page and writes its history with
                          it.
    transitions.py        The only writers of `state`: a whole page in one statement, history in the same one.
    verify.py             Verify the history: every row against the row before it, every aggregate against its
                          last row.
"""
