"""An archive folder as commands see it: opened for reading, never changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.errors import InputError
from pipelines.store.catalog import Catalog

CATALOG = "catalog.sqlite"


@contextmanager
def open_catalog(folder: str) -> Iterator[Catalog]:
    """The catalog of an archive. Raises InputError where there is none."""
    archive = Path(folder)
    if not archive.is_dir():
        raise InputError(f"{folder}: there is no such folder; name an archive, such as the archive.path of crawl.toml")
    if not (archive / CATALOG).is_file():
        raise InputError(f"{folder}: no archive: it holds no {CATALOG}")
    catalog = Catalog(archive / CATALOG, readonly=True)
    try:
        yield catalog
    finally:
        catalog.close()
