"""Who does the parts of a run: workers of this machine, or whatever else takes a function and jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, Final, Protocol, TypeVar

from pipelines.rerun.job import Job
from pipelines.rerun.part import Told
from pipelines.workers import DerivePool

Result = TypeVar("Result")

#: Parts that are read at a time: while the last pages of one are with the workers, the next one is begun.
_AT_ONCE: Final = 2


class Scheduler(Protocol):
    """Does jobs, in any order. `function` is one of `part.first` and `seal.seal`, and can be imported by name."""

    def each(self, function: Callable[..., Result], calls: Iterable[tuple[Any, ...]]) -> Iterator[Result]:
        """The result of `function(*call)` for each call, as they come. A call begins with its `Job`."""


class Local:
    """The workers of this machine, whose number the jobs state. Close it.

    `pool`: workers that are there already and stay; their settings must be those of the jobs.
    """

    def __init__(self, told: Told | None = None, pool: DerivePool | None = None) -> None:
        self._told = told
        self._own = pool is None
        self._pool = pool
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="part")

    def each(self, function: Callable[..., Result], calls: Iterable[tuple[Any, ...]]) -> Iterator[Result]:
        running: set[Future[Result]] = set()
        for call in calls:
            if self._pool is None:
                job: Job = call[0]
                self._pool = job.pool()
            running.add(self._threads.submit(function, *call, pool=self._pool, told=self._told))
            if len(running) >= _AT_ONCE:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (each.result() for each in done)
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            yield from (each.result() for each in done)

    def close(self) -> None:
        """End the workers; parts that are not done are left as they are."""
        if self._own and self._pool is not None:
            self._pool.close()
        self._threads.shutdown(wait=True, cancel_futures=True)
