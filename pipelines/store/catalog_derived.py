"""The catalog's table of derived rows: the facts that people ask for as columns, the whole JSON row beside them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select, tuple_, update
from sqlalchemy.dialects.sqlite import insert

from pipelines.model import Derived, Outcome
from pipelines.store.catalog_captures import passing
from pipelines.store.catalog_engine import Database
from pipelines.store.catalog_repeats import put_print
from pipelines.store.catalog_rows import derived_values, found_of, key_of, ledger_values
from pipelines.store.catalog_schema import LedgerState, Printed, Skipped, captures, derived, ledger, moment_text

_PAGE = 200  # rows read at once: no reader holds a snapshot for long

_KEEP = insert(derived)
_KEEP = _KEEP.on_conflict_do_update(
    index_elements=[derived.c.record_id],
    set_={column.name: _KEEP.excluded[column.name] for column in derived.c if column.name not in ("seq", "record_id")},
)
_STATUS = select(captures.c.status).where(captures.c.record_id == bindparam("record_id"))
_NAMED = select(ledger).where(ledger.c.url_key == bindparam("key"))
_DONE = (
    update(ledger)
    .where(
        ledger.c.seq == bindparam("row"),
        # What `settle` said stands: it knows what the record does not, such as a limit or a later try.
        (ledger.c.state != LedgerState.REFUSED.value) & (ledger.c.state != LedgerState.RETRY.value),
    )
    .values(
        state=LedgerState.DONE.value,
        outcome=bindparam("outcome"),
        detail=bindparam("detail"),
        run=bindparam("run"),
        retry_at=None,
    )
)
_TARGET = insert(ledger).on_conflict_do_nothing(index_elements=[ledger.c.url_key])


class DerivedTable(Database):
    """Derived rows, one for each record; deriving a record again replaces its row."""

    run = ""  # of this process, once `run_started` said so

    def keep(
        self,
        result: Derived,
        row: bytes,
        text_path: str = "",
        *,
        run: str | None = None,
        printed: Printed | None = None,
    ) -> None:
        """Store a derived row and end its URL in the ledger (DONE), in one transaction.

        Answers that may pass (5xx, 408, 429) leave the URL to `settle`. A redirect that nobody followed yet, because
        the crawl was killed between two hops, puts its target into the ledger.
        """
        values = derived_values(result, row, text_path, self.run if run is None else run)
        with self._write() as connection:
            connection.execute(_KEEP, values)
            if printed is not None:
                put_print(connection, values["record_id"], printed)
            self._end(connection, result, values)

    def _end(self, connection: Connection, result: Derived, values: dict[str, Any]) -> None:
        status = connection.scalar(_STATUS, {"record_id": values["record_id"]})
        if passing(status) if status is not None else result.outcome is Outcome.HTTP_5XX:
            return
        named = connection.execute(_NAMED, {"key": values["url_key"]}).mappings().first()
        if named is None:
            return
        if result.location and named["state"] in (LedgerState.WAITING, LedgerState.CAPTURED):
            found = found_of(named)
            assert found is not None
            target = replace(found, url=result.location, via=found.url, hops=found.hops + 1)
            connection.execute(_TARGET, ledger_values(target, key_of(target.url), None, LedgerState.WAITING))
        connection.execute(
            _DONE,
            {
                "row": named["seq"],
                "outcome": result.outcome.value,
                "detail": result.detail,
                "run": values["run"],
            },
        )

    def rows(self, run: str | None = None, outcome: Outcome | None = None) -> Iterator[bytes]:
        """The JSON rows, by capture time and id: the same order whatever order they were derived in."""
        for values in self._walk(select(derived), run, outcome):
            yield zlib.decompress(values.row)

    def skipped(self, run: str) -> Iterator[Skipped]:
        """What gave no article in a run: other rows by capture time, then URLs that ended without a row."""
        for found in self._walk(select(derived), run, None, but=Outcome.ARTICLE):
            yield Skipped(
                found.url,
                found.outcome,
                found.detail,
                found.warc,
                found.offset,
                found.length,
                found.record_id,
                moment_text(found.captured_at),
            )
        query = _unrowed(select(ledger), run).order_by(ledger.c.seq).limit(_PAGE)
        after = 0
        while True:
            with self._read() as connection:
                page = connection.execute(query.where(ledger.c.seq > after)).all()
            for url in page:
                retry = moment_text(url.retry_at) if url.retry_at else ""
                yield Skipped(url.url, url.outcome, url.detail, retry_at=retry)
            if len(page) < _PAGE:
                return
            after = page[-1].seq

    def counts(self, run: str | None = None) -> dict[str, int]:
        """How many ended in each outcome: derived rows, and URLs that ended without one. Of one run, or of all."""
        rows = select(derived.c.outcome, func.count()).group_by(derived.c.outcome)
        if run is not None:
            rows = rows.where(derived.c.run == run)
        ended = _unrowed(select(ledger.c.outcome, func.count()), run).group_by(ledger.c.outcome)
        with self._read() as connection:
            counted: dict[str, int] = dict(connection.execute(rows).all())
            for outcome, count in connection.execute(ended):
                counted[outcome] = counted.get(outcome, 0) + count
        return dict(sorted(counted.items()))

    def text_paths(self) -> Iterator[str]:
        """The text files that the rows name."""
        for found in self._walk(select(derived), None, Outcome.ARTICLE):
            if found.text_path:
                yield found.text_path

    def _walk(
        self, query: Select[Any], run: str | None, outcome: Outcome | None, but: Outcome | None = None
    ) -> Iterator[Any]:
        order = (derived.c.captured_at, derived.c.id, derived.c.seq)
        query = query.order_by(*order).limit(_PAGE)
        if run is not None:
            query = query.where(derived.c.run == run)
        if outcome is not None:
            query = query.where(derived.c.outcome == outcome.value)
        if but is not None:
            query = query.where(derived.c.outcome != but.value)
        page = query
        while True:
            with self._read() as connection:
                found = connection.execute(page).all()
            yield from found
            if len(found) < _PAGE:
                return
            last = found[-1]
            page = query.where(tuple_(*order) > (last.captured_at, last.id, last.seq))


def _unrowed(query: Select[Any], run: str | None) -> Select[Any]:
    """URLs that ended, or failed for now, without a derived row (of that run)."""
    has_row = select(derived.c.seq).where(derived.c.url_key == ledger.c.url_key)
    if run is not None:
        has_row = has_row.where(derived.c.run == run)
        query = query.where(ledger.c.run == run)
    return query.where(ledger.c.state.in_([LedgerState.REFUSED, LedgerState.RETRY]), ~has_row.exists())
