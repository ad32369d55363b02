"""Rows that somebody made earlier, whatever keeps them: a re-run, an archive, one run of it, a file of rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from pipelines.errors import InputError
from pipelines.rerun import layout
from pipelines.store.catalog import Catalog
from pipelines.store.runs import RUNS

CATALOG: Final = "catalog.sqlite"
_SKIPPED: Final = "skipped.jsonl"  # of a live run's folder: what gave no article, as url, outcome, detail and place
_PLACE: Final = ("warc", "offset", "length", "record_id", "captured_at")


@dataclass(frozen=True, slots=True)
class Stored:
    """A run on disk. Its rows can be read as often as one likes, and come in the same order each time."""

    path: Path
    archive: Path | None = None  # the archive that holds it
    run: str = ""  # of a live archive; "": all its runs

    def lines(self) -> Iterator[bytes]:
        """The rows, a JSON line each. Raises `InputError`.

        Of a live run whose archive is not around it there are whole rows of the articles; the others have an
        outcome, a place and no blocks.
        """
        if self.archive is not None:
            with _catalog(self.archive) as catalog:
                yield from catalog.rows(self.run or None)
            return
        yield from layout.lines_of(self.path)
        if self.path.is_dir() and not layout.is_rerun(self.path) and (self.path / _SKIPPED).is_file():
            for line in layout.lines_of(self.path / _SKIPPED):
                if (skipped := _thin(line, self.path / _SKIPPED)) is not None:
                    yield orjson.dumps(skipped)

    def rows(self) -> Iterator[dict[str, Any]]:
        for line in self.lines():
            yield parsed(line, self.path)

    def facts(self) -> dict[str, Any]:
        """run.json, {} where there is none."""
        return layout.read_run(self.path) if self.path.is_dir() else {}


def stored(path: Path) -> Stored:
    """Open a re-run's folder, an archive, one of its runs/<id>, or a file of rows. Raises `InputError` for others."""
    if (path / CATALOG).is_file():
        return Stored(path, path)
    if path.is_dir():
        archive = path.absolute().parent.parent
        if path.absolute().parent.name == RUNS and (archive / CATALOG).is_file():
            with _catalog(archive) as catalog:
                if catalog.run_of(path.absolute().name) is not None:
                    return Stored(path, archive, path.absolute().name)
        elif not layout.is_rerun(path) and not (path / "articles.jsonl.gz").is_file():
            raise InputError(
                f"{path}: no run; name a re-run's --out folder, an archive, an archive's runs/<id>, or a file of rows"
            )
    elif not path.exists():
        raise InputError(f"{path}: there is no such run or file")
    return Stored(path)


def parsed(line: bytes, where: Path) -> dict[str, Any]:
    """A line as a row. Raises `InputError` for what is none."""
    row = _parsed(line, where)
    if not isinstance(row.get("id"), str | None) or "outcome" not in row:
        raise InputError(f"{where}: a line is no row: {line[:80]!r}")
    return row


def _parsed(line: bytes, where: Path) -> dict[str, Any]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise InputError(f"{where}: a line is no row ({error}): {line[:80]!r}") from error
    if not isinstance(value, dict):
        raise InputError(f"{where}: a line is no row: {line[:80]!r}")
    return value


@contextmanager
def _catalog(archive: Path) -> Iterator[Catalog]:
    catalog = Catalog(archive / CATALOG, readonly=True)
    try:
        yield catalog
    finally:
        catalog.close()


def _thin(line: bytes, where: Path) -> dict[str, Any] | None:
    """A line of skipped.jsonl as a row that knows little; None for a URL that has no record, as it was never asked."""
    skipped = _parsed(line, where)
    if not skipped.get("warc"):
        return None
    return {
        "id": None,
        "url": skipped.get("url"),
        "outcome": skipped.get("outcome"),
        "detail": skipped.get("detail") or "",
        "provenance": {name: skipped.get(name) for name in _PLACE},
        "processing": None,
    }
