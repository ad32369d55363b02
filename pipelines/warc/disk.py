"""A WARC file that grows: named, locked, appended to in whole batches, cut back when the disk refuses, sealed.

While it grows it is called `<name>.open` and its writer holds a lock on it that dies with the process.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from pipelines.errors import StorageError

OPEN = ".open"
_NAME = re.compile(r"[^a-z0-9]+")


def sync_folder(folder: Path) -> None:
    """Make renames and new names in a folder durable. Raises `OSError`."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def storage_error(error: OSError, path: Path) -> StorageError:
    """An `OSError` of writing, as one that says what, where and what to do."""
    advice = {
        errno.ENOSPC: "free space on that disk, or move the archive, then start again",
        errno.EDQUOT: "raise the quota or free space, then start again",
        errno.EFBIG: "the file may not grow further (file system or ulimit -f): raise the limit or lower roll_bytes",
        errno.EROFS: "the file system is read-only: check the disk",
        errno.EACCES: "give the user of the crawl the right to write there",
        errno.EIO: "the disk is failing: check it before you start again",
    }.get(error.errno or 0, "check the disk, then start again")
    return StorageError(f"{path}: can't write ({error.strerror or error}); {advice}. What was stored before is intact.")


def lock(handle: int) -> bool:
    """Take the writer's lock of an open file, without waiting; False if somebody else has it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class GrowingFile:
    """The file that a recorder appends to. `size` is the end of the last whole batch."""

    def __init__(self, archive: Path, prefix: str, run: str, at: datetime, *, fsync: bool) -> None:
        """Create it under `archive`/warc/YYYY/MM/DD. Raises `OSError`."""
        self._archive, self._fsync = archive, fsync
        self.size = 0
        folder = archive / f"warc/{at:%Y/%m/%d}"
        folder.mkdir(parents=True, exist_ok=True)
        while True:
            # The random part keeps two recorders apart that start within a second.
            parts = (_plain(prefix), f"{at:%Y%m%d%H%M%S}", _plain(run), secrets.token_hex(4))
            self.path = folder / ("-".join(part for part in parts if part) + ".warc.gz")
            self._handle = os.open(self._open_path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
            if lock(self._handle) and self._is_ours():
                break
            os.close(self._handle)  # a recovery that ran in this very moment took it for a dead one's
        if fsync:
            sync_folder(folder)

    @property
    def _open_path(self) -> Path:
        return self.path.with_name(self.path.name + OPEN)

    @property
    def warc(self) -> str:
        """Its name in locators."""
        return self.path.relative_to(self._archive).as_posix()

    def _is_ours(self) -> bool:
        with suppress(FileNotFoundError):
            return self._open_path.stat().st_ino == os.fstat(self._handle).st_ino
        return False

    def append(self, data: bytes) -> None:
        """Write a batch whole, and to the disk if asked for; if that fails the file is as before. Raises `OSError`."""
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._handle, rest) :]
            if self._fsync:
                os.fdatasync(self._handle)
        except OSError:
            self._cut_back()
            raise
        self.size += len(data)

    def _cut_back(self) -> None:
        # If even this fails the next start's recovery finds the last sound record by itself.
        with suppress(OSError):
            os.ftruncate(self._handle, self.size)
            os.lseek(self._handle, self.size, os.SEEK_SET)

    def seal(self) -> Path:
        """Give it its final name and let go of it. Raises `OSError`; the file is closed either way."""
        try:
            os.fsync(self._handle)
            self._open_path.rename(self.path)
            sync_folder(self.path.parent)
        finally:
            self.close()
        return self.path

    def close(self) -> None:
        """Let go of it as it is: `<name>.open`, for the next start to recover."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def _plain(text: str) -> str:
    """A part of a file name: a-z, 0-9 and hyphens."""
    return _NAME.sub("-", text.lower()).strip("-")[:60]
