"""What we do: one function = one intent = one transaction.

house.py      what every flow is given: database, clock, vault, policy
pages.py      take a page of order sheets: compare, store, observe
proofs.py     take what a single reading proves: the box itself, its history, its absence
receipts.py   take a page of receipts: cancels, stop requests, returns
exchange_reads.py  take a page of exchanges
awaiting.py   what exchanges mean for the receptions of their goods
withdrawals.py  take which receipts were withdrawn
blocking.py   what a claim means for boxes
cursors.py    cut pages out of lists
actions.py    what may be asked now, and what refuses the rest
lookups.py    find one thing for a caller
intents.py    tell intents apart: by their key, and from what is open
asking.py     ask for changes: acknowledge, ship, change an invoice, close
cancelling.py  answer stop requests, cancel as the seller
sending.py    take effects out, settle answers
subjects/     what an effect may change: boxes, and receipts as cancels
reading.py    read back doubtful outcomes
outcomes.py   what an answer means (pure)
cancel_outcomes.py  the same for cancels (pure)
claim_reads.py  which receipts are open, and which to read again
feeds.py      what is due to be polled, and what coverage may claim
witnesses.py  what Coupang had said, by its digest
vendors.py keys.py reports.py   operators' intents and everybody's reads
"""
