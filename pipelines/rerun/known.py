"""What a first reading of a WARC leaves behind: a line for each capture.

That is enough to resolve revisits, to learn what outlets repeat, to find a row in its file and to derive it again.
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator
from dataclasses import asdict, astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

import orjson

from pipelines import urls
from pipelines.extract.residue import prints
from pipelines.extract.residue.prints import Print
from pipelines.model import Found, Item, Locator, Outcome, Route

#: Raised when lines change: runs that were begun with another one begin anew.
VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Capture:
    """What the head of a response, revisit or resource record says of it."""

    record_id: str  # "urn:uuid:..."
    url: str
    date: datetime
    digest: str  # of the payload, as stated; "" if it is not
    revisit: bool = False
    refers_to: str = ""  # of a revisit: record id
    refers_url: str = ""
    refers_date: str = ""  # as stated

    @property
    def row_id(self) -> str:
        """The id of its row; "" if no digest is stated."""
        return urls.article_id(self.url, self.date, self.digest) if self.digest else ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the first reading, and where it lies in the file of rows."""

    id: str
    outcome: Outcome
    detail: str  # of rows that are no article
    length: int  # bytes of its frame
    crc: int  # of the row and its line end
    size: int  # bytes of these


@dataclass(frozen=True, slots=True)
class Entry:
    """A capture and, if it was selected and is a page, its row."""

    capture: Capture
    row: Row | None = None
    offset: int = 0  # of the record's gzip member
    length: int = 0  # of that member; 0 if the record can't be read alone
    found: Found | None = None
    outlet: str = ""  # "" where there is nothing to learn from the page
    print: bytes = b""

    def taken(self) -> Print:
        """The print of its article; it has an outlet."""
        return prints.unpack(self.outlet, self.print)

    def item(self, warc: str) -> Item:
        return Item(Locator(warc, self.offset, self.length, self.capture.record_id), self.found)

    def dumps(self) -> bytes:
        """A line, without its end; what is not known is left out."""
        capture = {**asdict(self.capture), "date": urls.timestamp(self.capture.date)}
        line: dict[str, Any] = {name: value for name, value in capture.items() if value}
        if self.row is not None:
            line["row"] = astuple(self.row)
            line["place"] = [self.offset, self.length]
        if self.found is not None:
            line["found"] = {name: value for name, value in asdict(self.found).items() if value}
        if self.outlet:
            line["print"] = [self.outlet, base64.b85encode(self.print).decode("ascii")]
        return orjson.dumps(line)


def loads(line: bytes) -> Entry:
    """The inverse of `Entry.dumps`."""
    values = orjson.loads(line)
    row, found = values.pop("row", None), values.pop("found", None)
    offset, length = values.pop("place", (0, 0))
    outlet, packed = values.pop("print", ("", ""))
    values["date"] = _moment(values["date"])
    return Entry(
        Capture(**{"record_id": "", "url": "", "digest": "", **values}),
        Row(row[0], Outcome(row[1]), *row[2:]) if row else None,
        offset,
        length,
        _found(found) if found else None,
        outlet,
        base64.b85decode(packed),
    )


def _found(values: dict[str, Any]) -> Found:
    for name in ("published", "modified"):
        if name in values:
            values[name] = _moment(values[name])
    return Found(**{"url": "", **values, "route": Route(values["route"])})


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


class EntryWriter:
    """Writes lines into an open file, packed. Close it; the file stays open."""

    def __init__(self, file: IO[bytes]) -> None:
        self._packed = gzip.GzipFile("", "wb", 1, file, mtime=0)

    def add(self, entry: Entry) -> None:
        self._packed.write(entry.dumps() + b"\n")

    def close(self) -> None:
        self._packed.close()


def entries(path: Path) -> Iterator[Entry]:
    """The lines of a WARC, in record order."""
    with gzip.open(path) as lines:
        yield from map(loads, lines)
