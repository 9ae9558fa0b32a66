"""The marketplace client: a library of its own that knows nothing of us.

Modules:
    client.py    One vendor's voice: sign, pace, send, and read what came back as a success or a typed error.
    couriers.py  Courier codes: writes need a code (`CJGLS`), queries return a name (`CJ 대한통운`).
    cutting.py   Cut JSON into parts without reading them, so that what is broken inside one part harms no
                 other.
    errors.py    The error catalogue of Coupang as a typed tree, and the one function that reads it.
    headers.py   Times in the headers of an answer, whatever stands there.
    limits.py    How much Coupang takes and shows at once, where several calls have the same limit.
    pacing.py    The pace of one vendor, in real time: one call at a time, evenly spaced, never a burst.
    paging.py    Lists that come in pages: ask until there is no next page, and never twice for the same one.
    redact.py    Take the person out of an answer of Coupang: what is left says what happened, not to whom.
    required.py  What every reader of rows needs: elements of `data`, fields that must be there, and what to
                 call broken.
    scalars.py   Single values as Coupang writes them: numbers as strings, `""` for nothing, times with and
                 without offset.
    signing.py   The CEA signature of Coupang's gateway (HMAC-SHA256 over date, method, path and raw query).
    taking.py    Take the body of an answer with bounds: bytes that travel, bytes after decompression, and
                 time.
    windows.py   Windows of time as the lists want them: Asia/Seoul, never narrower than what was asked.
    claims/      Cancels and returns: the calls, their rows and results.
    exchanges/   Exchanges: the calls and their rows.
    orders/      Purchase orders: the calls, their rows and results.
"""
