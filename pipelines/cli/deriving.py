"""Many pages through the workers and back in their order, with no more of them in memory than the workers need."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines import rows
from pipelines.cli.pages import Html, Input, NoPage, Page
from pipelines.config import Config
from pipelines.derive import DeriveSettings, processing
from pipelines.errors import DocumentError, InputError
from pipelines.model import Damage, Derived, Outcome
from pipelines.workers import DerivePool, Worked

AHEAD = 8  # pages for each worker that are read before the first of them is written
LISTED = 100  # faults that are named one by one


@dataclass
class Tally:
    """What came of an input: rows by outcome, records without a row by role, and what could not be read."""

    outcomes: Counter[str] = field(default_factory=Counter)
    roles: Counter[str] = field(default_factory=Counter)
    damages: int = 0
    unreadable: int = 0
    faults: list[str] = field(default_factory=list)

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
            "records_without_row": dict(sorted(self.roles.items())),
            "damages": self.damages,
            "unreadable": self.unreadable,
            "faults": self.faults,
        }


def derive_all(
    inputs: Iterable[Input], config: Config, settings: DeriveSettings, jobs: int, tally: Tally
) -> Iterator[Worked]:
    """The rows of all pages in input order, whatever the number of `jobs` (0: one a processor)."""
    limits = config.derive
    made_by = processing()
    ahead = AHEAD * (jobs or len(os.sched_getaffinity(0)))
    waiting: deque[Future[Worked]] = deque()
    with DerivePool(jobs, limits.timeout_seconds, limits.memory_bytes, settings, Path(), made_by) as pool:
        for item in inputs:
            match item:
                case Damage():
                    tally.damage(item)
                case NoPage():
                    tally.roles[item.role.value] += 1
                case Page():
                    waiting.append(pool.submit(item.item) if item.again else pool.submit_record(item.record, item.item))
                case Html():
                    _submit(pool, item, config, waiting, tally)
            while len(waiting) >= ahead:
                yield from _result(waiting.popleft(), tally)
        while waiting:
            yield from _result(waiting.popleft(), tally)


def _submit(pool: DerivePool, page: Html, config: Config, waiting: deque[Future[Worked]], tally: Tally) -> None:
    try:
        html = page.html(config.fetch.decoded_max)
    except InputError as error:
        tally.cannot_read(error)
    except DocumentError as error:
        derived = Derived(page.id, page.url, Outcome.UNDECODABLE, str(error))
        known: Future[Worked] = Future()
        known.set_result(Worked(derived, rows.dumps(rows.row(derived, processing()))))
        waiting.append(known)
    else:
        submit = pool.submit_text if page.plain else pool.submit_html
        waiting.append(submit(html, id=page.id, url=page.url))


def _result(future: Future[Worked], tally: Tally) -> Iterator[Worked]:
    try:
        worked = future.result()
    except InputError as error:  # a WARC that went away since its record was found
        tally.cannot_read(error)
        return
    tally.outcomes[worked.derived.outcome.value] += 1
    yield worked
