"""A re-run from end to end: plan, first readings, what all parts say together, sealing, and run.json last.

The output is a function of the inputs' bytes, the selection and the derivation: no clock, host, path, order of files or
number of workers is in it. A run that was killed goes on where it was, and ends with the same bytes.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from pipelines.derive import DeriveSettings, processing
from pipelines.errors import BusyError, StorageError
from pipelines.extract.residue.strip import Evidence
from pipelines.model import Outcome
from pipelines.rerun import base, known, layout
from pipelines.rerun.inputs import Source
from pipelines.rerun.job import Job, Limits, derivation
from pipelines.rerun.learn import Learnt, learn
from pipelines.rerun.part import Unread, first
from pipelines.rerun.plan import Plan, Planned, State, plan
from pipelines.rerun.progress import LOCK
from pipelines.rerun.schedule import Scheduler
from pipelines.rerun.seal import is_current, seal
from pipelines.rerun.select import Selection


@dataclass(frozen=True, slots=True)
class Request:
    """What a re-run is to do."""

    run: Path  # the folder for its output
    sources: tuple[Source, ...]
    selection: Selection
    settings: DeriveSettings
    limits: Limits

    def job(self, part: str, source: Source, digest: str) -> Job:
        made_by = processing(residue=self.settings.residue)
        return Job(self.run, part, source, digest, source.size, self.selection, self.settings, made_by, self.limits)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it."""

    facts: dict[str, Any]  # run.json
    unread: tuple[Unread, ...]
    planned: Counter[State]  # how the parts stood at the start
    read: int  # parts that were derived
    sealed: int  # parts that were sealed, once more or for the first time


class Watching:
    """Hears how a run goes. Does nothing by itself."""

    def planned(self, plan: Plan) -> None:
        """What is to be done is known."""

    def read(self, part: str) -> None:
        """A part was derived."""

    def sealing(self, parts: int) -> None:
        """So many parts are there to be sealed."""


def rerun(request: Request, scheduler: Scheduler, watching: Watching) -> Result:
    """Do what is left of a run. Raises `InputError`, `StorageError`, and `BusyError` while another one is at it."""
    with _lock(request.run):
        now = plan(request.run, request.sources, request.job)
        watching.planned(now)
        _write(request, now.parts, None, complete=False)
        unread = list(now.unread)
        read = 0
        todo = ((each.job,) for each in now.parts if each.state in {State.NEW, State.STALE})
        for made in scheduler.each(first, todo):
            if isinstance(made, Unread):
                unread.append(made)
            else:
                read += 1
                watching.read(made.facts["part"])
        failed = {each.part for each in unread}
        there = [each.job for each in now.parts if each.job.part not in failed]
        repetition = Evidence.REPEATS in request.settings.residue.evidence
        learnt = learn(request.run, (job.part for job in there), repetition=repetition)
        unsealed = list(_unsealed(there, learnt))
        watching.sealing(len(unsealed))
        marks = list(scheduler.each(seal, ((job, learnt.changes(job.part)) for job in unsealed)))
        unread += [mark for mark in marks if isinstance(mark, Unread)]
        _write_outcomes(request.run)
        facts = _write(request, now.parts, learnt, complete=not unread)
        return Result(facts, tuple(unread), Counter(each.state for each in now.parts), read, len(marks))


def _unsealed(jobs: Iterable[Job], learnt: Learnt) -> Iterator[Job]:
    for job in jobs:
        current = base.read(job.run, job.part)
        marked = layout.mark_path(job.run, job.part).is_file()
        if current is None or not (current.sealed and marked and is_current(current, learnt.changes(job.part))):
            yield job


def _write_outcomes(run: Path) -> None:
    """outcomes.jsonl: what gave no article, and where it lies."""
    with layout.whole(run / layout.OUTCOMES) as file:
        for part in layout.parts(run):
            for line in _outcomes(run, part.name):
                file.write(line)


def _outcomes(run: Path, part: str) -> Iterator[bytes]:
    current = base.read(run, part)
    assert current is not None  # it has a mark
    applied = {each.row: each for each in current.applied}
    lines = (entry for entry in known.entries(base.lines_path(run, part)))
    for number, (entry, row) in enumerate((entry, entry.row) for entry in lines if entry.row is not None):
        now = applied[number].over(row) if number in applied else row
        if now.outcome is not Outcome.ARTICLE:
            said = {"id": now.id, "url": entry.capture.url, "outcome": now.outcome.value, "detail": now.detail}
            place = {"warc": current.facts["source"], "offset": entry.offset}
            yield orjson.dumps(said | place) + b"\n"


def _write(request: Request, planned: Iterable[Planned], learnt: Learnt | None, *, complete: bool) -> dict[str, Any]:
    """Write run.json as things stand; returns it."""
    jobs = [each.job for each in planned]
    made_by = processing(residue=request.settings.residue)
    marks = [part.mark for part in layout.parts(request.run)]
    outcomes, without_row = Counter[str](), Counter[str]()
    for mark in marks:
        outcomes.update(mark["outcomes"])
        without_row.update(mark["without_row"])
    facts: dict[str, Any] = {
        "kind": "rerun",
        "id": _id(request, jobs),
        "processing": asdict(made_by) | {"libraries": dict(made_by.libraries), "run": None},
        "derivation": derivation(made_by, request.settings, request.limits),
        "selection": request.selection.facts(),
        "selection_digest": request.selection.digest,
        "inputs": [job.source.name for job in jobs],
        "repeats": learnt.facts() if learnt is not None else None,
        "parts": len(marks),
        "rows": outcomes.total(),
        "outcomes": dict(sorted(outcomes.items())),
        "without_row": dict(sorted(without_row.items())),
        "damages": sum(len(mark["damages"]) for mark in marks),
        "complete": complete,
    }
    with layout.whole(request.run / layout.RUN) as file:
        file.write(layout.dump(facts))
    return facts


def _id(request: Request, jobs: Iterable[Job]) -> str:
    """The name of a run: the same for the same inputs, derived in the same way."""
    said = [sorted(job.facts().items()) for job in jobs]
    return hashlib.sha256(orjson.dumps([said, request.selection.facts()])).hexdigest()[:16]


@contextmanager
def _lock(run: Path) -> Iterator[None]:
    """The run's folder, held by this process alone."""
    try:
        for folder in (run / layout.PARTS, run / layout.KNOWN):
            folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(run / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StorageError(f"{run}: can't be written ({error.strerror}); choose another folder for --out") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BusyError(f"{run}: another re-run is at work in this folder") from None
    else:
        yield
    finally:
        os.close(handle)
