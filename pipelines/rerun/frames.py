"""Rows packed where they are made, and put together to one gzip file without being unpacked again.

A frame is a stretch of a deflate stream that leans on nothing before it and ends at a byte (RFC 1951, section 3.2.4;
zlib's Z_FULL_FLUSH). So a file of frames is an ordinary gzip file of one member to all who read it, and each of its
rows can be read alone.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass
from typing import IO, Final

from zlib_ng.zlib_ng import crc32_combine

#: zlib's own: rows are packed by the same code whatever the processor, which the faster libraries don't promise.
_LEVEL: Final = 5
_HEAD: Final = b"\x1f\x8b\x08" + bytes(6) + b"\xff"  # no time, no name, no operating system (RFC 1952, section 2.3)
_END: Final = b"\x03\x00"  # an empty last block
HEAD_SIZE: Final = len(_HEAD)


@dataclass(frozen=True, slots=True)
class Frame:
    """A packed row with its line end."""

    data: bytes
    crc: int  # of the unpacked bytes
    size: int  # bytes, unpacked


def pack(row: bytes) -> Frame:
    """A row, which comes without its line end, as a frame."""
    line = row + b"\n"
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    data = packer.compress(line) + packer.flush(zlib.Z_FULL_FLUSH)
    return Frame(data, zlib.crc32(line), len(line))


def unpack(data: bytes) -> bytes:
    """The row of a frame, without its line end."""
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data).removesuffix(b"\n")


class FrameWriter:
    """Writes frames as a gzip file into an open one; `close` ends the gzip and leaves the file open."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._crc = self._size = 0
        self._sha256 = hashlib.sha256()
        self._write(_HEAD)

    def add(self, frame: Frame) -> None:
        self._write(frame.data)
        self._crc = crc32_combine(self._crc, frame.crc, frame.size)
        self._size += frame.size

    def close(self) -> str:
        """The digest of the whole file, as hex digits of SHA-256."""
        self._write(_END + struct.pack("<LL", self._crc, self._size & 0xFFFFFFFF))
        return self._sha256.hexdigest()

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._sha256.update(data)
