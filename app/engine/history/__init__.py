"""State transitions with their history, its hash chain, and the past.

Modules:
    actions.py            What may be asked now, and what refuses the rest: a machine, a change that is open,
                          goods on their way.
    chain.py              How a row enters the history: chained to the row before it, in the statement that
                          moves the state.
    lists.py              The history of one aggregate, as a list.
    point_in_time.py      What was known of a thing at a past moment: rebuilt from the history, with Coupang's
                          last word by then.
    point_in_time_sql.py  What was stored up to a moment: the aggregates of one thing, their steps, what
                          Coupang stated last.
    refusals.py           Ask the machines, and turn their refusals into answers for people.
    steps.py              The steps that rows walk, each with its cause.
    tables.py             The tables of what happened and what proves it: history, evidence, unreadable rows.
    transition_sql.py     What a statement that moves a whole page consists of: it writes the history of its
                          moves too.
    transitions.py        The only writers of `state`: a whole page in one statement, history in the same one.
    verify.py             Verify the history: every row against the row before it, every aggregate against its
                          last row.
"""
