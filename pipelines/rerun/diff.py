"""Two runs against each other: every record that they don't agree on, in RUN_A's order, then what only RUN_B has.

Memory holds some 170 bytes for each row of RUN_A (its id, its place, a digest of what it says) and none of its text.
Rows of RUN_B that differ, or that RUN_A lacks, wait in a temporary file; RUN_A is read once more for those alone.
"""

from __future__ import annotations

import re
import tempfile
import zlib
from array import array
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any, Final, Self

import orjson

from pipelines.errors import InputError
from pipelines.rerun.diff_rows import Change, Difference, Row, compare, only, outlet_of
from pipelines.rerun.diff_totals import Totals
from pipelines.rerun.stored import Stored, parsed

_ID: Final = re.compile(r"[0-9a-f]{16}")
_NEXT: Final = 0x9E3779B97F4A7C15  # 2**64 / golden ratio: the key of the same record's next row
_WORD: Final = (1 << 64) - 1


def differences(before: Stored, after: Stored, totals: Totals, folder: Path | None = None) -> Iterator[Difference]:
    """What differs between two runs; `totals` counts all rows on the way. `folder` takes the temporary file.

    Records pair by `id`, the n-th row of an id with the other's n-th; those that are left, by URL and capture time.
    Raises `InputError` for a run that can't be read, or that changes meanwhile.
    """
    index = _Index()
    for row in _rows(before):
        index.add(row)
        totals.saw(0, row)
    with _Spool(folder) as spool:
        pending: list[tuple[int, int]] = []  # rows of RUN_B that RUN_A lacks: number in the spool, place
        waiting: dict[int, int] = {}  # row of RUN_A: number in the spool of what RUN_B says
        for row in _rows(after):
            totals.saw(1, row)
            at = index.take(row)
            if at is None:
                pending.append((spool.add(row), _place(row)))
            elif index.digests[at] == _digest(row):
                totals.unchanged(outlet_of(row))
            else:
                waiting[at] = spool.add(row)
        gained = _by_place(index, pending, waiting)
        if waiting or index.left:
            yield from _differing(before, index, waiting, spool, totals)
        for number in gained:
            yield totals.add(only(Change.GAINED, spool[number]))


def _differing(
    before: Stored, index: _Index, waiting: dict[int, int], spool: _Spool, totals: Totals
) -> Iterator[Difference]:
    """The rows of RUN_A that RUN_B lacks or says otherwise."""
    count = 0
    for at, line in enumerate(before.lines()):
        count += 1
        if count > len(index.digests):
            break
        lost = not index.taken[at]
        if not lost and at not in waiting:
            continue
        row = parsed(line, before.path)
        if index.digests[at] != _digest(row):
            count = 0
            break
        difference = only(Change.LOST, row) if lost else compare(row, spool[waiting[at]])
        if difference is None:  # one of the rows knows less than the other, and they agree as far as it goes
            totals.unchanged(outlet_of(row))
        else:
            yield totals.add(difference)
    if count != len(index.digests):
        raise InputError(f"{before.path}: its rows changed while they were read; wait until the run at work has ended")


def _rows(run: Stored) -> Iterator[Row]:
    for line in run.lines():
        yield parsed(line, run.path)


def _by_place(index: _Index, pending: list[tuple[int, int]], waiting: dict[int, int]) -> list[int]:
    """Pair what is left by URL and capture time; returns what is left of that."""
    places: dict[int, list[int]] = {}
    for at in index.untaken():
        if index.places[at]:
            places.setdefault(index.places[at], []).append(at)
    gained = []
    for number, place in pending:
        if place and places.get(place):
            at = places[place].pop(0)
            index.taken[at] = True
            index.left -= 1
            waiting[at] = number
        else:
            gained.append(number)
    return gained


class _Index:
    """What is known of RUN_A's rows, by their number."""

    def __init__(self) -> None:
        self.digests = array("Q")
        self.places = array("Q")
        self.taken = bytearray()
        self.left = 0  # not taken
        self._numbers: dict[int, int] = {}

    def add(self, row: Row) -> None:
        number = len(self.digests)
        if (key := _key(row)) is not None:
            while key in self._numbers:
                key = (key + _NEXT) & _WORD
            self._numbers[key] = number
        self.digests.append(_digest(row))
        self.places.append(_place(row))
        self.taken.append(False)
        self.left += 1

    def take(self, row: Row) -> int | None:
        """The number of the row of the same record that nobody has taken yet."""
        key = _key(row)
        if key is None:
            return None
        while (number := self._numbers.get(key)) is not None:
            if not self.taken[number]:
                self.taken[number] = True
                self.left -= 1
                return number
            key = (key + _NEXT) & _WORD
        return None

    def untaken(self) -> Iterator[int]:
        at = self.taken.find(0)
        while at >= 0:
            yield at
            at = self.taken.find(0, at + 1)


class _Spool:
    """Rows in a temporary file, by number."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._places = array("Q", [0])

    def __enter__(self) -> Self:
        self._file: IO[bytes] = tempfile.TemporaryFile(dir=self._folder, prefix=".warchronicle-")
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, row: Row) -> int:
        packed = zlib.compress(orjson.dumps(row), 1)
        self._file.seek(self._places[-1])
        self._file.write(packed)
        self._places.append(self._places[-1] + len(packed))
        return len(self._places) - 2

    def __getitem__(self, number: int) -> dict[str, Any]:
        self._file.seek(self._places[number])
        length = self._places[number + 1] - self._places[number]
        row: dict[str, Any] = orjson.loads(zlib.decompress(self._file.read(length)))
        return row


def _key(row: Row) -> int | None:
    """The identity of a row; None where it has none."""
    name = row.get("id")
    if name is None:
        return None
    return int(name, 16) if _ID.fullmatch(name) else _hash(name.encode("utf-8", "surrogatepass"))


def _place(row: Row) -> int:
    """URL and capture time; 0 where there is no URL."""
    url = row.get("url") or ""
    captured_at = (row.get("provenance") or {}).get("captured_at") or ""
    return _hash(f"{url}\n{_moment(captured_at)}".encode("utf-8", "surrogatepass")) if url else 0


def _moment(text: str) -> str:
    """A capture time as both rows and skipped.jsonl write it: they differ in the zeros at its end."""
    head, dot, fraction = text.removesuffix("Z").partition(".")
    return f"{head}.{fraction.rstrip('0')}".rstrip(".") if dot else head


def _digest(row: Row) -> int:
    """All that a row says of its page, and nothing of who derived it and where its record lies."""
    said = {name: value for name, value in row.items() if name not in ("processing", "provenance")}
    payload = (row.get("provenance") or {}).get("payload_digest") or ""
    return _hash(orjson.dumps([said, payload]))


def _hash(data: bytes) -> int:
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "little")
