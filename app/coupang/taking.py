"""Take the body of an answer with bounds: bytes that travel, bytes after decompression, and time."""

import time
import zlib

import httpx

_GZIP, _DEFLATE, _BARE_DEFLATE = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


class TooLong(Exception):
    """The body is longer than what is taken of it."""


async def take(answer: httpx.Response, most_bytes: int, until_s: float) -> bytes:
    """Return the whole body, decompressed.

    Nothing is taken beyond the limits: of a chunk no more is unpacked than there is room for.

    Args:
        answer: A streamed answer.
        most_bytes: Limit of the body, both as it travels and decompressed.
        until_s: End of the call on the monotonic clock. A connection that always has bytes at hand never
            lets a timer run, so the clock is looked at with every chunk.

    Raises:
        TooLong: It is longer.
        TimeoutError: The time is over.
        httpx.RequestError: It broke off, or it is not what its Content-Encoding says.
    """
    if answer.is_stream_consumed:
        # A transport that had the whole answer, as those of tests.
        if len(answer.content) > most_bytes:
            raise TooLong
        return answer.content
    unpack = _unpacker(answer)
    taken, travelled = bytearray(), 0
    async for chunk in answer.aiter_raw():
        travelled += len(chunk)
        taken += chunk if unpack is None else unpack.unpack(chunk, most_bytes + 1 - len(taken))
        if max(travelled, len(taken)) > most_bytes:
            raise TooLong
        if time.monotonic() > until_s:
            raise TimeoutError
    if unpack is not None and travelled:
        unpack.end()
    return bytes(taken)


class _Unpacker:
    """Unpacks one compressed stream, as much as there is room for."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._stream = zlib.decompressobj(_GZIP if encoding == "gzip" else _DEFLATE)
        self._fresh = True

    def unpack(self, chunk: bytes, room: int) -> bytes:
        """Return at most `room` bytes.

        Raises:
            httpx.DecodingError: The bytes are not compressed in this way.
        """
        try:
            return self._stream.decompress(chunk, room)
        except zlib.error as broken:
            if not self._fresh or self._encoding == "gzip":
                raise httpx.DecodingError("not compressed as it says") from broken
            # Deflate comes with and without a header; servers disagree on what the word means.
            self._stream = zlib.decompressobj(_BARE_DEFLATE)
        finally:
            self._fresh = False
        return self.unpack(chunk, room)

    def end(self) -> None:
        """Make sure that the stream has ended.

        Raises:
            httpx.DecodingError: It breaks off.
        """
        if not self._stream.eof:
            raise httpx.DecodingError("the compressed body breaks off")


def _unpacker(answer: httpx.Response) -> _Unpacker | None:
    encoding = answer.headers.get("content-encoding", "").strip().lower()
    match encoding:
        case "" | "identity":
            return None
        case "gzip" | "x-gzip":
            return _Unpacker("gzip")
        case "deflate":
            return _Unpacker("deflate")
        case _:
            # Neither asked for nor bounded: several at once unpack a thousandfold each.
            raise httpx.DecodingError("an encoding that was not asked for")
