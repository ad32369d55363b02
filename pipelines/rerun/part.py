"""The first reading of one WARC: each of its pages derived by itself, whatever other pages say.

What it leaves is whole or not there: rows, a line for each capture, and last the base, which says that they are.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from typing import IO, Any, Final

from pipelines.errors import InputError
from pipelines.model import Damage, Item
from pipelines.rerun import base, layout
from pipelines.rerun.base import Base
from pipelines.rerun.frames import FrameWriter
from pipelines.rerun.job import Job
from pipelines.rerun.known import Entry, EntryWriter, Row
from pipelines.rerun.making import Made
from pipelines.rerun.scan import NoPage, Other, Page, capture_of, scan
from pipelines.rerun.submitting import Submitting
from pipelines.workers import DerivePool

NOT_SELECTED: Final = "not_selected"
HELD: Final = 64 << 20  # bytes of records that wait for a worker at most, where it can't read them itself

#: Hears of each row that is made, and how many bytes of the source were gone through since the last one.
Told = Callable[[Made, int], object]


@dataclass(frozen=True, slots=True)
class Unread:
    """A source that could not be read; its part is not there."""

    part: str
    detail: str


def first(job: Job, pool: DerivePool | None = None, told: Told | None = None) -> Base | Unread:
    """Read a source and derive its pages; without `pool`, with workers of its own.

    Raises `StorageError` where the run's folder can't be written.
    """
    # Whatever lay there is of other rules, or of a run that was killed in the middle of this.
    base.base_path(job.run, job.part).unlink(missing_ok=True)
    layout.mark_path(job.run, job.part).unlink(missing_ok=True)
    try:
        with ExitStack() as stack:
            workers = pool or stack.enter_context(job.pool())
            rows = stack.enter_context(layout.whole(base.rows_path(job.run, job.part, sealed=False)))
            lines = stack.enter_context(layout.whole(base.lines_path(job.run, job.part)))
            done = _Reading(job, workers, rows, lines, told).run()
    except InputError as error:
        return Unread(job.part, str(error))
    base.write(job.run, job.part, done)
    return done


@dataclass(frozen=True, slots=True)
class _Waiting:
    entry: Entry  # without its row
    future: Future[Made] | None  # None for a capture that gets none
    held: int = 0  # bytes of the record, where it waits here


class _Reading:
    def __init__(self, job: Job, pool: DerivePool, rows: IO[bytes], lines: IO[bytes], told: Told | None) -> None:
        self._job = job
        self._submitting = Submitting(job, pool)
        self._rows, self._lines = FrameWriter(rows), EntryWriter(lines)
        self._told = told
        self._waiting: deque[_Waiting] = deque()
        self._held = self._offset = 0
        self._damages: list[dict[str, Any]] = []
        self._without: Counter[str] = Counter()

    def run(self) -> Base:
        job = self._job
        for event in scan(job.source, job.selection, job.limits.max_record):
            match event:
                case Damage():
                    self._damages.append(asdict(event))
                case Other():
                    self._without[event.role.value if event.role else NOT_SELECTED] += 1
                    self._waiting.append(_Waiting(Entry(event.capture), None))
                case NoPage():
                    self._without[event.kind] += 1
                case Page():
                    self._submit(event)
            while len(self._waiting) >= job.ahead or self._held > HELD:
                self._keep(self._waiting.popleft())
        while self._waiting:
            self._keep(self._waiting.popleft())
        self._lines.close()
        return Base(job.facts(), self._damages, dict(sorted(self._without.items())), self._rows.close(), sealed=False)

    def _submit(self, page: Page) -> None:
        record = page.record
        length = record.locator.length if page.alone else 0
        item = Item(replace(record.locator, length=length), page.found)
        entry = Entry(capture_of(record), None, item.locator.offset, item.locator.length, page.found)
        future = self._submitting.place(item)
        held = 0
        if future is None:
            future, held = self._submitting.record(record, item), len(record.block)
        self._held += held
        self._waiting.append(_Waiting(entry, future, held))

    def _keep(self, waiting: _Waiting) -> None:
        self._held -= waiting.held
        if waiting.future is None:
            self._lines.add(waiting.entry)
            return
        made = waiting.future.result()
        self._rows.add(made.frame)
        capture = waiting.entry.capture
        row = Row(made.id, made.outcome, made.detail, len(made.frame.data), made.frame.crc, made.frame.size)
        if not capture.digest and not capture.revisit:  # what a record does not state, its row does
            capture = replace(capture, digest=made.digest)
        self._lines.add(replace(waiting.entry, capture=capture, row=row, outlet=made.outlet, print=made.print))
        if self._told is not None:
            self._told(made, waiting.entry.offset - self._offset)
            self._offset = waiting.entry.offset
