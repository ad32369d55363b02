"""Where `export` takes its rows from: an archive's catalog, the folder of a run, a file of rows, or a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from pipelines.cli.archive import CATALOG, open_catalog
from pipelines.errors import InputError
from pipelines.export.values import Row
from pipelines.model import Outcome
from pipelines.rerun import layout
from pipelines.store.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Source:
    """Rows as they are stored, without their line ends."""

    lines: Iterable[bytes]
    total: int | None = None  # how many there are, where that is known
    missing: str = ""  # what it does not have yet, in words

    def rows(self) -> Iterator[tuple[bytes, Row]]:
        """Each line with the row that it is. Raises `InputError` for a line that is none."""
        for number, line in enumerate(self.lines, 1):
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise InputError(f"row {number}: no JSON ({error}): {line[:80]!r}") from error
            if not isinstance(row, dict) or "outcome" not in row:
                raise InputError(f"row {number}: no row of an article: {line[:80]!r}")
            yield line, row


@contextmanager
def open_source(name: str, run: str | None, outcomes: frozenset[str]) -> Iterator[Source]:
    """The rows of what `name` names; of an archive's `run`, if it is named. Rows of other outcomes may come too.

    Raises `InputError` where there are none, and for a `run` where no catalog tells the runs apart.
    """
    path = Path(name)
    if name != "-" and path.is_dir() and not layout.is_rerun(path) and not _is_live_run(path):
        with open_catalog(name) as catalog:
            yield _of_catalog(name, catalog, run, outcomes)
    elif run is not None:
        raise InputError(f"{name}: --run is for archives: only their {CATALOG} tells one run's rows from another's")
    elif name == "-":
        yield Source(line.rstrip(b"\r\n") for line in sys.stdin.buffer if line.strip())
    else:
        yield _of_run(path, outcomes)


def _is_live_run(folder: Path) -> bool:
    return not (folder / CATALOG).exists() and (folder / layout.RUN).is_file()


def _of_catalog(name: str, catalog: Catalog, run: str | None, outcomes: frozenset[str]) -> Source:
    if run is not None and catalog.run_of(run) is None:
        raise InputError(f"{name}: no run {run!r}; `warchronicle status {name}` names the last ones")
    if len(outcomes) != 1:
        return Source(catalog.rows(run))
    (outcome,) = outcomes
    total = catalog.counts(run).get(outcome, 0) if outcome == Outcome.ARTICLE else None  # others may have no row
    return Source(catalog.rows(run, Outcome(outcome)), total)


def _of_run(path: Path, outcomes: frozenset[str]) -> Source:
    if not path.is_dir():
        return Source(layout.lines_of(path))
    facts = layout.read_run(path)
    total = facts.get("rows")
    missing = ""
    if not layout.is_rerun(path):
        if outcomes != {Outcome.ARTICLE}:
            missing = f"{path}: only articles are here; name the archive, with --run {path.name}, for all rows"
    elif not facts.get("complete"):
        missing = (
            f"{path}: the re-run is not complete; {len(layout.parts(path)):,} parts of it are, these are their rows"
        )
    return Source(layout.lines_of(path), total if isinstance(total, int) else None, missing)
