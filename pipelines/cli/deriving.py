"""Many pages through the workers and back in their order, with no more of them in memory than the workers need."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines import rows
from pipelines.cli.pages import Html, Input, NoPage, Page
from pipelines.cli.repeating import Learning, Source, twice
from pipelines.config import Config
from pipelines.derive import DeriveSettings, processing
from pipelines.errors import DocumentError, InputError
from pipelines.model import Damage, Derived, Item, Outcome, Processing
from pipelines.workers import Again, DerivePool, Worked

AHEAD = 8  # pages for each worker that are read before the first of them is written
LISTED = 100  # faults that are named one by one


@dataclass
class Tally:
    """What came of an input: rows by outcome, records without a row by what they are, and what could not be read."""

    outcomes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    damages: int = 0
    unreadable: int = 0
    faults: list[str] = field(default_factory=list)
    repeats: Learning | None = None

    def damage(self, damage: Damage) -> None:
        self.damages += 1
        self._fault(f"{damage.warc} at {damage.offset}: {damage.kind.value}: {damage.detail}")

    def cannot_read(self, error: InputError) -> None:
        self.unreadable += 1
        self._fault(str(error))

    def _fault(self, message: str) -> None:
        if len(self.faults) < LISTED:
            self.faults.append(message)

    @property
    def unlisted(self) -> int:
        return self.damages + self.unreadable - len(self.faults)

    def facts(self) -> dict[str, Any]:
        return {
            "rows": self.outcomes.total(),
            "outcomes": dict(sorted(self.outcomes.items())),
            "records_without_row": dict(sorted(self.kinds.items())),
            "damages": self.damages,
            "unreadable": self.unreadable,
            "faults": self.faults,
            **({"repeats": self.repeats.facts()} if self.repeats else {}),
        }


def derive_all(
    inputs: Iterable[Input],
    config: Config,
    settings: DeriveSettings,
    jobs: int,
    tally: Tally,
    *,
    repeats: bool = False,
    spool: Path | None = None,
) -> Iterator[Worked]:
    """The rows of all pages in input order, whatever the number of `jobs` (0: one a processor).

    With `repeats`, they come when all pages were read, without what their outlets repeat; `spool` is a folder for
    temporary files.
    """
    limits = config.derive
    made_by = processing(residue=settings.residue)
    ahead = AHEAD * (jobs or len(os.sched_getaffinity(0)))
    with DerivePool(jobs, limits.timeout_seconds, limits.memory_bytes, settings, Path(), made_by) as pool:

        def submit(source: Source, again: Again | None = None) -> Future[Worked]:
            return _submit(pool, source, config, made_by, again)

        derived: Iterable[Worked]
        first = _first(inputs, submit, ahead, tally)
        if repeats:
            tally.repeats = Learning()
            derived = twice(first, submit, ahead, tally.repeats, spool)
        else:
            derived = (worked for _, worked in first)
        for worked in derived:
            tally.outcomes[worked.derived.outcome.value] += 1
            yield worked


def _first(
    inputs: Iterable[Input], submit: Callable[[Source], Future[Worked]], ahead: int, tally: Tally
) -> Iterator[tuple[Page | Html, Worked]]:
    """Each page with its row; what is none, or can't be read, is counted."""
    waiting: deque[tuple[Page | Html, Future[Worked]]] = deque()
    for item in inputs:
        match item:
            case Damage():
                tally.damage(item)
            case NoPage():
                tally.kinds[item.kind] += 1
            case _:
                try:
                    waiting.append((item, submit(item)))
                except InputError as error:
                    tally.cannot_read(error)
        while len(waiting) >= ahead:
            yield from _result(*waiting.popleft(), tally)
    while waiting:
        yield from _result(*waiting.popleft(), tally)


def _submit(
    pool: DerivePool, source: Source, config: Config, made_by: Processing, again: Again | None
) -> Future[Worked]:
    """Hand a page to the workers. Raises InputError for a file that can't be read."""
    match source:
        case Item():
            return pool.submit(source, again)
        case Page():
            return (
                pool.submit(source.item, again)
                if source.again
                else pool.submit_record(source.record, source.item, again)
            )
    try:
        html = source.html(config.fetch.decoded_max)
    except DocumentError as error:
        derived = Derived(source.id, source.url, Outcome.UNDECODABLE, str(error))
        known: Future[Worked] = Future()
        known.set_result(Worked(derived, rows.dumps(rows.row(derived, made_by))))
        return known
    submit = pool.submit_text if source.plain else pool.submit_html
    return submit(html, id=source.id, url=source.url, again=again)


def _result(page: Page | Html, future: Future[Worked], tally: Tally) -> Iterator[tuple[Page | Html, Worked]]:
    try:
        yield page, future.result()
    except InputError as error:  # a WARC that went away since its record was found
        tally.cannot_read(error)
