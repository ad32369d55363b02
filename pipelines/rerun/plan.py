"""What is to be done: each source once, under a name of its own, and how far an earlier run brought it."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import orjson

from pipelines.errors import InputError
from pipelines.rerun import base, layout
from pipelines.rerun.base import Base
from pipelines.rerun.inputs import Source
from pipelines.rerun.job import Job
from pipelines.rerun.part import Unread

DIGESTS: Final = ".digests.json"
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]")
_NAME_MAX: Final = 180  # characters; file systems take 255 bytes, and endings follow


class State(StrEnum):
    """How far a part is."""

    NEW = "new"
    STALE = "stale"  # done, but of another input, other rules, versions, settings or another selection
    READ = "read"  # derived, but not yet with what all parts together say
    SEALED = "sealed"


@dataclass(frozen=True, slots=True)
class Planned:
    """A part and what is there of it."""

    job: Job
    state: State
    base: Base | None = None  # of READ and SEALED ones


@dataclass(frozen=True, slots=True)
class Plan:
    """A run as it stands."""

    parts: tuple[Planned, ...]  # by name
    unread: tuple[Unread, ...]  # sources that can't be read at all


def plan(run: Path, sources: Sequence[Source], job_of: Callable[[str, Source, str], Job]) -> Plan:
    """What is to be done; `job_of` makes a job of a part's name, its source and that one's digest.

    Raises `InputError` where the folder holds parts of inputs that are not named.
    """
    digested, unread = _digested(run, sources)
    planned = tuple(_planned(job_of(part, *source)) for part, source in sorted(_names(digested).items()))
    _refuse_others(run, planned, {_plain(each.part) for each in unread})
    return Plan(planned, tuple(unread))


def _planned(job: Job) -> Planned:
    current = base.read(job.run, job.part)
    if current is None:
        return Planned(job, State.STALE if layout.mark_path(job.run, job.part).is_file() else State.NEW)
    if current.facts != job.facts():
        return Planned(job, State.STALE)
    sealed = current.sealed and layout.mark_path(job.run, job.part).is_file()
    return Planned(job, State.SEALED if sealed else State.READ, current)


def _refuse_others(run: Path, planned: Iterable[Planned], unread: set[str]) -> None:
    """A run is made of its inputs: what others left in its folder would be counted with them."""
    wanted = {each.job.part: each.job.digest for each in planned}
    contents = set(wanted.values())
    for path in sorted((run / layout.KNOWN).glob("[!.]*.json")):
        part = path.name.removesuffix(".json")
        if part in wanted or part in unread:
            continue
        there = base.read(run, part)
        if there is None or f"sha256:{there.facts['sha256']}" in contents or there.facts["sha256"] in contents:
            base.remove(run, part)  # never finished, or the same file under the name that it had alone
            continue
        raise InputError(
            f"{run}: holds {part}, of {there.facts['source']}, which is not among the inputs: "
            "name it as well, or choose another folder for --out"
        )


def _names(sources: Iterable[tuple[Source, str]]) -> dict[str, tuple[Source, str]]:
    """Sources by the names of their parts. Two that share one have a piece of their digests behind it."""
    alike: defaultdict[str, dict[str, Source]] = defaultdict(dict)
    for source, digest in sources:
        alike[_plain(source.name).lower()].setdefault(digest, source)  # the same file twice is one
    found = {}
    for group in alike.values():
        for digest, source in group.items():
            name = _plain(source.name)
            found[f"{name}-{_short(digest)}" if len(group) > 1 else name] = (source, digest)
    return found


def _plain(name: str) -> str:
    """A file name of fixed letters for a source: nothing that leads anywhere, hidden or reserved nowhere."""
    last = name.rstrip("/").rpartition("/")[2]
    short = re.sub(r"\.gz$", "", last, flags=re.IGNORECASE)
    plain = _UNSAFE.sub("_", short).lstrip(".")[:_NAME_MAX]
    return plain if plain == short else f"{plain or 'warc'}-{_short(hashlib.sha256(name.encode()).hexdigest())}"


def _short(digest: str) -> str:
    kind, _, value = digest.rpartition(":")
    return (value if kind in {"", "sha256"} else hashlib.sha256(digest.encode()).hexdigest())[:8]


def _digested(run: Path, sources: Iterable[Source]) -> tuple[list[tuple[Source, str]], list[Unread]]:
    """Sources with their digests. A file whose size and time of change are as they were is not read again for it."""
    cache = run / DIGESTS
    known: dict[str, list[Any]] = orjson.loads(cache.read_bytes()) if cache.is_file() else {}
    seen: dict[str, list[Any]] = {}
    found: list[tuple[Source, str]] = []
    unread: list[Unread] = []
    for source in sources:
        try:
            found.append((source, _digest(source, known, seen)))
        except InputError as error:
            unread.append(Unread(source.name, str(error)))
    with layout.whole(cache) as file:
        file.write(layout.dump(seen))
    return found, unread


def _digest(source: Source, known: dict[str, list[Any]], seen: dict[str, list[Any]]) -> str:
    path = source.path
    if path is None or source.named:
        return source.digest()
    try:
        status = path.stat()
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror})") from error
    key, facts = str(path.resolve()), [status.st_size, status.st_mtime_ns]
    *before, digest = known.get(key, [None])
    if before != facts:
        digest = source.digest()
    seen[key] = [*facts, digest]
    return str(digest)
