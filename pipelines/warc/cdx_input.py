"""CDXJ and CDX: indexes that name records of WARCs by file, offset and length, read line by line.

CDXJ is `<SURT key> <14 digits> <JSON>`, as cdxj-indexer, pywb, Common Crawl and WACZ have it. CDX is the older format
of fields between blanks, which its first line names by letters (" CDX N b a m s k r M S V g").
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO, Final, cast

from pipelines.errors import InputError

NAMES: Final = (".cdxj", ".cdxj.gz", ".cdx", ".cdx.gz")
LINE_MAX: Final = 1 << 20  # bytes; posted forms stand in the keys of some
_GZIP: Final = b"\x1f\x8b"
_TIME: Final = re.compile(r"\d{14}", re.ASCII)
_DIGITS: Final = ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14))
_LETTERS: Final = {"a": "url", "b": "time", "m": "mime", "g": "filename", "V": "offset", "S": "length"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A record as an index names it."""

    filename: str  # of the WARC, as it stands there; nothing of it is checked
    offset: int  # bytes, of the record's gzip member
    length: int  # bytes of that member; 0 if the index does not say
    url: str
    date: datetime  # whole seconds
    mime: str  # lower case, "warc/revisit" for revisits; "" if the index does not say


def entries(file: BinaryIO, name: str) -> Iterator[Entry]:
    """The records that an index names, in its order; gzip (of one or many members) is undone.

    Raises `InputError`, with the line's number, for a line that is none of either format: what such an index leaves
    out can't be known.
    """
    number = 0
    letters: list[str] = []
    try:
        for line in _lines(file):
            number += 1
            text = _text(line)
            if text.startswith(" CDX "):
                letters = text.split()[1:]
            elif letters:
                yield _classic(dict(zip(letters, text.split(" "), strict=True)))
            elif text and not text.startswith("!"):  # "!meta": of an index in blocks
                yield _json(text)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"no field {error}" if isinstance(error, KeyError) else str(error)
        raise InputError(
            f"{name}:{number}: no line of CDXJ ({what}); "
            'expected a key, 14 digits and {"url": ..., "filename": ..., "offset": ..., "length": ...}'
        ) from error
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{name}: can't be read behind line {number} ({error})") from error


def _lines(file: BinaryIO) -> Iterator[bytes]:
    compressed = file.read(2) == _GZIP
    file.seek(0)
    stream = cast("BinaryIO", gzip.GzipFile(fileobj=file)) if compressed else file
    while line := stream.readline(LINE_MAX + 1):
        yield line


def _text(line: bytes) -> str:
    if len(line) > LINE_MAX:
        raise ValueError(f"longer than {LINE_MAX:,} bytes")
    return line.decode("utf-8").rstrip("\r\n")


def _json(text: str) -> Entry:
    _, time, value = text.split(" ", 2)
    known = json.loads(value)
    mime = known.get("mime") or ""
    return _entry(known["filename"], known["offset"], known.get("length"), known["url"], time, mime)


def _classic(known: dict[str, str]) -> Entry:
    found = {name: known[letter] for letter, name in _LETTERS.items() if letter in known}
    return _entry(
        found["filename"], found["offset"], found.get("length"), found["url"], found["time"], found.get("mime", "")
    )


def _entry(filename: object, offset: str | int, length: str | int | None, url: object, time: str, mime: str) -> Entry:
    if not isinstance(filename, str) or not filename or not isinstance(url, str):
        raise ValueError("filename and url must be strings")
    if not _TIME.match(time):
        raise ValueError(f"{time[:20]!r} is no time")
    year, month, day, hour, minute, second = (int(time[start:end]) for start, end in _DIGITS)
    date = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    place, size = _number(offset), _number(length) if length not in (None, "", "-") else 0
    kind = mime.partition(";")[0].strip().lower()
    return Entry(filename, place, size, url, date, "" if kind in {"unk", "-"} else kind)


def _number(text: str | int) -> int:
    number = int(text)
    if not 0 <= number < 1 << 62:
        raise ValueError(f"{number} is no place in a file")
    return number
