"""What happens by itself.

engine.py       Procrastinate: one job = one visit to one vendor; the sweep of dead workers' jobs
clockwork.py    APScheduler: each tick finds due vendors and defers their visits, nothing more
visits.py       one visit: everything that is due at one vendor, effects first, bounded in time
dispatching.py  effects out, answers in, doubtful outcomes read back
answering.py    the answers to stop requests and the seller's cancels out, one call each
claiming.py     feeds of claims; stop requests right before a waybill
lone_receipts.py  receipts read by themselves; which of them were withdrawn
doubting.py     an empty answer that contradicts what we hold is doubted, and asked for once more
sends.py        what sending one change by itself is
settling.py     a paged list, read until it holds still
looking.py      reading known boxes again, the cheapest way
polling.py      feeds: new orders, sweeps, coverage
line.py         the line to Coupang of one visit: client, deadline, call counts
"""
