"""The server's HTTP/1.1 protocol, with two liberties that uvicorn does not take."""

import re
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.sandbox.wire.scope import HANG_UP, RAW

_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")


class Protocol(HttpToolsProtocol):
    """Lets the app close its socket, and reads request targets with unescaped characters.

    A dropped connection is an answer of this Coupang too. The parser refuses bytes beyond ASCII in a target;
    they are escaped on their way to it, and the app gets the target as it came besides.
    """

    _line: bytes | None = b""
    """What has come of a request line so far; None between its end and the next request."""
    _target: bytes | None = None
    _receiving = False

    def data_received(self, data: bytes) -> None:
        """Take bytes off the wire; those of a request line may be split over several calls."""
        if self._line is None and not self._receiving:
            self._line = b""
        if self._line is not None:
            line, end, rest = data.partition(b"\n")
            self._line += line
            if end:
                parts = self._line.split(b" ")
                self._target = parts[1] if len(parts) > 2 and not parts[1].isascii() else None
                self._line = None
            data = _BEYOND_ASCII.sub(lambda found: b"%%%02X" % found[0][0], line) + end + rest
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Prepare the scope of the next request."""
        self._receiving = True
        super().on_message_begin()
        self.scope["extensions"] = {HANG_UP: {"close": self.transport.close}}

    def on_message_complete(self) -> None:
        """Note that the request has come as a whole; the next bytes begin another."""
        self._receiving = False
        super().on_message_complete()

    def on_headers_complete(self) -> None:
        """Add the target as it came, then start the app."""
        if self._target is not None:
            extensions: dict[str, Any] = self.scope["extensions"] or {}
            extensions[RAW] = self._target
            self._target = None
        super().on_headers_complete()
