"""A part's rows once more, some of them changed: all others are copied as the frames that they are."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import IO

import orjson

from pipelines import rows
from pipelines.extract.residue.repeats import NOTHING, Part
from pipelines.model import Item, Outcome
from pipelines.rerun import base, known
from pipelines.rerun.again import Records
from pipelines.rerun.base import Applied, Base
from pipelines.rerun.frames import HEAD_SIZE, Frame, FrameWriter, pack, unpack
from pipelines.rerun.job import Job
from pipelines.rerun.known import Row
from pipelines.rerun.making import Made
from pipelines.rerun.part import HELD, Told
from pipelines.rerun.submitting import Submitting
from pipelines.workers import FAULTS, Again, DerivePool


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be another in a row than the first reading made it."""

    row: int  # place among the rows of the part
    digest: str  # names the change
    repeated: Part = NOTHING  # what its outlet repeats of it
    outcome: Outcome | None = None  # of a revisit, with its detail
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A row that is written when those before it are; with `future`, as that makes it."""

    number: int
    digest: str  # of what it is to have; "" for a row of the first reading
    row: Row
    frame: Frame
    future: Future[Made] | None = None
    held: int = 0  # bytes of the record, where it waits here


class Rewriting:
    """Rewrites the rows of one part: those that `moved`, to what `wanted` says, else to what was first."""

    def __init__(
        self,
        job: Job,
        pool: DerivePool,
        current: Base,
        wanted: Mapping[int, Change],
        moved: set[int],
        told: Told | None,
    ) -> None:
        self._job, self._current, self._wanted, self._moved = job, current, wanted, moved
        self._told = told
        self._submitting = Submitting(job, pool)
        self._waiting: deque[_Waiting] = deque()
        self._held = 0
        self._applied: list[Applied] = []

    def run(self, target: IO[bytes]) -> Base:
        """Write all rows into `target`. Raises `InputError` where a record can't be read again."""
        writer = FrameWriter(target)
        source = base.rows_path(self._job.run, self._job.part, sealed=self._current.sealed)
        with source.open("rb") as file, Records(self._job) as records:
            file.seek(HEAD_SIZE)
            for waiting in self._rows(file, records):
                self._held += waiting.held
                self._waiting.append(waiting)
                while len(self._waiting) >= self._job.ahead or self._held > HELD:
                    self._write(writer)
            while self._waiting:
                self._write(writer)
        return replace(self._current, rows_sha256=writer.close(), applied=tuple(self._applied))

    def _rows(self, file: IO[bytes], records: Records) -> Iterator[_Waiting]:
        """All rows in order, those that move on their way."""
        before = {each.row: each for each in self._current.applied}
        lines = known.entries(base.lines_path(self._job.run, self._job.part))
        for number, (entry, first) in enumerate((entry, entry.row) for entry in lines if entry.row is not None):
            row = before[number].over(first) if number in before else first
            frame = Frame(file.read(row.length), row.crc, row.size)
            change = self._wanted.get(number)
            waiting = _Waiting(number, change.digest if change else "", row, frame)
            if number not in self._moved:
                yield waiting
            elif entry.capture.revisit:
                yield _resolved(waiting, change or Change(number, "", outcome=first.outcome, detail=first.detail))
            else:
                again = Again(change.repeated if change else NOTHING)
                yield self._again(waiting, entry.item(self._job.source.name), again, records)

    def _again(self, waiting: _Waiting, item: Item, again: Again, records: Records) -> _Waiting:
        future = self._submitting.place(item, again)
        if future is not None:
            return replace(waiting, future=future)
        record = records.at(waiting.number, item)
        return replace(waiting, future=self._submitting.record(record, item, again), held=len(record.block))

    def _write(self, writer: FrameWriter) -> None:
        waiting = self._waiting.popleft()
        self._held -= waiting.held
        row, frame = waiting.row, waiting.frame
        if waiting.future is not None:
            made = waiting.future.result()
            if made.outcome not in FAULTS:  # by bad luck: the row that is there stands
                row, frame = replace(row, outcome=made.outcome, detail=made.detail), made.frame
            if self._told is not None:
                self._told(made, 0)
        writer.add(frame)
        if waiting.digest:
            self._applied.append(Applied.of(waiting.number, waiting.digest, row.outcome, row.detail, frame))


def _resolved(waiting: _Waiting, change: Change) -> _Waiting:
    """The row of a revisit with another end."""
    assert change.outcome is not None
    values = orjson.loads(unpack(waiting.frame.data))
    values |= {"outcome": change.outcome.value, "detail": change.detail}
    row = replace(waiting.row, outcome=change.outcome, detail=change.detail)
    return replace(waiting, row=row, frame=pack(rows.dumps(values)))
