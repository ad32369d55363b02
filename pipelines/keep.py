"""The one writer of derived data: a result becomes a text file and a catalog row, a run's end its folder."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path, PurePosixPath

from pipelines import rows, urls
from pipelines.extract.residue import prints
from pipelines.model import Derived, Found, Locator, Outcome, Processing, Provenance
from pipelines.store.catalog import Catalog, RunState
from pipelines.store.catalog_schema import Printed
from pipelines.store.runs import is_complete, write_run
from pipelines.store.text import remove_text, text_path, write_text


class Keeper:
    """Keeps what one run derives. Call it from one thread at a time."""

    def __init__(self, archive: Path, catalog: Catalog, processing: Processing, run: str) -> None:
        self._archive = archive
        self._catalog = catalog
        self._processing = processing
        self._run = run

    def keep(
        self,
        derived: Derived,
        row: bytes | None = None,
        found: Found | None = None,
        locator: Locator | None = None,
    ) -> None:
        """Keep one result; `row` is its JSON row where the worker made it already.

        `locator` says whose result it is where the record could not be read back, and so gave no provenance.
        The text file comes first: a row in the catalog names only files that are there. Raises `StorageError`.
        """
        if derived.provenance is None and locator is not None:
            derived, row = self._placed(derived, locator), None
        if row is None:
            row = rows.dumps(rows.row(derived, self._processing, found))
        self._catalog.keep(derived, row, self._write(derived), run=self._run, printed=_printed(derived, found))

    def keep_again(self, derived: Derived, row: bytes, *, run: str, applied: str) -> None:
        """Replace a row, which stays `run`'s, and its text; `applied` is the digest of what it was derived with."""
        path = self._write(derived)
        before = self._catalog.keep_again(derived, row, path, run=run, applied=applied)
        if before and before != path:
            remove_text(self._archive, PurePosixPath(before))

    def _write(self, derived: Derived) -> str:
        """The text file of a result, "" where it is no article."""
        if derived.outcome is not Outcome.ARTICLE or derived.article is None or derived.provenance is None:
            return ""
        place = text_path(derived.url, derived.id, derived.provenance.captured_at)
        write_text(self._archive, place, derived.article.text)
        return str(place)

    def _placed(self, derived: Derived, locator: Locator) -> Derived:
        """What is known of a record that can't be read: what the catalog noted when it was written."""
        capture = self._catalog.capture(locator.record_id)
        if capture is None:
            raise ValueError(f"{locator.record_id}: the catalog has no such capture")
        return replace(
            derived,
            id=urls.article_id(capture.url, capture.captured_at, capture.payload_digest),
            url=capture.url,
            provenance=Provenance(capture.locator, capture.payload_digest, capture.captured_at),
        )

    def close(self) -> None:
        """Write the run's folder from the catalog, once `Catalog.run_ended` was called. Idempotent."""
        run = self._catalog.run_of(self._run)
        if run is None or run.state is RunState.RUNNING:
            raise ValueError(f"run {self._run!r} has not ended: call Catalog.run_ended first")
        made_by = asdict(self._processing) | {"libraries": dict(self._processing.libraries)}
        self._catalog.note_run(self._run, processing=made_by)
        ended = self._catalog.run_of(self._run)
        assert ended is not None
        write_run(self._archive, self._catalog, ended)


def _printed(derived: Derived, found: Found | None) -> Printed | None:
    """What learning needs of a result; whatever became of it, as that may change with what is learnt."""
    if derived.article is None:
        return None
    taken = prints.take(derived.article)
    return (
        Printed(taken.outlet, str(prints.VERSION), taken.pack(), found=found) if taken.keys and taken.outlet else None
    )


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
