"""The marketplace client: a library of its own that knows nothing of us.

signing.py  the HMAC signature, as an httpx auth
pacing.py   the pace of one vendor, in real time
errors.py   the error catalogue as a typed tree
wire.py     what Coupang says: how answers are read, and the types they become
boxes.py    those types (import them from wire)
rows.py     the raw shapes those are read from
values.py   single values of the wire: money, times, ids
couriers.py courier codes and names (couriers.json)
client.py   one vendor's voice: send, read the envelope, page
orders.py   the calls O1 to O8 and O12
"""
