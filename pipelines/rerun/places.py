"""The records that an index names, and no other bytes of the WARC: each with what its writer said of the exchange."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import BinaryIO, Final

from pipelines.model import Damage, DamageKind, Record
from pipelines.ranges import section
from pipelines.rerun.inputs import Place
from pipelines.warc.reader import MAX_RECORD, read

_ABOUT: Final = frozenset({"request", "metadata"})
_LARGEST_ABOUT: Final = 1 << 20  # bytes that may lie behind a record and be about it


def read_places(
    file: BinaryIO, name: str, size: int, places: Iterable[Place], *, max_record: int = MAX_RECORD
) -> Iterator[Record | Damage]:
    """The record at each place, and then the metadata record of its exchange if one follows, as our recorder writes it.

    `size` is the file's. Where another record lies than the index says, or none, a `Damage` comes instead: one for each
    place. Locators and damages count from the start of the file. Raises `InputError`.
    """
    for place in places:
        length = place.length or size - place.offset
        with closing(_window(file, name, place.offset, length, max_record)) as events:
            found = next(events, None)
        if found is None:
            yield Damage(name, place.offset, place.length, DamageKind.CUT, "the index names a record behind the end")
            continue
        if isinstance(found, Record) and found.url != place.url and found.date.replace(microsecond=0) != place.date:
            detail = f"another record lies here than the index says ({found.locator.record_id or 'no id'})"
            found = Damage(name, place.offset, place.length, DamageKind.NOT_WARC, detail)
        yield found
        if isinstance(found, Record) and found.locator.length:
            yield from _about(file, name, size, found, max_record)


def _about(file: BinaryIO, name: str, size: int, record: Record, max_record: int) -> Iterator[Record]:
    start = record.locator.offset + record.locator.length
    with closing(_window(file, name, start, min(size - start, _LARGEST_ABOUT), max_record)) as events:
        for event in events:
            if not isinstance(event, Record) or event.type not in _ABOUT:
                return
            if event.field("WARC-Concurrent-To").strip("<>") != record.locator.record_id:
                return
            if event.type == "metadata":
                yield event
                return


def _window(file: BinaryIO, name: str, offset: int, length: int, max_record: int) -> Generator[Record | Damage]:
    """What lies in a stretch of the file, at its place in the whole."""
    if length <= 0:
        return
    with section(file, offset, length) as window:
        for event in read(window, name, max_record=max_record):
            if isinstance(event, Record):
                yield replace(event, locator=replace(event.locator, offset=event.locator.offset + offset))
            else:
                yield replace(event, offset=event.offset + offset)
