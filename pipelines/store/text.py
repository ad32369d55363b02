"""Text files: text/YYYY/MM/DD/<host>/<slug>-<id>.txt, one an article, by capture date.

A file holds the article's text, one block a line, and a final newline; nothing else: title, date and address are in
the catalog, under the same id. A page decides nothing about where its file lies: names come from a fixed alphabet, and
below `text/` no symbolic link is followed. Written whole or not at all, but not forced to the disk: text can be
derived again.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from pipelines import urls
from pipelines.errors import StorageError

ROOT = "text"
_ID = re.compile(r"[0-9a-f]{16}")
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


def text_path(url: str, row_id: str, captured_at: datetime) -> PurePosixPath:
    """Where the text of a row lies, relative to the archive. ValueError unless `row_id` is 16 hex digits."""
    if not _ID.fullmatch(row_id):
        raise ValueError(f"{row_id!r} is no row id: 16 hex digits")
    try:
        slug = urls.slug(url)
    except ValueError:  # foreign records hold targets that no parser takes
        slug = "page"
    day = captured_at.astimezone(UTC)
    return PurePosixPath(ROOT, f"{day.year:04}/{day:%m/%d}", urls.host_folder(url), f"{slug}-{row_id}.txt")


def write_text(archive: Path, path: PurePosixPath, text: str) -> None:
    """Write a text file under `archive` at a path that `text_path` gave. Raises `StorageError`."""
    # A lone surrogate can't be written as UTF-8; decoding lets none through, so "?" here is never seen.
    data = f"{text}\n".encode("utf-8", "replace")
    try:
        (archive / ROOT).mkdir(parents=True, exist_ok=True)  # may be a link of the operator's to another disk
        folder = os.open(archive / ROOT, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for part in path.parts[1:-1]:
                folder = _enter(folder, part)
            _replace(folder, path.name, data)
        finally:
            os.close(folder)
    except OSError as error:
        raise StorageError(f"{archive / path}: can't be written ({error.strerror})") from error


def remove_text(archive: Path, path: PurePosixPath) -> None:
    """Remove a text file at a path that `text_path` gave; one that is gone is fine. Raises `StorageError`."""
    try:
        folder = os.open(archive / ROOT, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for part in path.parts[1:-1]:
                folder = _enter(folder, part)
            with suppress(FileNotFoundError):
                os.unlink(path.name, dir_fd=folder)
        finally:
            os.close(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StorageError(f"{archive / path}: can't be removed ({error.strerror})") from error


def _enter(folder: int, name: str) -> int:
    """The folder `name` inside an open one, made if need be; the outer one is closed, unless this fails."""
    try:
        inner = os.open(name, _FOLDER, dir_fd=folder)
    except FileNotFoundError:
        with suppress(FileExistsError):  # another process was quicker
            os.mkdir(name, dir_fd=folder)
        inner = os.open(name, _FOLDER, dir_fd=folder)
    os.close(folder)
    return inner


def _replace(folder: int, name: str, data: bytes) -> None:
    part = f".{name}.part"
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o644, dir_fd=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.rename(part, name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        os.unlink(part, dir_fd=folder)
        raise
