"""Walks the frames of an archive file: gzip members, zstd frames, or the whole of an uncompressed file.

A frame tells where it starts and ends in the file and, at its end, whether it was sound; behind one that
was not the walk goes on at the next place where a frame with a WARC record in it begins.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from isal import igzip_lib

from pipelines.model import DamageKind

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# isal's stub declares an instance where the class is
_DECODING: tuple[type[Exception], ...] = (igzip_lib.IsalError, zstd.ZstdError)  # type: ignore[assignment]

PIECE = 1 << 20  # bytes inflated at a time
_FEED = 1 << 15  # bytes of the file given to a decoder at a time
_READ = 1 << 18
DRAIN_MAX = 16 << 30  # bytes inflated to find the end of a frame that is not wanted
GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_ZSTD_DICTIONARY = b"\x5d\x2a\x4d\x18"  # a skippable frame that holds the dictionary (IIPC draft for .warc.zst)
_STARTS = (b"WARC/", b"filedesc:", b"\r\n")


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

    def back(self, size: int) -> None:
        """Give back the last `size` bytes that `take` gave."""
        self._position -= size


class Frame:
    """One compressed frame, or a whole plain file. Once settled, `length` and `fault` are known for good."""

    __slots__ = ("_decoder", "_dictionary", "_source", "ended", "fault", "length", "offset")

    def __init__(self, source: Source, decoder: Decoder | None, dictionary: zstd.ZstdDict | None = None) -> None:
        self._source, self._decoder, self._dictionary = source, decoder, dictionary
        self.offset = source.offset
        self.length = 0
        self.ended = False
        self.fault: tuple[DamageKind, str] | None = None

    @property
    def plain(self) -> bool:
        """Whether this is an uncompressed file, in which offsets are offsets of the file."""
        return self._decoder is None

    def more(self) -> bytes:
        """The next piece, about a MiB; b"" at the end."""
        decoder = self._decoder
        if self.ended:
            return b""
        if decoder is None:
            piece = self._source.take(PIECE)
            if not piece:
                self._end(None)
            return piece
        while True:
            feed = self._source.take(_FEED) if decoder.needs_input else b""
            if not feed and decoder.needs_input:
                self._end((DamageKind.CUT, "the file ends inside it"))
                return b""
            try:
                piece = decoder.decompress(feed, PIECE)
            except _DECODING as error:
                self._end((DamageKind.BAD_GZIP, str(error)))
                return b""
            if decoder.eof:
                self._source.back(len(decoder.unused_data))
                self._end(None)
            if piece or self.ended:
                return piece

    def settle(self) -> None:
        """Pass over what is left of it; behind a faulty one, to where the next sound one starts."""
        passed = 0
        while not self.ended:
            passed += len(self.more())
            if passed > DRAIN_MAX:
                self._end((DamageKind.TOO_LARGE, f"it inflates to more than {DRAIN_MAX} bytes"))
        if self.fault is not None:
            too_large = self.fault[0] is DamageKind.TOO_LARGE
            behind = self._source.offset if too_large else self.offset + 1
            end, found = _scan(self._source, behind, self._dictionary)
            if found and self.fault[0] is DamageKind.CUT:
                self.fault = (DamageKind.BAD_GZIP, "it does not end before the next one starts")
            self.length = end - self.offset

    def jump(self, offset: int) -> bytes:
        """In a plain file: go on at `offset` of the file; the first bytes there."""
        assert self.plain
        self.ended = False
        self._source.seek(offset)
        return self._source.peek(4)

    def refuse(self) -> None:
        """Say that no frame starts here."""
        self._end((DamageKind.NOT_GZIP, "bytes in which no compressed frame starts"))

    def _end(self, fault: tuple[DamageKind, str] | None) -> None:
        self.ended, self.fault = True, fault
        self.length = self._source.offset - self.offset


def frames(source: Source) -> Iterator[Frame]:
    """Every frame from here on. The caller settles each before it asks for the next, and reports its fault."""
    dictionary = _dictionary(source)
    start = source.offset
    if _decoder(source, dictionary) is None:
        # A compressed file may begin with bytes that are none of it; one that has no frame at all is a plain one.
        plain = source.peek(9).startswith(_STARTS) or not _scan(source, start, dictionary)[1]
        source.seek(start)
        if plain:
            yield Frame(source, None)
            return
    while source.peek(1):
        frame = Frame(source, _decoder(source, dictionary), dictionary)
        if frame.plain:
            frame.refuse()
        yield frame
        source.seek(frame.offset + frame.length)


def _decoder(source: Source, dictionary: zstd.ZstdDict | None) -> Decoder | None:
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


def _dictionary(source: Source) -> zstd.ZstdDict | None:
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


def _scan(source: Source, offset: int, dictionary: zstd.ZstdDict | None) -> tuple[int, bool]:
    """Where the next frame with a record in it starts, from `offset` on, and True; else the file's end and False."""
    source.seek(offset)
    kept = b""
    while piece := source.take(_READ):
        window = kept + piece
        base = source.offset - len(window)
        for place in _candidates(window):
            if _holds_record(source, base + place, dictionary):
                return base + place, True
        kept = window[-3:]
        source.seek(base + len(window))
    return source.offset, False


def _candidates(window: bytes) -> list[int]:
    places = []
    for magic in (GZIP_MAGIC + b"\x08", ZSTD_MAGIC):
        place = window.find(magic)
        while place >= 0:
            places.append(place)
            place = window.find(magic, place + 1)
    return sorted(places)


def _holds_record(source: Source, offset: int, dictionary: zstd.ZstdDict | None) -> bool:
    source.seek(offset)
    decoder = _decoder(source, dictionary)
    if decoder is None:
        return False
    try:
        start = decoder.decompress(source.take(4096), 16)
    except _DECODING:
        return False
    return start.startswith(_STARTS)
