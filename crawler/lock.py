"""One crawl at a time in an archive: a lock that the system takes back when its process ends, however it ends."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from pipelines.errors import BusyError, StorageError

NAME = ".lock"

_held: set[int] = set()  # descriptors of this process's locks


@contextmanager
def archive_lock(archive: Path, purpose: str = "crawl") -> Iterator[None]:
    """Hold `archive`/.lock for the block.

    It is a flock: kill -9 and a power cut free it, a file left behind locks nothing, and a number of a dead process
    that another one got since is never looked at. Children don't inherit it (the descriptor closes on exec, and forked
    workers close it at their start). Raises `BusyError` with the holder's process
    id and start, `StorageError` where the file can't be made.
    """
    path = archive / NAME
    try:
        archive.mkdir(parents=True, exist_ok=True)
        # Never removed: between the removal and the next start two processes could lock two files of that name.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StorageError(f"{path}: can't be made ({error.strerror}); is the archive writable?") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(f"{archive}: another crawl is at work here ({_holder(descriptor)})") from None
        except OSError as error:
            raise StorageError(f"{path}: can't be locked ({error.strerror}); is it on a network share?") from error
        facts = {"pid": os.getpid(), "started": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "purpose": purpose}
        with suppress(OSError):  # on a full disk the lock holds without its words
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(facts).encode("ascii"), 0)
        _held.add(descriptor)
        try:
            yield
        finally:
            _held.discard(descriptor)
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)  # frees the lock


def _release_in_children() -> None:
    # A flock belongs to the open file, which a forked child shares: it would hold the lock after its parent's death.
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_release_in_children)


def _holder(descriptor: int) -> str:
    try:
        facts = json.loads(os.pread(descriptor, 1000, 0))
        return f"{facts['purpose']}, process {int(facts['pid'])}, since {facts['started']}"
    except (ValueError, KeyError, TypeError):
        return "it has not said which yet"
