"""What is polled and what coverage may claim.

Modules:
    coverage.py       Coverage per feed as a set of time ranges: what was read late enough and completely.
    feeds.py          What is due to be polled, and what coverage may claim.
    names.py          The feeds by the names under which their coverage is kept.
    stable_paging.py  Read a paged list until it holds still: rows move between its pages while it is read.
    tables.py         What is polled, how far it is covered, and what it cost.
    windows.py        Windows of creation times, and what reading one brings.
"""
