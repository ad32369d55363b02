"""Records that are needed a second time and that workers can't read themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import BinaryIO, Self

from pipelines.errors import InputError, RecordError
from pipelines.model import Item, Record
from pipelines.rerun.job import Job
from pipelines.rerun.scan import Page, scan
from pipelines.warc.reader import read_one


class Records:
    """Reads records of a source again, asked for in the order of their rows."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._open = ExitStack()
        self._file: BinaryIO | None = None
        self._pages: Iterator[tuple[int, Page]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def at(self, number: int, item: Item) -> Record:
        """The record of a row. Raises `InputError`."""
        try:
            if item.locator.length:
                return self._by_place(item)
            record = self._by_number(number)
        except (RecordError, OSError) as error:
            raise InputError(f"{self._job.source.name}: it is not as it was read first ({error})") from error
        if record.locator.record_id != item.locator.record_id:
            raise InputError(f"{self._job.source.name}: it is not as it was read first")
        return record

    def _by_place(self, item: Item) -> Record:
        if self._file is None:
            self._file = self._open.enter_context(self._job.source.open())
        return read_one(self._file, item.locator)

    def _by_number(self, number: int) -> Record:
        if self._pages is None:
            events = scan(self._job.source, self._job.selection, self._job.limits.max_record)
            self._open.callback(events.close)
            self._pages = enumerate(event for event in events if isinstance(event, Page))
        for each, page in self._pages:
            if each == number:
                return page.record
        raise InputError(f"{self._job.source.name}: it ends before the place where it was read first")
