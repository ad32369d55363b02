"""Derivation in processes that can be killed: a page over its limits gives an outcome, and the run goes on.

A thread for each worker process hands it one page at a time over a socket of its own, so it is always known which
page a dead process had. Worker processes are started as programs of their own, not through multiprocessing, which
would import the parent's main module (Scrapy) into them.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from pipelines import worker
from pipelines.derive import DeriveSettings, failed
from pipelines.errors import RecordError
from pipelines.model import Derived, Item, Outcome, Processing, Record
from pipelines.warc.reader import read_at
from pipelines.worker import Again, Setting, Worked
from pipelines.worker_process import DiedError, WorkerProcess

__all__ = ["Again", "DerivePool", "Worked"]

#: A page that ends so may do better another time.
FAULTS: Final = frozenset({Outcome.EXTRACT_TIMEOUT, Outcome.EXTRACT_MEMORY, Outcome.EXTRACT_CRASH})

TRIES: Final = 2  # a page that kills a worker is tried once more in a fresh one, then left alone


@dataclass(slots=True)
class _Job:
    future: Future[Any]
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    spent: Callable[[Outcome, str], Any]  # the result where the page could not be derived


class DerivePool:
    """Worker processes that derive records of one archive. Safe to call from several threads; close it.

    `workers`: processes, 0 for one a processor. `timeout_seconds`, `memory_bytes`: what one page may take;
    over it, the result has `Outcome.EXTRACT_TIMEOUT` or `EXTRACT_MEMORY`, and `EXTRACT_CRASH` where the page killed
    two workers or raised. Futures fail only on faults that are no page's: `InputError` for a WARC that can't be
    read, `RuntimeError` when no worker can be started. A future that is cancelled costs no further work.
    """

    def __init__(
        self,
        workers: int,
        timeout_seconds: float,
        memory_bytes: int,
        settings: DeriveSettings,
        archive: Path,
        processing: Processing,
    ) -> None:
        self._setting = Setting(settings, archive, processing, memory_bytes)
        self._timeout = timeout_seconds
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        count = workers or len(os.sched_getaffinity(0))
        self._workers = [WorkerProcess(self._setting) for _ in range(count)]
        self._threads = [
            threading.Thread(target=self._serve, args=(each,), name=f"derive-{number}", daemon=True)
            for number, each in enumerate(self._workers)
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def submit(self, item: Item, again: Again | None = None) -> Future[Worked]:
        """Derive the record at an item's locator; `again`, where it is the second time."""

        def spent(outcome: Outcome, detail: str) -> Worked:
            try:
                derived = failed(read_at(self._setting.archive, item.locator), outcome, detail)
            except RecordError as error:
                derived = worker.damaged(item, str(error))
            return worker.worked(derived, self._setting.again(again), item.found)

        return self.call(worker.of_item, (item, again), spent)

    def submit_record(self, record: Record, item: Item, again: Again | None = None) -> Future[Worked]:
        """Derive a record that has been read already, such as one from a pipe, which can't be read back."""

        def spent(outcome: Outcome, detail: str) -> Worked:
            return worker.worked(failed(record, outcome, detail), self._setting.again(again), item.found)

        return self.call(worker.of_record, (record, item.found, again), spent)

    def submit_html(
        self,
        html: bytes,
        *,
        id: str,  # noqa: A002
        url: str,
        captured_at: datetime | None = None,
        again: Again | None = None,
    ) -> Future[Worked]:
        """Derive a plain HTML file; `id` becomes the row's."""
        return self.call(worker.of_html, (html, id, url, captured_at, again), self._spent(id, url, again))

    def submit_text(self, text: bytes, *, id: str, url: str, again: Again | None = None) -> Future[Worked]:  # noqa: A002
        """Derive a text file; `id` becomes the row's."""
        return self.call(worker.of_text, (text, id, url, again), self._spent(id, url, again))

    def _spent(self, name: str, url: str, again: Again | None) -> Callable[[Outcome, str], Worked]:
        def spent(outcome: Outcome, detail: str) -> Worked:
            return worker.worked(Derived(name, url, outcome, detail), self._setting.again(again))

        return spent

    def close(self) -> None:
        """End the workers. What is not done by now is cancelled; wait for the futures before if it matters."""
        self._closing.set()
        with suppress(queue.Empty):
            while True:
                if job := self._jobs.get_nowait():
                    job.future.cancel()
        for _ in self._threads:
            self._jobs.put(None)
        for each in self._workers:
            each.kill()
        for thread in self._threads:
            thread.join()

    def call(
        self, function: Callable[..., Any], arguments: tuple[Any, ...], spent: Callable[[Outcome, str], Any]
    ) -> Future[Any]:
        """Run `function(setting, *arguments)` in a worker; it must be importable there by name, its answer small.

        `spent` makes the answer where that took too much time or memory, or killed the worker; called in a thread.
        """
        if self._closing.is_set():
            raise RuntimeError("the pool is closed")
        future: Future[Any] = Future()
        self._jobs.put(_Job(future, function, arguments, spent))
        return future

    def _serve(self, process: WorkerProcess) -> None:
        with suppress(DiedError, OSError, RuntimeError):  # said again, and to somebody, by the first job
            process.start()
        while (job := self._jobs.get()) is not None:
            if job.future.cancelled():
                continue
            try:
                result = self._work(process, job)
            except DiedError:  # closed meanwhile
                job.future.cancel()
            except Exception as error:  # noqa: BLE001  whoever waits must hear of it; the thread goes on
                _settle(job.future, error)
            else:
                _settle(job.future, result)
        process.stop()

    def _work(self, process: WorkerProcess, job: _Job) -> Any:
        spent = job.spent
        outcome, detail = Outcome.EXTRACT_CRASH, ""
        for _ in range(TRIES):
            fresh = process.start()
            try:
                reply = process.ask((job.function, job.arguments), self._timeout)
            except TimeoutError:
                return spent(Outcome.EXTRACT_TIMEOUT, f"stopped after {self._timeout:g} s (derive.timeout_seconds)")
            except DiedError as error:
                if self._closing.is_set():
                    raise
                outcome, detail = Outcome.EXTRACT_CRASH, f"the worker process {error}, {TRIES} times; left alone"
                continue
            if not reply.fault:
                return reply.value
            if not reply.no_memory:
                return spent(Outcome.EXTRACT_CRASH, reply.fault)
            limit = self._setting.memory_bytes
            outcome, detail = Outcome.EXTRACT_MEMORY, f"needs more than {limit:,} bytes (derive.memory_bytes)"
            if fresh:
                break  # otherwise what earlier pages left behind may have been the reason
        return spent(outcome, detail)


def _settle(future: Future[Any], outcome: object) -> None:
    with suppress(InvalidStateError):  # cancelled meanwhile
        if isinstance(outcome, BaseException):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
