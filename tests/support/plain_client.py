"""A client as strangers write one: its own signature, plain HTTP, answers read with a strict eye.

Nothing of `app` is imported here. Shapes are written as small samples: a dict wants exactly its keys, a list
wants every row to be like its first one, a type or a tuple of types wants the value to be one of them.
"""

import hashlib
import hmac
import http.client
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

API = "/v2/providers/openapi/apis/api"
NOTHING = type(None)


@dataclass
class Answered:
    """One answer, its body read as JSON without turning ids into floats."""

    status: int
    headers: dict[str, str]
    body: Any


class PlainClient:
    """Calls one seller's API; `utc` returns seconds since 1970, its own clock by default."""

    def __init__(
        self, url: str, vendor: str, access: str, secret: str, utc: Callable[[], float] = time.time
    ) -> None:
        parts = urlsplit(url)
        self.vendor, self.access, self.secret, self.utc = vendor, access, secret, utc
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)

    def close(self) -> None:
        self._connection.close()

    def call(self, method: str, version: str, rest: str, query: str = "", body: Any = None) -> Answered:
        """Sign and send; the query goes out exactly as it was signed."""
        path = f"{API}/{version}/vendors/{self.vendor}/{rest}"
        date = time.strftime("%y%m%dT%H%M%SZ", time.gmtime(self.utc()))
        message = f"{date}{method}{path}{query}".encode()
        proof = hmac.new(self.secret.encode(), message, hashlib.sha256).hexdigest()
        headers = {
            "Authorization": (
                f"CEA algorithm=HmacSHA256, access-key={self.access}, signed-date={date}, signature={proof}"
            ),
            "Content-Type": "application/json;charset=UTF-8",
            "X-Requested-By": self.vendor,
        }
        told = None if body is None else json.dumps(body).encode()
        # The official Node sample always writes the question mark.
        self._connection.request(method, f"{path}?{query}", told, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode("utf-8")
        return Answered(
            answer.status, {name.lower(): value for name, value in answer.getheaders()}, json.loads(text)
        )

    def good(
        self, shape: Any, method: str, version: str, rest: str, query: str = "", body: Any = None
    ) -> Any:
        """Call, demand success wherever it is said, and demand the shape; return the body."""
        answer = self.call(method, version, rest, query, body)
        assert answer.status == 200, (rest, answer)
        assert answer.headers["content-type"] == "application/json;charset=UTF-8"
        like(answer.body, shape, rest)
        assert str(answer.body["code"]) in ("200", "SUCCESS")
        return answer.body


def query(**words: Any) -> str:
    """Return a query in the order given; `:` stays, `+` is escaped, as the official samples have it."""
    return "&".join(f"{name}={quote(str(value), safe=':')}" for name, value in words.items())


def like(value: Any, shape: Any, where: str) -> None:
    """Demand exactly this shape."""
    if isinstance(shape, dict):
        assert isinstance(value, dict), (where, value)
        assert value.keys() == shape.keys(), (where, value.keys() ^ shape.keys())
        for name, inner in shape.items():
            like(value[name], inner, f"{where}.{name}")
    elif isinstance(shape, list):
        assert isinstance(value, list), (where, value)
        for place, one in enumerate(value):
            like(one, shape[0], f"{where}[{place}]")
    elif isinstance(shape, tuple):
        if any(isinstance(one, dict | list) for one in shape) and value is not None:
            like(value, next(one for one in shape if isinstance(one, dict | list)), where)
            return
        kinds = tuple(one for one in shape if isinstance(one, type))
        assert type(value) in kinds, (where, value)
    elif isinstance(shape, type):
        # A bool is no number, and an id is no float.
        assert type(value) is shape, (where, value)
    else:
        assert value == shape, (where, value, shape)
