"""How a re-run looks on a terminal: bytes of the input, rate, time left, and outcomes as they come."""

from __future__ import annotations

import threading
from collections import Counter
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from pipelines.rerun.making import Made
from pipelines.rerun.plan import Plan, State
from pipelines.rerun.run import Watching

_OUTCOMES = 4  # that are shown beside the bar, most frequent first


class Shown(Watching):
    """A bar on stderr while that is a terminal, else nothing. Safe to call from several threads."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TextColumn("{task.fields[rate]}", markup=False),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[outcomes]}", markup=False),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._lock = threading.Lock()
        self._outcomes = Counter[str]()
        self._sizes: dict[str, int] = {}  # bytes of parts that are to be read
        self._task = self._bar.add_task("rerun", total=None, rate="", outcomes="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def planned(self, plan: Plan) -> None:
        todo = [each.job for each in plan.parts if each.state in {State.NEW, State.STALE}]
        self._sizes = {job.part: max(job.source.size, 0) for job in todo}
        self._bar.update(self._task, total=sum(self._sizes.values()))

    def row(self, made: Made, advanced: int) -> None:
        """A row came; so many bytes of its source were gone through for it."""
        with self._lock:
            self._outcomes[made.outcome.value] += 1
            common = self._outcomes.most_common(_OUTCOMES)
            rows = self._outcomes.total()
        elapsed = self._bar.tasks[0].elapsed or 0.0
        self._bar.update(
            self._task,
            advance=advanced,
            rate=f"{rows / elapsed:,.0f} rows/s" if elapsed > 1 else "",
            outcomes=", ".join(f"{count:,} {outcome}" for outcome, count in common),
        )

    def sealing(self, parts: int) -> None:
        self._bar.update(self._task, description=f"rerun: {parts:,} parts to seal")
