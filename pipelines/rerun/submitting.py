"""Pages on their way to the workers: by their place where workers can read it themselves, else by the record."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path

from pipelines import worker
from pipelines.derive import failed
from pipelines.errors import InputError, RecordError
from pipelines.model import Item, Outcome, Record
from pipelines.rerun import making
from pipelines.rerun.job import Job
from pipelines.rerun.making import Made
from pipelines.warc.reader import read_one
from pipelines.workers import Again, DerivePool


class Submitting:
    """Hands pages of one source to a pool."""

    def __init__(self, job: Job, pool: DerivePool) -> None:
        self._pool = pool
        self._path = job.source.path
        self._setting = worker.Setting(job.settings, Path(), job.processing, job.limits.memory_bytes)

    def place(self, item: Item, again: Again | None = None) -> Future[Made] | None:
        """Have the record at a place derived; None where workers can't read it there: hand in the record then."""
        path = self._path
        if path is None or not item.locator.length:
            return None

        def spent(outcome: Outcome, detail: str) -> Made:
            try:
                with path.open("rb", buffering=0) as file:
                    record = read_one(file, item.locator)
            except RecordError as error:
                return making.packed(worker.worked(worker.damaged(item, str(error)), self._setting, item.found))
            except OSError as error:
                raise InputError(f"{path}: can't be read ({error.strerror or error})") from error
            return self._failed(record, item, outcome, detail, again)

        return self._pool.call(making.of_file, (path, item, again), spent)

    def record(self, record: Record, item: Item, again: Again | None = None) -> Future[Made]:
        """Have a record derived that was read here."""

        def spent(outcome: Outcome, detail: str) -> Made:
            return self._failed(record, item, outcome, detail, again)

        return self._pool.call(making.of_record, (record, item.found, again), spent)

    def _failed(self, record: Record, item: Item, outcome: Outcome, detail: str, again: Again | None) -> Made:
        setting = self._setting.again(again)
        return making.packed(worker.worked(failed(record, outcome, detail), setting, item.found))
