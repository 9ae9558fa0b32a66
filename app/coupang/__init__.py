"""The marketplace client: a library of its own that knows nothing of us.

signing.py   the HMAC signature, as an httpx auth
pacing.py    the pace of one vendor, in real time
errors.py    the error catalogue as a typed tree
client.py    requests of one vendor: send, read the envelope
taking.py    the body of an answer, within bounds
headers.py   times in its headers
cutting.py   JSON cut into parts, whatever is in them
paging.py    lists that come in pages
limits.py    how much one call takes and shows
windows.py   windows of time as the lists want them
scalars.py   single values of the wire: money, times, ids
required.py  fields a row cannot be handled without
redact.py    answers without persons
couriers.py  courier codes and names (couriers.json)
orders       O1 to O8 and O12
claims       O9 to O11 and R1 to R7
exchanges    E1 to E4
"""
