"""What we do: one function = one intent = one transaction.

house.py      what every flow is given: database, clock, vault, policy
pages.py      take a page of order sheets: compare, store, observe
proofs.py     take what a single reading proves: the box itself, its history, its absence
asking.py     ask for changes: acknowledge, ship, change an invoice, close
sending.py    take effects out, settle answers
reading.py    read back doubtful outcomes
outcomes.py   what an answer means (pure)
feeds.py      what is due to be polled, and what coverage may claim
vendors.py keys.py reports.py   operators' intents and everybody's reads
"""
