"""A file that is read forwards and may step back, and the decoder for the compressed frame that starts at a place."""

from __future__ import annotations

import os
import sys
from typing import BinaryIO, Protocol

from isal import igzip_lib

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PIECE = 1 << 20  # bytes inflated at a time
FEED = 1 << 15  # bytes of the file given to a decoder at a time
_READ = 1 << 18
GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_ZSTD_DICTIONARY = b"\x5d\x2a\x4d\x18"  # a skippable frame that holds the dictionary (IIPC draft for .warc.zst)
STARTS = (b"WARC/", b"filedesc:", b"\r\n")  # of a frame's decoded bytes

# isal's stub declares an instance where the class is
DECODING: tuple[type[Exception], ...] = (igzip_lib.IsalError, zstd.ZstdError)  # type: ignore[assignment]


class Decoder(Protocol):
    """What bz2, lzma, zstd and isal.igzip_lib agree on."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


class Source:
    """A seekable file that is read forwards in pieces, and may step back."""

    def __init__(self, file: BinaryIO, offset: int = 0) -> None:
        self._file = file
        self._buffer = b""
        self._position = 0
        self.text = False  # whether the last record of some size was well compressed
        self._end = 0  # offset in the file of the buffer's end, which is where the file stands
        self.seek(offset)

    @property
    def offset(self) -> int:
        return self._end - len(self._buffer) + self._position

    def seek(self, offset: int) -> None:
        start = self._end - len(self._buffer) if self._buffer else -1
        if self._buffer and start <= offset <= self._end:
            self._position = offset - start
        else:
            self._file.seek(offset)
            self._buffer, self._position, self._end = b"", 0, offset

    def take(self, size: int) -> bytes:
        """At least one byte and at most `size`; b"" at the end of the file."""
        if self._position >= len(self._buffer):
            self._buffer = self._file.read(_READ)
            self._position = 0
            self._end += len(self._buffer)
        piece = self._buffer[self._position : self._position + size]
        self._position += len(piece)
        return piece

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end of the file; `size` is small."""
        if len(self._buffer) - self._position < size:
            self._buffer = self._buffer[self._position :] + (more := self._file.read(_READ))
            self._position = 0
            self._end += len(more)
        return self._buffer[self._position : self._position + size]

    def size(self) -> int:
        """Bytes of the file."""
        self._buffer, self._position = b"", 0
        self._end = self._file.seek(0, os.SEEK_END)
        return self._end

    def back(self, size: int) -> None:
        """Give back the last `size` bytes that `take` gave."""
        self._position -= size


def decoder_at(source: Source, dictionary: zstd.ZstdDict | None) -> Decoder | None:
    """A decoder for the frame that starts here; None if none does."""
    start = source.peek(4)
    if start[:3] == GZIP_MAGIC + b"\x08" or (len(start) < 3 and (GZIP_MAGIC + b"\x08").startswith(start)):
        decoder: Decoder = igzip_lib.IgzipDecompressor(igzip_lib.DECOMP_GZIP)
        return decoder
    if _is_zstd(start) or (len(start) < 4 and ZSTD_MAGIC.startswith(start)):
        return zstd.ZstdDecompressor(dictionary)
    return None


def _is_zstd(start: bytes) -> bool:
    return start == ZSTD_MAGIC or (len(start) == 4 and start[1:] == b"\x2a\x4d\x18" and 0x50 <= start[0] <= 0x5F)


def dictionary_of(source: Source) -> zstd.ZstdDict | None:
    """The dictionary that a .warc.zst file may start with, plain or zstd-compressed itself."""
    head = source.peek(8)
    if head[:4] != _ZSTD_DICTIONARY or len(head) < 8:
        return None
    size = int.from_bytes(head[4:8], "little")
    start = source.offset
    source.seek(start + 8)
    parts: list[bytes] = []
    while size > 0 and (piece := source.take(min(size, _READ))):
        parts.append(piece)
        size -= len(piece)
    data = b"".join(parts)
    source.seek(start)
    try:
        if data[:4] == ZSTD_MAGIC:
            data = zstd.ZstdDecompressor().decompress(data, 64 << 20)
        return zstd.ZstdDict(data, is_raw=data[:4] != b"\x37\xa4\x30\xec")
    except (zstd.ZstdError, ValueError):
        return None
