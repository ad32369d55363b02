"""One source from end to end: its pages with what discovery said of them, the captures that are not wanted, damages.

Selection happens here, on heads or an index: what it refuses is inflated at most, never parsed.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import BinaryIO, Final

from pipelines.errors import InputError
from pipelines.model import Damage, DamageKind, Found, Locator, Record, Role
from pipelines.ranges import section
from pipelines.rerun.inputs import Place, Source
from pipelines.rerun.known import Capture
from pipelines.rerun.select import Selection
from pipelines.warc.fields import parse_date
from pipelines.warc.metadata import found_of, metadata, role_of
from pipelines.warc.reader import read

#: Records that a row is made of, and those of ours that say what discovery knew.
_TYPES: Final = frozenset({"response", "revisit", "resource", "metadata", "conversion"})
_ROWS: Final = frozenset({"response", "revisit", "resource"})


@dataclass(frozen=True, slots=True)
class Page:
    """A record that gets a row."""

    record: Record
    found: Found | None
    alone: bool  # whether it can be read back by its locator


@dataclass(frozen=True, slots=True)
class Other:
    """A capture without a row: not selected, or a feed, a sitemap or robots.txt of ours."""

    capture: Capture
    role: Role | None = None  # None: not selected


@dataclass(frozen=True, slots=True)
class NoPage:
    """What somebody else derived from a page: "conversion" (WET) and "metadata" (WAT). It has no row."""

    kind: str


Event = Page | Other | NoPage | Damage
_ABOUT: Final = frozenset({"request", "metadata"})
_BEHIND: Final = 1 << 16  # bytes behind a record in which its request and our metadata stand
_ANOTHER: Final = "another record lies here than the index says"
_NONE: Final = "no record lies where the index says"
_NOWHERE: Final = Locator("", 0, 0, "")


def scan(source: Source, selection: Selection, max_record: int) -> Generator[Event]:
    """What a source holds, in record order; blocks of more than `max_record` bytes are damages.

    Raises `InputError` and `StorageError` if it can't be read (any more).
    """
    places = source.places() if selection or source.named else None
    with source.open() as file:
        try:
            if places is None:
                yield from _Reading(source, selection, max_record).whole(file)
            else:
                for place in places:
                    yield from _Reading(source, selection, max_record).at(file, place)
        except OSError as error:
            raise InputError(f"{source.name}: can't be read ({error.strerror or error})") from error


class _Reading:
    def __init__(self, source: Source, selection: Selection, max_record: int) -> None:
        self._name = source.name
        self._selection = selection
        self._max_record = max_record
        self._refused: list[Other] = []

    def whole(self, file: BinaryIO) -> Iterator[Event]:
        """All records, each page as soon as its exchange is complete: our metadata record follows it."""
        held: Record | None = None
        for event in self._read(file, 0):
            if isinstance(event, Record) and event.type == "metadata":
                if held is not None and _concurrent(event, held):
                    yield _page(held, event)
                    held = None
                elif not _about_an_exchange(event):
                    yield NoPage(event.type)
                continue
            if isinstance(event, Record) and event.type == "conversion":
                yield NoPage(event.type)
                continue
            if isinstance(event, Record):
                if held is not None:
                    yield _page(held, None)
                held = event if self._wanted(event) else None
            yield from self._passed()
            if isinstance(event, Damage):
                yield event
        if held is not None:
            yield _page(held, None)
        yield from self._passed()

    def at(self, file: BinaryIO, place: Place) -> Iterator[Event]:
        """The record at a place, if it is wanted, with the metadata behind it."""
        if not self._selection.wants(place.url, place.date) or (
            place.mime != "warc/revisit" and not self._selection.wants_mime(place.mime)
        ):
            yield Other(Capture("", place.url, place.date, "", revisit=place.mime == "warc/revisit"))
            return
        record: Record | None = None
        found = False
        # Unfiltered: the first record must be the one that the index means, and not the next that is wanted.
        with closing(read(file, self._name, max_record=self._max_record, start=place.offset)) as events:
            for event in events:
                if _offset(event) != place.offset:
                    break
                found = True
                if isinstance(event, Record):
                    record = event
                    break
                yield event
        if not found:
            yield Damage(self._name, place.offset, place.length, DamageKind.NOT_WARC, _NONE)
        if record is None:
            return
        if record.type not in _ROWS:
            yield NoPage(record.type)
        elif record.url != place.url and record.date.replace(microsecond=0) != place.date.replace(microsecond=0):
            yield Damage(self._name, place.offset, place.length, DamageKind.NOT_WARC, _ANOTHER)
        elif self._wanted(record):
            yield _page(record, self._behind(file, record))
        yield from self._passed()

    def _behind(self, file: BinaryIO, record: Record) -> Record | None:
        """Our metadata record, if it follows a record; little is read to see that it does not."""
        start = record.locator.offset + record.locator.length
        if not record.locator.length:
            return None
        with section(file, start, _BEHIND) as window, closing(read(window, self._name)) as events:
            for event in events:
                if isinstance(event, Damage) or event.type not in _ABOUT or not _concurrent(event, record):
                    return None
                if event.type == "metadata":
                    return event
        return None

    def _read(self, file: BinaryIO, start: int) -> Iterator[Record | Damage]:
        wants = self._wants if self._selection else None
        return read(file, self._name, types=_TYPES, max_record=self._max_record, wants=wants, start=start)

    def _wants(self, kind: str, known: Mapping[str, str], start: bytes) -> bool:
        """The selection as the reader asks it; what is refused is noted."""
        if kind not in _ROWS:
            return True
        date = parse_date(known.get("warc-date", ""))
        url = known.get("warc-target-uri", "").strip("<>")
        if date is None or not url:
            return True  # a damage: let it be said
        content_type = known.get("content-type", "")
        if self._selection.wants(url, date) and self._selection.wants_start(kind, start, content_type):
            return True
        fields = tuple(known.items())
        self._refused.append(Other(capture_of(Record(_NOWHERE, kind, url, date, fields, b""))))
        return False

    def _wanted(self, record: Record) -> bool:
        """The same of a record that was read, in case the reader did not ask."""
        selection, content_type = self._selection, record.field("Content-Type")
        if not selection or (
            selection.wants(record.url, record.date) and selection.wants_start(record.type, record.block, content_type)
        ):
            return True
        self._refused.append(Other(capture_of(record)))
        return False

    def _passed(self) -> Iterator[Other]:
        refused, self._refused = self._refused, []
        yield from refused


def capture_of(record: Record) -> Capture:
    """What a record's head says."""
    record_id = record.field("WARC-Record-ID").strip("<>") or record.locator.record_id
    digest = record.payload_digest or record.field("WARC-Payload-Digest")
    if record.type != "revisit":
        return Capture(record_id, record.url, record.date, digest)
    return Capture(
        record_id,
        record.url,
        record.date,
        digest,
        revisit=True,
        refers_to=record.field("WARC-Refers-To").strip("<>"),
        refers_url=record.field("WARC-Refers-To-Target-URI").strip("<>"),
        refers_date=record.field("WARC-Refers-To-Date"),
    )


def _offset(event: Record | Damage) -> int:
    return event.offset if isinstance(event, Damage) else event.locator.offset


def _about_an_exchange(record: Record) -> bool:
    """Whether a metadata record says how a page was fetched, as ours and Heritrix's do; those of WAT don't."""
    return "warc-fields" in record.field("Content-Type").lower()


def _concurrent(about: Record, held: Record) -> bool:
    return about.field("WARC-Concurrent-To") == f"<{held.locator.record_id}>"


def _page(record: Record, about: Record | None) -> Page | Other:
    role = role_of(metadata(about)) if about is not None else Role.PAGE
    if role is not Role.PAGE:
        return Other(capture_of(record), role)
    # One gzip stream for all records can't be read from the middle, and what ARC calls a record has no name there.
    alone = record.locator.length > 0 and bool(record.field("WARC-Record-ID"))
    return Page(record, found_of(about) if about is not None else None, alone)
