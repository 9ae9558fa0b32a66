"""THE HEART: what may happen. Pure: no I/O, no clock, no SQL.

kernel.py   Machine, Move, Rules: decide, allowed, explain, is_path
orders.py   the life of one shipment box, and `walk` from our state to the one Coupang shows
effects.py  the life of one change asked of Coupang
"""
