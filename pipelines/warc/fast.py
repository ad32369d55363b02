"""The straight way through a file as it should be: a gzip member, one record in it, everything in its place.

Whatever is odd in the least is left to `parser`, which says what it is. Most of the time of reading small
records went into generality before this was written.
"""

from __future__ import annotations

import re
from datetime import datetime

from isal import isal_zlib
from zlib_ng import zlib_ng

from pipelines.model import Locator, Record
from pipelines.warc.digests import payload_fault
from pipelines.warc.fields import FIELDS_MAX, LINE_MAX, agrees
from pipelines.warc.limits import NEED_URL, START, Limits
from pipelines.warc.source import FEED, PIECE, Source

_GZIP = 31  # wbits
# isal's stub declares an instance where the class is
_ERRORS: tuple[type[Exception], ...] = (isal_zlib.error, zlib_ng.error)  # type: ignore[assignment]
_TELLING = 8 << 10  # bytes of a record from which its neighbours' nature may be guessed
_LARGEST = 8 * PIECE  # bytes of a member's content
_FIELD = re.compile(r"([^ \t\r\n:][^\r\n:]*):[ \t]*([^\r\n]*)\r\n")  # no folds; none with a bare CR or LF
_HEADS = (b"WARC/1.1\r\n", b"WARC/1.0\r\n")


def next_record(source: Source, limits: Limits) -> Record | bool:
    """The record in the member that starts here, the source behind it then; True if it is sound and not wanted.

    False, with the source where it was, if there is anything to be said about it.
    """
    start = source.offset
    # ISA-L is the faster of the two on long runs of text, and takes longer to begin.
    decoder = (isal_zlib if source.text else zlib_ng).decompressobj(_GZIP)
    parts: list[bytes] = []
    size = refused = 0
    found: Record | bool = False
    try:
        while size < _LARGEST and (feed := decoder.unconsumed_tail or source.take(FEED)):
            piece = decoder.decompress(feed, START if limits.wants and not size else PIECE)
            if limits.wants and not size:
                refused = _refused(piece, limits)
            size += len(piece)
            if not refused:
                parts.append(piece)
            if decoder.eof:
                source.back(len(decoder.unused_data))
                if refused:
                    found = size == refused
                    break
                data = parts[0] if len(parts) == 1 else b"".join(parts)
                length = source.offset - start
                if size > _TELLING:
                    source.text = size > 2 * length
                found = _parse(data, start, length, limits)
                break
    except _ERRORS:
        pass
    if found is False:
        source.seek(start)
    return found


def _refused(data: bytes, limits: Limits) -> int:
    """Bytes of the record that begins so if it is sound and not wanted, 0 if it is to be read."""
    end, fields = _head(data)
    known = {name.lower(): value for name, value in reversed(fields)}
    kind, size = known.get("warc-type", ""), known.get("content-length", "")
    if not kind or not size.isascii() or not size.isdecimal() or limits.wants is None:
        return 0
    unwanted = (limits.types is not None and kind not in limits.types) or not limits.wants(kind, known, data[end + 4 :])
    return end + 8 + int(size) if unwanted else 0


def _head(data: bytes) -> tuple[int, tuple[tuple[str, str], ...]]:
    """Where the head ends, before its last line end, and its fields; () if anything about it is odd."""
    end = data.find(b"\r\n\r\n", 0, LINE_MAX)
    if end < 0 or not data.startswith(_HEADS):
        return 0, ()
    try:
        text = data[10 : end + 2].decode()
    except UnicodeDecodeError:
        return 0, ()
    fields = tuple(_FIELD.findall(text))
    return (0, ()) if len(fields) != text.count("\n") or len(fields) > FIELDS_MAX else (end, fields)


def _parse(data: bytes, offset: int, length: int, limits: Limits) -> Record | bool:
    end, fields = _head(data)
    if not fields or not data.endswith(b"\r\n\r\n"):
        return False
    known = {name.lower(): value for name, value in reversed(fields)}
    start = end + 4
    size = len(data) - start - 4
    kind, name, date = known.get("warc-type"), known.get("warc-record-id"), known.get("warc-date", "")
    if not kind or not name or known.get("content-length") != str(size) or size > limits.max_record:
        return False
    url = known.get("warc-target-uri", "")
    if (not url and kind in NEED_URL) or date[-1:] != "Z" or date[7:8] != "-" or date[10:11] != "T":
        return False
    try:
        moment = datetime.fromisoformat(date)
    except ValueError:
        return False
    if limits.types is not None and kind not in limits.types:
        return True
    block = data[start:-4]
    payload_digest = known.get("warc-payload-digest", "")
    if limits.digests:
        stated = known.get("warc-block-digest")
        proven = agrees(stated, block) if stated else None
        if proven is False:
            return False
        if payload_digest and not (proven and not limits.payloads) and payload_fault(kind, payload_digest, block):
            return False
    locator = Locator(limits.name, offset, length, name.removeprefix("<").removesuffix(">"))
    return Record(locator, kind, url.removeprefix("<").removesuffix(">"), moment, fields, block, payload_digest)
