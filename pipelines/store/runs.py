"""Run folders: runs/<run-id>/ with what one run made, written from the catalog when the run has ended.

    articles.jsonl.gz   the rows with outcome "article", by capture time and id
    skipped.jsonl       all others: rows with another outcome, then URLs that ended without a row
    run.json            the run itself; written last, so a folder that has it is complete

The same catalog gives the same bytes: rows have a fixed order, and the gzip head holds no time and no name.
"""

from __future__ import annotations

import gzip
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import orjson

from pipelines.errors import StorageError
from pipelines.model import Outcome
from pipelines.store.catalog import Catalog, Run
from pipelines.store.catalog_schema import Skipped

RUNS = "runs"


def new_run_id(now: datetime) -> str:
    """A name for a run that starts at `now` (UTC): sorts by time, unique enough for several a second."""
    return f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def run_folder(archive: Path, run: str) -> Path:
    """The folder of a run."""
    return archive / RUNS / run


def is_complete(archive: Path, run: str) -> bool:
    """Whether a run's folder was written to its end."""
    return (run_folder(archive, run) / "run.json").is_file()


def write_run(archive: Path, catalog: Catalog, run: Run) -> Path:
    """Write the folder of a run that has ended; returns it. Raises `StorageError`."""
    folder = run_folder(archive, run.id)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _whole(folder / "articles.jsonl.gz") as file, gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
            for row in catalog.rows(run.id, Outcome.ARTICLE):
                packed.write(row.rstrip(b"\n") + b"\n")
        with _whole(folder / "skipped.jsonl") as file:
            for skipped in catalog.skipped(run.id):
                file.write(orjson.dumps(_line(skipped)) + b"\n")
        with _whole(folder / "run.json") as file:
            file.write(orjson.dumps(facts(archive, catalog, run), option=orjson.OPT_INDENT_2) + b"\n")
    except OSError as error:
        raise StorageError(f"{folder}: can't be written ({error.strerror}); its rows are in the catalog") from error
    return folder


def facts(archive: Path, catalog: Catalog, run: Run) -> dict[str, Any]:
    """run.json: what the run said of itself, and what the catalog counts."""
    warcs = catalog.warcs(run.id)
    return {
        **run.facts(),
        "outcomes": catalog.counts(run.id),
        "sealed": [name for name in warcs if (archive / name).is_file()],
        "open": [name for name in warcs if not (archive / name).is_file()],
    }


def _line(skipped: Skipped) -> dict[str, Any]:
    """A line of skipped.jsonl: locator and capture time are null where nothing was captured."""
    line = asdict(skipped)
    if not skipped.warc:
        line |= {"warc": None, "offset": None, "length": None, "record_id": None, "captured_at": None}
    return line | {"retry_at": skipped.retry_at or None}


@contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    """A file that appears under its name only when all of it is on the disk."""
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
