"""The second half of a part: what all pages together say of its rows is applied, and the part is sealed.

That is what outlets repeat, for which a page is derived again, and which payload a revisit speaks of. Rows that
neither concerns are taken over as the frames that they are.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipelines.errors import InputError, StorageError
from pipelines.rerun import base, known, layout
from pipelines.rerun.base import Base
from pipelines.rerun.job import Job
from pipelines.rerun.part import Told, Unread
from pipelines.rerun.rewrite import Change, Rewriting
from pipelines.workers import DerivePool


def seal(
    job: Job, changes: tuple[Change, ...], pool: DerivePool | None = None, told: Told | None = None
) -> dict[str, Any] | Unread:
    """Bring a part to what `changes` say, undo whatever was applied before, and write its mark, which is returned.

    Raises `StorageError`.
    """
    current = base.read(job.run, job.part)
    if current is None:
        raise ValueError(f"{job.part}: it has not been read")
    moved = _moved(current, changes)
    if current.sealed and moved:
        current = _unseal(job, current)
    if not current.sealed:
        try:
            current = _settle(job, current, {change.row: change for change in changes}, moved, pool, told)
        except InputError as error:
            return Unread(job.part, str(error))
    mark = _mark(job, current)
    with layout.whole(layout.mark_path(job.run, job.part)) as file:
        file.write(layout.dump(mark))
    base.rows_path(job.run, job.part, sealed=False).unlink(missing_ok=True)
    return mark


def is_current(current: Base, changes: tuple[Change, ...]) -> bool:
    """Whether a part has these changes and no others."""
    return not _moved(current, changes)


def _moved(current: Base, changes: tuple[Change, ...]) -> set[int]:
    """Rows that are not yet, or not any more, to be as they are."""
    wanted = {(change.row, change.digest) for change in changes}
    applied = {(each.row, each.digest) for each in current.applied}
    return {row for row, _ in wanted ^ applied}


def _unseal(job: Job, current: Base) -> Base:
    """Put the rows of a sealed part back into known/: until they are sealed again, they are what is built on."""
    _link(layout.rows_path(job.run, job.part), base.rows_path(job.run, job.part, sealed=False))
    current = replace(current, sealed=False)
    base.write(job.run, job.part, current)
    layout.mark_path(job.run, job.part).unlink(missing_ok=True)
    return current


def _settle(
    job: Job, current: Base, wanted: dict[int, Change], moved: set[int], pool: DerivePool | None, told: Told | None
) -> Base:
    """Put the rows into parts/, with the changes of those that moved."""
    target = layout.rows_path(job.run, job.part)
    if moved:
        with ExitStack() as stack:
            workers = pool or stack.enter_context(job.pool())
            file = stack.enter_context(layout.whole(target))
            current = Rewriting(job, workers, current, wanted, moved, told).run(file)
    else:
        _link(base.rows_path(job.run, job.part, sealed=False), target)
    current = replace(current, sealed=True)
    base.write(job.run, job.part, current)
    return current


def _link(source: Path, target: Path) -> None:
    """Give a file a second name, or copy it where the file system has no such thing. Raises `StorageError`."""
    growing = target.with_name(f".{target.name}.part")
    growing.unlink(missing_ok=True)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, growing)
        except OSError:
            shutil.copyfile(source, growing)
        growing.replace(target)
    except OSError as error:
        raise StorageError(f"{target}: can't be written ({error.strerror or error})") from error


def _mark(job: Job, current: Base) -> dict[str, Any]:
    """The completion mark of a part."""
    applied = {each.row: each.outcome for each in current.applied}
    found = (entry.row for entry in known.entries(base.lines_path(job.run, job.part)) if entry.row is not None)
    outcomes = Counter(applied.get(number, row.outcome).value for number, row in enumerate(found))
    return {
        **current.facts,
        "repeats": base.applied_digest(current.applied),
        "rows": outcomes.total(),
        "outcomes": dict(sorted(outcomes.items())),
        "without_row": current.without_row,
        "damages": current.damages,
        "part_sha256": current.rows_sha256,
    }
