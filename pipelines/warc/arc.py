"""ARC files (the Internet Archive's format before WARC), through warcio: each document as a response record."""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from pipelines.model import Damage, DamageKind, Locator, Record
from pipelines.warc.fields import parse_date
from pipelines.warc.limits import Limits

MAGIC = b"filedesc:"
_OURS = {"warc-record-id"}  # warcio makes a random one up


def read_arc(file: BinaryIO, limits: Limits) -> Iterator[Record | Damage]:
    """The documents of an ARC file, the file's own head left out.

    ARC has no digests, and no record ids: they are made of URL, date and offset, the same at every reading.
    What warcio can't read ends the reading, as one `Damage` for the rest of the file.
    """
    file.seek(0)
    iterator = ArchiveIterator(file, no_record_parse=True, arc2warc=True)
    offset = 0
    try:
        for entry in iterator:
            fields = tuple((str(name), str(value)) for name, value in entry.rec_headers.headers)
            block = _read_block(entry.raw_stream, min(entry.length or 0, limits.max_record))
            short = len(block) < (entry.length or 0)
            offset, length = iterator.get_record_offset(), iterator.get_record_length()
            known = {name.lower(): value for name, value in fields}
            date = parse_date(known.get("warc-date", ""))
            if short or date is None:
                kind, detail = _fault(short=short, most=limits.max_record, size=entry.length or 0)
                yield Damage(limits.name, offset, length, kind, detail)
            elif entry.rec_type != "warcinfo" and (limits.types is None or entry.rec_type in limits.types):
                url = known.get("warc-target-uri", "")
                name = uuid.uuid5(uuid.NAMESPACE_URL, f"{url} {known['warc-date']} {offset}").urn
                kept = tuple(field for field in fields if field[0].lower() not in _OURS)
                yield Record(Locator(limits.name, offset, length, name), entry.rec_type, url, date, kept, block)
            offset += length
    except (ArchiveLoadFailed, EOFError, zlib.error, ValueError, AttributeError, IndexError) as error:
        file.seek(0, 2)
        yield Damage(limits.name, offset, file.tell() - offset, DamageKind.NOT_WARC, f"no ARC record: {error!r}")


def _read_block(stream: Any, size: int) -> bytes:
    parts: list[bytes] = []
    while size > 0 and (piece := stream.read(size)):
        parts.append(piece)
        size -= len(piece)
    return b"".join(parts)


def _fault(*, short: bool, most: int, size: int) -> tuple[DamageKind, str]:
    if size > most:
        return DamageKind.TOO_LARGE, f"a block of {size} bytes; the limit is {most}"
    return (DamageKind.CUT, "the document is cut") if short else (DamageKind.MISSING_HEAD, "its date is none")
