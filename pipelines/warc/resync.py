"""Where reading goes on behind a place that is not sound, without taking a payload's bytes for the archive's."""

from __future__ import annotations

import sys

from isal import igzip_lib

from pipelines.warc.source import DECODING, FEED, GZIP_MAGIC, PIECE, STARTS, ZSTD_MAGIC, Source, decoder_at

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

DRAIN_MAX = 16 << 30  # bytes inflated to find the end of a frame that is not wanted
_SCAN = 1 << 18


def next_frame(source: Source, offset: int, dictionary: zstd.ZstdDict | None, *, until: int = 0) -> tuple[int, bool]:
    """Where the next frame with a record in it starts, from `offset` on, and True; else the file's end and False.

    One before `until` counts only if from there sound frames, one behind the other, reach that place of the file.
    """
    source.seek(offset)
    kept = b""
    vain: set[int] = set()  # starts of frames that lead nowhere: each is walked once
    while piece := source.take(_SCAN):
        window = kept + piece
        base = source.offset - len(window)
        for place in _candidates(window):
            found = base + place
            if found in vain or not _holds_record(source, found, dictionary):
                continue
            passed = _walk(source, found, dictionary, until)
            if source.offset >= until:
                return found, True
            vain |= passed
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
    decoder = decoder_at(source, dictionary)
    if decoder is None:
        return False
    try:
        start = decoder.decompress(source.take(4096), 16)
    except DECODING:
        return False
    return start.startswith(STARTS)


def _walk(source: Source, offset: int, dictionary: zstd.ZstdDict | None, until: int) -> set[int]:
    """Leave the source behind the last of the sound frames that follow each other from `offset` until `until`.

    Returns where they start.
    """
    source.seek(offset)
    passed: set[int] = set()
    while source.offset < until:
        start = source.offset
        passed.add(start)
        if not _is_sound(source, dictionary):
            source.seek(start)
            break
    return passed


def _is_sound(source: Source, dictionary: zstd.ZstdDict | None) -> bool:
    """Whether a whole frame lies here; the source is then behind it."""
    decoder = decoder_at(source, dictionary)
    if decoder is None:
        return False
    try:
        while not decoder.eof:
            feed = source.take(FEED) if decoder.needs_input else b""
            if decoder.needs_input and not feed:
                return False
            decoder.decompress(feed, PIECE)
    except DECODING:
        return False
    source.back(len(decoder.unused_data))
    return True


def stated_end(source: Source, offset: int) -> int | None:
    """Where a gzip member ends by its own deflate stream, if all that is wrong with it is its checksum.

    A member within its payload (a WARC that was captured, say) is then not taken for the archive's next.
    """
    source.seek(offset)
    if source.peek(2) != GZIP_MAGIC:
        return None
    decoder = igzip_lib.IgzipDecompressor(igzip_lib.DECOMP_GZIP_NO_HDR)
    source.seek(offset + _header_length(source.peek(1024)))
    passed = 0
    try:
        while not decoder.eof and passed < DRAIN_MAX:
            feed = source.take(FEED) if decoder.needs_input else b""
            if decoder.needs_input and not feed:
                return None
            passed += len(decoder.decompress(feed, PIECE))
    except DECODING:
        return None
    source.back(len(decoder.unused_data))
    return source.offset + 8


def _header_length(head: bytes) -> int:
    """Bytes of a gzip member's header (RFC 1952, section 2.3)."""
    flags, end = head[3] if len(head) > 3 else 0, 10
    if flags & 4:
        end += 2 + int.from_bytes(head[10:12], "little")
    for flag in (8, 16):  # a name, a comment: each ends with a zero byte
        if flags & flag:
            end = head.find(b"\0", end) + 1 or len(head)
    return end + (2 if flags & 2 else 0)
