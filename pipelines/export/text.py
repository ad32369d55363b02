"""Plain text: a file for each row that has text, named as in an archive, in a folder that appears when it is whole.

YYYY/MM/DD/<host>/<slug>-<id>.txt by capture date; undated/<host>/<slug>-<id>.txt for rows of files, which have none.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from pipelines import urls
from pipelines.errors import InputError, StorageError
from pipelines.export import values
from pipelines.export.values import Row
from pipelines.store.text import text_path

UNDATED: Final = "undated"
_ROW_ID = re.compile(r"[0-9a-f]{16}")
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
_SLUG_MAX: Final = 60


class TextWriter:
    """Writes text files below a folder that nobody else writes to."""

    def __init__(self, folder: Path, *, head: bool = False) -> None:
        """`head`: title, date and address stand above the text, as `extract --text` reads them."""
        self._folder = folder
        self._head = head
        self.without_text = 0  # rows that gave no file

    def write(self, row: Row, _line: bytes = b"") -> None:
        """Write the text of a row, if it has one. Raises `InputError` for what is no row."""
        text = row.get("text")
        if not isinstance(text, str | None):
            raise InputError(f"row {row.get('id')!r}: text: expected string; are these rows of ours?")
        if not text:
            self.without_text += 1
            return
        # A lone surrogate can't be written as UTF-8; rows hold none.
        self._create(place(row), f"{head(row) if self._head else ''}{text}\n".encode("utf-8", "replace"))

    def _create(self, path: PurePosixPath, data: bytes) -> None:
        """A new file; of rows that share a name, all but the first get a number behind it."""
        target = self._folder / path
        number = 1
        while True:
            try:
                with target.open("xb") as file:
                    file.write(data)
            except FileNotFoundError:
                target.parent.mkdir(parents=True, exist_ok=True)
            except FileExistsError:
                number += 1
                target = target.with_name(f"{path.stem}-{number}.txt")
            else:
                return


def place(row: Row) -> PurePosixPath:
    """Where a row's text lies: names of a fixed alphabet, whatever the row says."""
    name, url = str(row.get("id") or ""), str(row.get("url") or "")
    captured = values.moment(values.at("provenance.captured_at")(row))
    if captured is not None and _ROW_ID.fullmatch(name):
        return text_path(url, name, captured).relative_to("text")
    digest = hashlib.sha256(f"{url}\n{name}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
    slug = _NOT_IN_NAMES.sub("-", name.lower()).strip("-")[:_SLUG_MAX].strip("-") or "page"
    return PurePosixPath(UNDATED, urls.host_folder(url), f"{slug}-{digest}.txt")


def head(row: Row) -> str:
    """The lines above a text: those of title, date and address that the row knows, and an empty one."""
    stated = (
        ("Title", row.get("title")),
        ("Date", row.get("published")),
        ("URL", row.get("url") or row.get("canonical_url")),
    )
    lines = [f"{label}: {' '.join(str(value).split())}" for label, value in stated if value]
    return "".join(f"{line}\n" for line in (*lines, "")) if lines else ""


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """A folder to write into, which appears under its name at the end. Raises `StorageError`.

    The name must be free, or an empty folder's: what is there already is never mixed with what is new.
    """
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise StorageError(f"{target}: is there already, and not an empty folder; name another")
    growing = target.with_name(f".{target.name}.part")
    try:
        if growing.is_dir() and not growing.is_symlink():  # what a killed export left
            shutil.rmtree(growing)
        growing.mkdir()
        yield growing
        os.replace(growing, target)  # noqa: PTH105 - Path.replace says the same, and less clearly that it is for folders
    except OSError as error:
        raise StorageError(f"{target}: can't be written ({error.strerror})") from error
    finally:
        shutil.rmtree(growing, ignore_errors=True)
