"""The marketplace client: a library of its own that knows nothing of us.

signing.py  the HMAC signature, as an httpx auth
pacing.py   the pace of one vendor, in real time
errors.py   the error catalogue as a typed tree
client.py   one vendor's voice: send, read the envelope
paging.py   lists that come in pages
windows.py  windows of time as the lists want them
values.py   single values of the wire: money, times, ids
fields.py   fields a row cannot be handled without
couriers.py courier codes and names (couriers.json)

orders.py   the calls O1 to O8 and O12
  wire.py   what Coupang says of boxes: how answers are read, and the types they become
  boxes.py  those types (import them from wire)
  rows.py   the raw shapes those are read from
cancels.py  the calls O9 to O11: cancels by the seller, answers to stop requests
returns.py  the calls R1 to R7
exchanges.py the calls E1 to E4
  claims.py what Coupang says of cancels, returns and exchanges, as types
  claim_words.py   its enumerations (import them from claims)
  claim_rows.py    the raw shapes those are read from
  claim_reading.py rows one by one, and what is set aside
  receipt_wire.py, exchange_wire.py, write_wire.py  how answers are read
"""
