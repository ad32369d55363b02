"""One gzip member per record, by the method that suits it; tests/bench/warc.py measures the choice.

Bytes that came compressed are stored as they are behind the compressed heads (RFC 1951, section 3.2.4):
warcio's size, with next to no time spent at writing and at every later reading. For text it is zlib-ng at level 3, and
ISA-L at level 3 where a page is large: together 1.09 times warcio's size at a sixth to a seventh of the time; either
alone is too slow, or 1.10 times the size.
"""

from __future__ import annotations

import struct

from isal import igzip_lib, isal_zlib
from zlib_ng import zlib_ng

_GZIP = 31  # wbits
_RAW = -15
_SMALL = 4 << 10  # requests and metadata: all compressors make the same of them
_LARGE = 96 << 10
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # no name, no time, unknown system
_STORED_MAX = 0xFFFF
_END = b"\r\n\r\n"

#: Media types that nothing can be gained on.
_COMPRESSED_TYPES = frozenset(
    {
        "application/gzip",
        "application/x-gzip",
        "application/zip",
        "application/zstd",
        "application/x-rar-compressed",
        "application/ogg",
        "font/woff",
        "font/woff2",
        "audio/mpeg",
        "image/avif",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/webp",
        "video/mp4",
        "video/webm",
    }
)


def is_compressed(codings: tuple[str, ...], identified: str) -> bool:
    """Whether a payload is compressed already: by a content coding that could be undone, or by what its bytes are."""
    if any(coding not in {"identity", "none"} for coding in codings):
        return identified != ""
    return identified in _COMPRESSED_TYPES


def member(record: bytes) -> bytes:
    """A gzip member (RFC 1952) that holds `record`."""
    if _SMALL < len(record) < _LARGE:
        stream = zlib_ng.compressobj(3, zlib_ng.DEFLATED, _GZIP)
        return stream.compress(record) + stream.flush()
    packed: bytes = igzip_lib.compress(record, 1 if len(record) <= _SMALL else 3, igzip_lib.COMP_GZIP)
    return packed


def stored_member(text: bytes, body: bytes | memoryview) -> bytes:
    """A gzip member that holds `text`, deflated, `body` as it is, and the end of a record."""
    stream = isal_zlib.compressobj(1, isal_zlib.DEFLATED, _RAW)
    # After a sync flush the deflate stream stands at a byte's border, where stored blocks may follow.
    parts: list[bytes | memoryview] = [_HEADER, stream.compress(text), stream.flush(isal_zlib.Z_SYNC_FLUSH)]
    last = max(len(body) - 1, 0) // (_STORED_MAX - len(_END)) * (_STORED_MAX - len(_END))
    for start in range(0, last, _STORED_MAX - len(_END)):
        chunk = body[start : start + _STORED_MAX - len(_END)]
        parts += (_stored(len(chunk), final=False), chunk)
    chunk = body[last:] if last else body
    checksum = zlib_ng.crc32(_END, zlib_ng.crc32(body, zlib_ng.crc32(text)))
    size = (len(text) + len(body) + len(_END)) & 0xFFFFFFFF
    parts += (_stored(len(chunk) + len(_END), final=True), chunk, _END, struct.pack("<LL", checksum, size))
    return b"".join(parts)


def _stored(length: int, *, final: bool) -> bytes:
    """The head of a stored block."""
    return struct.pack("<BHH", final, length, length ^ 0xFFFF)
