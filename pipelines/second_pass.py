"""Once all pages have their rows: learn what each outlet repeats, and derive the pages again that it concerns.

Only outlets with new pages are learnt, and of their rows only those are derived again whose part of what was learnt is
another than the one they were derived with. Learning is a pure function of what the pages say, which deriving again
does not change: one pass is enough, and rows come out the same whatever the order of pages, runs and crashes.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from pipelines.errors import InputError
from pipelines.extract.residue import prints, repeats
from pipelines.extract.residue.prints import Print
from pipelines.extract.residue.repeats import Part
from pipelines.keep import Keeper
from pipelines.model import Outcome
from pipelines.store.catalog import Catalog
from pipelines.store.catalog_schema import Learnt, Printed
from pipelines.workers import FAULTS, Again, DerivePool, Worked

logger = logging.getLogger(__name__)

_AHEAD: Final = 64  # pages handed to the workers at once
_BATCH: Final = 500  # prints noted in one transaction
_FAULTS: Final = FAULTS | {Outcome.DAMAGED_RECORD}


@dataclass(slots=True)
class Summary:
    """What a pass did; goes into run.json."""

    table: str = ""  # digest of what is known of all outlets; "" where the pass was not finished
    outlets_learnt: int = 0
    derived_again: int = 0
    left: int = 0  # rows that could not be derived again, such as those whose WARC is elsewhere now

    def facts(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Waiting:
    record_id: str
    part: Part
    run: str
    future: Future[Worked]


class SecondPass:
    """Learns and derives again. `stop` is asked often; once it says so, the rest is left to the next run."""

    def __init__(self, catalog: Catalog, keeper: Keeper, pool: DerivePool, stop: Callable[[], bool]) -> None:
        self._catalog = catalog
        self._keeper = keeper
        self._pool = pool
        self._stop = stop
        self._waiting: deque[_Waiting] = deque()
        self._summary = Summary()

    def run(self) -> Summary:
        """Do all there is to do. Raises `StorageError`."""
        self._print_earlier_rows()
        for outlet in self._catalog.stale_outlets(repeats.EDITION):
            if self._stop():
                return self._summary
            self._outlet(outlet)
        if not self._stop():
            self._summary.table = repeats.table_digest(self._catalog.learnt_digests()[0])
            self._catalog.note_table(self._summary.table, datetime.now(UTC), self._catalog.run)
        return self._summary

    def _print_earlier_rows(self) -> None:
        made: list[tuple[str, Printed]] = []
        for record_id, row in self._catalog.unprinted(str(prints.VERSION)):
            values = orjson.loads(row)
            taken = prints.of_row(values) if values["blocks"] else None
            if taken is not None and taken.keys and taken.outlet:
                made.append((record_id, Printed(taken.outlet, str(prints.VERSION), taken.pack())))
            if len(made) >= _BATCH:
                self._catalog.print_rows(made)
                made.clear()
        self._catalog.print_rows(made)
        self._catalog.all_printed(str(prints.VERSION))

    def _outlet(self, name: str) -> None:
        known: list[tuple[str, str, Print]] = [
            (record_id, printed.applied, prints.unpack(name, printed.data))
            for record_id, printed in self._catalog.printed(name)
        ]
        outlet = repeats.learn(name, (page for _, _, page in known))
        entries = tuple((each.key, each.stories, each.pages, each.edge, each.inside) for each in outlet.entries)
        learnt = Learnt(name, repeats.EDITION, outlet.digest, outlet.pages, outlet.stories, entries)
        self._catalog.put_learnt(learnt, stale=True)
        self._summary.outlets_learnt += 1
        for record_id, applied, page in known:
            part = outlet.part(page)
            if part.digest != applied:
                self._submit(record_id, part)
            if self._stop():
                break
        while self._waiting:
            self._keep()
        if not self._stop():
            self._catalog.put_learnt(learnt, stale=False)

    def _submit(self, record_id: str, part: Part) -> None:
        item, run = self._catalog.to_derive_again(record_id)
        self._waiting.append(_Waiting(record_id, part, run, self._pool.submit(item, Again(part, run))))
        while len(self._waiting) >= _AHEAD:
            self._keep()

    def _keep(self) -> None:
        waiting = self._waiting.popleft()
        if self._stop() and waiting.future.cancel():
            return
        try:
            worked = waiting.future.result()
        except InputError as error:
            self._left(waiting.record_id, str(error))
            return
        if worked.derived.provenance is None or self._is_fault(worked, waiting.record_id):
            self._left(waiting.record_id, worked.derived.detail)
            return
        self._keeper.keep_again(worked.derived, worked.row, run=waiting.run, applied=waiting.part.digest)
        self._summary.derived_again += 1

    def _is_fault(self, worked: Worked, record_id: str) -> bool:
        """A page that went well once and fails now, by bad luck or a file that was damaged since, keeps its row."""
        return worked.derived.outcome in _FAULTS and self._catalog.outcome_of(record_id) not in _FAULTS

    def _left(self, record_id: str, why: str) -> None:
        self._summary.left += 1
        logger.warning("%s was not derived again, its row stays as it is: %s", record_id, why)
