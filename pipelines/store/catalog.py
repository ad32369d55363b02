"""The archive's catalog: what was captured, what became of it, and what is still to do. One SQLite file.

It is derived data: losing it loses time, never a capture. Every method is one transaction and may be called from any
thread; the parts live in `catalog_captures`, `catalog_ledger`, `catalog_derived` and `catalog_repeats`, the tables in
`catalog_schema`.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from pipelines.store.catalog_captures import CaptureTable
from pipelines.store.catalog_derived import DerivedTable
from pipelines.store.catalog_ledger import LedgerTable
from pipelines.store.catalog_repeats import RepeatTable
from pipelines.store.catalog_schema import LedgerRow, LedgerState, Run, RunState, Skipped, Visit, runs
from pipelines.store.catalog_visits import VisitTable


class Catalog(CaptureTable, LedgerTable, DerivedTable, VisitTable, RepeatTable):
    """`Catalog(path)` opens, or makes, the catalog of an archive; `close` it when done.

    Raises `StorageError` when the file is damaged or the disk refuses, `OperatorError` when a newer version made it,
    `BusyError` when another process does not let go of it. With `readonly` it must be there, and stays as it is.
    """

    def run_started(self, run: str, at: datetime, **info: object) -> None:
        """A run begins in this process: what it captures, settles and keeps from now on bears its id."""
        self.run = run
        with self._write() as connection:
            values = {"id": run, "state": RunState.RUNNING.value, "started": at, "info": _dump(info)}
            connection.execute(runs.insert(), values)

    def run_ended(self, run: str, at: datetime | None, reason: str = "finished", **info: object) -> None:
        """A run ends: FINISHED if `reason` is "finished", KILLED if "killed", STOPPED for any other."""
        state = RunState(reason) if reason in (RunState.FINISHED, RunState.KILLED) else RunState.STOPPED
        self._change_run(run, info, {"state": state.value, "ended": at, "reason": reason})

    def note_run(self, run: str, **info: object) -> None:
        """Add to what a run says of itself: versions, digests, whatever JSON holds."""
        self._change_run(run, info, {})

    def _change_run(self, run: str, info: dict[str, object], values: dict[str, object]) -> None:
        with self._write() as connection:
            known = connection.scalar(select(runs.c.info).where(runs.c.id == run))
            if known is None:
                raise ValueError(f"run {run!r} was never started")
            merged = _dump(json.loads(known) | info)
            connection.execute(update(runs).where(runs.c.id == run), {**values, "info": merged})

    def run_of(self, run: str) -> Run | None:
        """One run, by id."""
        with self._read() as connection:
            row = connection.execute(select(runs).where(runs.c.id == run)).first()
        return None if row is None else _run(row)

    def runs(self, state: RunState | None = None) -> list[Run]:
        """All runs, oldest first; those in one state if it is named."""
        query = select(runs).order_by(runs.c.started, runs.c.id)
        if state is not None:
            query = query.where(runs.c.state == state.value)
        with self._read() as connection:
            return [_run(row) for row in connection.execute(query)]


def _dump(info: dict[str, object]) -> str:
    return json.dumps(info, ensure_ascii=False, sort_keys=True)


def _run(row: Row[Any]) -> Run:
    return Run(row.id, RunState(row.state), row.reason, row.started, row.ended, json.loads(row.info))


__all__ = ["Catalog", "LedgerRow", "LedgerState", "Run", "RunState", "Skipped", "Visit"]
