"""Reads anybody's WARC: each sound record once, each place that is not sound as a `Damage`.

Libraries read a cut record, a Content-Length that lies, and what follows them, without a word. Here a
record counts only if its frame, its length and its digests hold together, and no content raises.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from pipelines.errors import InputError, RecordError
from pipelines.model import Damage, Locator, Record
from pipelines.warc import arc
from pipelines.warc.disk import OPEN
from pipelines.warc.fast import next_record
from pipelines.warc.limits import Limits, Wants
from pipelines.warc.members import frames
from pipelines.warc.parser import Parser
from pipelines.warc.source import GZIP_MAGIC, Source

MAX_RECORD = 256 << 20
_SPOOL = 64 << 20  # bytes of a pipe that are held in memory before they go to a temporary file


def read(
    source: Path | BinaryIO,
    name: str | None = None,
    *,
    types: frozenset[str] | None = None,
    max_record: int = MAX_RECORD,
    digests: bool = True,
    payloads: bool = False,
    wants: Wants | None = None,
    start: int = 0,
) -> Generator[Record | Damage]:
    """The records of a WARC or ARC file in file order, and the damages where they lie.

    `name` is what locators call the file (its path if not given), `types` the WARC-Types wanted,
    `max_record` the largest block in bytes; what `wants` refuses is passed over, and nothing of it is checked but its
    length. With `digests`, a record whose block does not match its digest is withheld; without a block digest the
    payload's counts. With `payloads` that is checked in any case: a record whose block matches, but not its payload
    digest, follows its `Damage`. `start` is the offset of a record, or of its gzip member, from which to read on.
    A record that shares its gzip member with others has a locator of length 0 (`read_at` finds it by its id).
    Raises `InputError` for a file that can't be opened or read.
    """
    limits = Limits(
        name or ("-" if not isinstance(source, Path) else str(source).removesuffix(OPEN)),
        types,
        max_record,
        digests,
        payloads,
        wants,
    )
    try:
        if isinstance(source, Path):
            with source.open("rb", buffering=0) as file:
                yield from _read(file, limits, start)
        elif source.seekable():
            yield from _read(source, limits, start)
        else:  # a pipe: to go on behind a bad place one must be able to go back
            with tempfile.SpooledTemporaryFile(_SPOOL) as spool:
                shutil.copyfileobj(source, spool)
                spool.seek(0)
                yield from _read(cast("BinaryIO", spool), limits, start)
    except OSError as error:
        raise InputError(f"{limits.name}: can't be read ({error.strerror or error})") from error


def _read(file: BinaryIO, limits: Limits, start: int) -> Iterator[Record | Damage]:
    source = Source(file, start)
    yield from _straight(source, limits)
    for frame in frames(source, compressed=source.offset > start):
        parser = Parser(frame, limits)
        if frame.offset == 0 and parser.starts_with(arc.MAGIC):
            yield from arc.read_arc(file, limits)
            return
        yield from parser.parse()
        frame.settle()
        if frame.fault is not None:
            yield Damage(limits.name, frame.offset, frame.length, *frame.fault)
        yield from _straight(source, limits)


def _straight(source: Source, limits: Limits) -> Iterator[Record]:
    """The records up to the next place that needs a closer look."""
    while source.peek(2) == GZIP_MAGIC and (found := next_record(source, limits)):
        if found is not True:
            yield found


def read_at(archive: Path, locator: Locator) -> Record:
    """The record at `locator`, in a file that may still grow. Digests are checked.

    Raises `RecordError` if what lies there is not that record, `InputError` if there is no such file.
    """
    path = archive / locator.warc
    if not path.exists():
        growing = path.with_name(path.name + OPEN)
        path = growing if growing.exists() else path
    try:
        with path.open("rb", buffering=0) as file:
            return read_one(file, locator)
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror or error})") from error


def read_one(file: BinaryIO, locator: Locator) -> Record:
    """The record at `locator` in a seekable file that is open; else as `read_at`. Raises `RecordError`, `OSError`."""
    limits = Limits(locator.warc, None, MAX_RECORD, digests=True)
    damage: Damage | None = None
    source = Source(file, locator.offset)
    if source.peek(2) == GZIP_MAGIC:
        found = next_record(source, limits)
        if isinstance(found, Record) and found.locator.record_id == locator.record_id:
            return found
        source.seek(locator.offset)
    for frame in frames(source):
        for event in Parser(frame, limits).parse():
            if isinstance(event, Damage):
                damage = damage or event
            elif event.locator.record_id == locator.record_id:
                return event
            if frame.plain or locator.length:
                break
        frame.settle()
        if frame.fault is not None:
            damage = damage or Damage(locator.warc, frame.offset, frame.length, *frame.fault)
        break
    what = f"{damage.kind.value}: {damage.detail}" if damage else "another record lies there"
    raise RecordError(f"{locator.warc} at {locator.offset}: {locator.record_id} can't be read ({what})")
