"""The one writer of derived data: a result becomes a text file and a catalog row, a run's end its folder."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from pipelines import rows
from pipelines.model import Derived, Found, Outcome, Processing
from pipelines.store.catalog import Catalog, RunState
from pipelines.store.runs import is_complete, write_run
from pipelines.store.text import text_path, write_text


class Keeper:
    """Keeps what one run derives. Call it from one thread at a time."""

    def __init__(self, archive: Path, catalog: Catalog, processing: Processing, run: str) -> None:
        self._archive = archive
        self._catalog = catalog
        self._processing = processing
        self._run = run

    def keep(self, derived: Derived, row: bytes | None = None, found: Found | None = None) -> None:
        """Keep one result; `row` is its JSON row where the worker made it already.

        The text file comes first: a row in the catalog names only files that are there. Raises `StorageError`.
        """
        if row is None:
            row = rows.dumps(rows.row(derived, self._processing, found))
        path = ""
        if derived.outcome is Outcome.ARTICLE and derived.article is not None and derived.provenance is not None:
            place = text_path(derived.url, derived.id, derived.provenance.captured_at)
            write_text(self._archive, place, derived.article.text)
            path = str(place)
        self._catalog.keep(derived, row, path, run=self._run)

    def close(self) -> None:
        """Write the run's folder from the catalog, once `Catalog.run_ended` was called. Idempotent."""
        run = self._catalog.run_of(self._run)
        if run is None or run.state is RunState.RUNNING:
            raise ValueError(f"run {self._run!r} has not ended: call Catalog.run_ended first")
        self._catalog.note_run(self._run, processing=asdict(self._processing))
        ended = self._catalog.run_of(self._run)
        assert ended is not None
        write_run(self._archive, self._catalog, ended)


def complete_runs(archive: Path, catalog: Catalog) -> list[str]:
    """Write the folders that dead runs could not write; returns their ids. Call it under the archive's lock.

    A run that is still marked as running has died: nobody else may hold the archive now. The time of its end is
    unknown, and stays so.
    """
    completed = []
    for run in catalog.runs():
        if run.state is RunState.RUNNING and run.id != catalog.run:
            catalog.run_ended(run.id, None, RunState.KILLED.value)
        elif run.id == catalog.run or is_complete(archive, run.id):
            continue
        ended = catalog.run_of(run.id)
        assert ended is not None
        write_run(archive, catalog, ended)
        completed.append(run.id)
    return completed
