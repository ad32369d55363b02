"""What all parts together say: which blocks outlets repeat, and where the payloads of revisits are.

Both are pure functions of what the first readings left behind, whatever the order of parts, and of nothing that
applying them changes: so one round is enough. Prints lie in a temporary file meanwhile; memory holds those of one
outlet at a time, what was learnt, and a few bytes a page.
"""

from __future__ import annotations

import tempfile
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pipelines.errors import StorageError
from pipelines.extract.residue import prints, repeats
from pipelines.extract.residue.prints import Print
from pipelines.extract.residue.repeats import Outlet
from pipelines.rerun import base, known
from pipelines.rerun.revisits import Originals
from pipelines.rerun.rewrite import Change


@dataclass(frozen=True)
class Learnt:
    """The knowledge of a run."""

    run: Path
    table: dict[str, Outlet]  # outlets that repeat anything
    originals: Originals

    def changes(self, part: str) -> tuple[Change, ...]:
        """What it means for the rows of a part, by row."""
        lines = known.entries(base.lines_path(self.run, part))
        rows = enumerate(entry for entry in lines if entry.row is not None)
        return tuple(change for number, entry in rows if (change := self._change(number, entry)) is not None)

    def _change(self, number: int, entry: known.Entry) -> Change | None:
        if entry.capture.revisit:
            return self.originals.change(number, entry)
        outlet = self.table.get(entry.outlet)
        repeated = outlet.part(entry.taken()) if outlet is not None else repeats.NOTHING
        return Change(number, repeated.digest, repeated) if repeated else None

    def facts(self) -> dict[str, object]:
        """What run.json says of it."""
        return {
            "table": repeats.table_digest({name: outlet.digest for name, outlet in self.table.items()}),
            "outlets": len(self.table),
            "entries": sum(len(outlet.entries) for outlet in self.table.values()),
        }


def learn(run: Path, parts: Iterable[str], *, repetition: bool) -> Learnt:
    """Learn from parts that have been read; without `repetition`, of revisits alone. Raises `StorageError`."""
    names = sorted(parts)
    originals = Originals()
    table: dict[str, Outlet] = {}
    try:
        with tempfile.TemporaryFile(dir=run) as file:
            spool = _Spool(file)
            for entry in _entries(run, names):
                originals.ask(entry)
                if repetition and entry.outlet:
                    spool.add(entry.outlet, entry.print)
            for name in spool.outlets():
                outlet = repeats.learn(name, spool.prints_of(name))
                if outlet.entries:
                    table[name] = outlet
    except OSError as error:
        raise StorageError(f"{run}: can't be written ({error.strerror or error})") from error
    if originals:
        for entry in _entries(run, names):
            originals.show(entry)
    return Learnt(run, table, originals)


def _entries(run: Path, parts: Iterable[str]) -> Iterator[known.Entry]:
    for part in parts:
        yield from known.entries(base.lines_path(run, part))


class _Spool:
    """Prints in a temporary file, by outlet."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._places: defaultdict[str, array[int]] = defaultdict(lambda: array("Q"))  # begin and length of each

    def add(self, outlet: str, packed: bytes) -> None:
        self._places[outlet].extend((self._file.tell(), len(packed)))
        self._file.write(packed)

    def outlets(self) -> list[str]:
        return sorted(self._places)

    def prints_of(self, outlet: str) -> Iterator[Print]:
        places = self._places[outlet]
        for begin, length in zip(places[::2], places[1::2], strict=True):
            self._file.seek(begin)
            yield prints.unpack(outlet, self._file.read(length))
