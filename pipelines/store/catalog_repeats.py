"""The catalog's tables of repetition: prints of articles, what was learnt of each outlet, and which tables there were.

An outlet is stale from the moment that a page of it changes until all of its rows say what was learnt of it: a run that
dies in between leaves it to the next one.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.dialects.sqlite import insert

from pipelines.model import Derived, Item, Outcome
from pipelines.store.catalog_engine import Database
from pipelines.store.catalog_rows import derived_values, found_from, found_of, found_text, locator_of
from pipelines.store.catalog_schema import (
    Learnt,
    LedgerState,
    Printed,
    derived,
    ledger,
    meta,
    prints,
    repeat_tables,
    repeats,
)

_PAGE: Final = 500
_PRINTED: Final = "prints"  # in `meta`: all rows have prints of this version

_PRINT = insert(prints)
_PRINT = _PRINT.on_conflict_do_update(
    index_elements=[prints.c.record_id],
    set_={name: _PRINT.excluded[name] for name in ("outlet", "version", "data", "applied", "found")},
)
_KNOWN = select(prints.c.outlet, prints.c.data).where(prints.c.record_id == bindparam("record_id"))
_STALE = insert(repeats).values(outlet=bindparam("name"), stale=1)
_STALE = _STALE.on_conflict_do_update(index_elements=[repeats.c.outlet], set_={"stale": 1})
_LEARNT = insert(repeats)
_LEARNT = _LEARNT.on_conflict_do_update(
    index_elements=[repeats.c.outlet],
    set_={name: _LEARNT.excluded[name] for name in ("version", "digest", "pages", "stories", "entries", "stale")},
)
_NOTED = insert(meta)
_NOTED = _NOTED.on_conflict_do_update(index_elements=[meta.c.name], set_={"value": _NOTED.excluded.value})


def put_print(connection: Connection, record_id: str, printed: Printed) -> None:
    """Note the print of a row in the transaction that keeps it."""
    known = connection.execute(_KNOWN, {"record_id": record_id}).first()
    connection.execute(
        _PRINT,
        {
            "record_id": record_id,
            "outlet": printed.outlet,
            "version": printed.version,
            "data": printed.data,
            "applied": printed.applied,
            "found": found_text(printed.found),
        },
    )
    # Also where nothing changed but the row: it was derived without what is known of its outlet.
    for outlet in {printed.outlet, known.outlet if known else printed.outlet}:
        connection.execute(_STALE, {"name": outlet})


class RepeatTable(Database):
    """What `pipelines.second_pass` reads and writes."""

    def printed(self, outlet: str) -> Iterator[tuple[str, Printed]]:
        """The prints of an outlet's pages with their record ids, in a fixed order; `found` is left out."""
        after = ""
        query = select(prints).where(prints.c.outlet == outlet).order_by(prints.c.record_id).limit(_PAGE)
        while True:
            with self._read() as connection:
                page = connection.execute(query.where(prints.c.record_id > after)).all()
            for row in page:
                yield row.record_id, Printed(row.outlet, row.version, row.data, row.applied)
            if len(page) < _PAGE:
                return
            after = page[-1].record_id

    def unprinted(self, version: str) -> Iterator[tuple[str, bytes]]:
        """Record ids and JSON rows that have no print of this version, such as those of an earlier schema."""
        with self._read() as connection:
            if connection.scalar(select(meta.c.value).where(meta.c.name == _PRINTED)) == version:
                return
        after = 0
        query = (
            select(derived.c.seq, derived.c.record_id, derived.c.row)
            .join(prints, prints.c.record_id == derived.c.record_id, isouter=True)
            .where(prints.c.version.is_(None) | (prints.c.version != version))
            .order_by(derived.c.seq)
            .limit(_PAGE)
        )
        while True:
            with self._read() as connection:
                page = connection.execute(query.where(derived.c.seq > after)).all()
            for row in page:
                yield row.record_id, zlib.decompress(row.row)
            if len(page) < _PAGE:
                return
            after = page[-1].seq

    def print_rows(self, made: Sequence[tuple[str, Printed]]) -> None:
        """Note prints of rows that were there before. What they were derived with stays as it was noted."""
        with self._write() as connection:
            for record_id, printed in made:
                known = connection.execute(select(prints).where(prints.c.record_id == record_id)).first()
                put_print(connection, record_id, printed)
                values = {"applied": known.applied, "found": known.found} if known else {"found": None}
                connection.execute(update(prints).where(prints.c.record_id == record_id).values(values))

    def all_printed(self, version: str) -> None:
        """From now on every row that has a print has one of this version."""
        with self._write() as connection:
            connection.execute(_NOTED, {"name": _PRINTED, "value": version})

    def stale_outlets(self, version: str) -> list[str]:
        """The outlets that have to be learnt (again), by name."""
        query = select(repeats.c.outlet).where((repeats.c.stale == 1) | (repeats.c.version != version))
        with self._read() as connection:
            return list(connection.scalars(query.order_by(repeats.c.outlet)))

    def put_learnt(self, learnt: Learnt, *, stale: bool) -> None:
        """Note what was learnt of an outlet; `stale` until its rows say so."""
        values = {
            "outlet": learnt.outlet,
            "version": learnt.version,
            "digest": learnt.digest,
            "pages": learnt.pages,
            "stories": learnt.stories,
            # As text of 16 hex digits: JSON readers round numbers of 64 bits.
            "entries": json.dumps([[f"{key:016x}", *counts] for key, *counts in learnt.entries]),
            "stale": int(stale),
        }
        with self._write() as connection:
            connection.execute(_LEARNT, values)

    def learnt(self) -> Iterator[Learnt]:
        """What is known of each outlet, by name."""
        with self._read() as connection:
            names = list(connection.scalars(select(repeats.c.outlet).order_by(repeats.c.outlet)))
        for name in names:
            with self._read() as connection:
                row = connection.execute(select(repeats).where(repeats.c.outlet == name)).one()
            entries = tuple((int(key, 16), *counts) for key, *counts in json.loads(row.entries))
            yield Learnt(row.outlet, row.version, row.digest, row.pages, row.stories, entries)

    def learnt_digests(self) -> tuple[dict[str, str], int]:
        """The digest of each outlet that repeats anything, and how many entries they have together."""
        query = select(repeats.c.outlet, repeats.c.digest, func.json_array_length(repeats.c.entries))
        with self._read() as connection:
            rows = connection.execute(query.where(repeats.c.digest != "")).all()
        return {name: digest for name, digest, _ in rows}, sum(count for *_, count in rows)

    def note_table(self, digest: str, made: datetime, run: str) -> None:
        """The table of all outlets as it stands, by its digest; nothing if it is the last one noted."""
        digests, entries = self.learnt_digests()
        last = select(repeat_tables.c.digest).order_by(repeat_tables.c.seq.desc()).limit(1)
        with self._write() as connection:
            if connection.scalar(last) != digest:
                values = {"digest": digest, "made": made, "run": run, "outlets": len(digests), "entries": entries}
                connection.execute(repeat_tables.insert(), values)

    def to_derive_again(self, record_id: str) -> tuple[Item, str]:
        """A row's record with what it was derived with, and the run that the row belongs to."""
        named = [column.label(f"found_{column.name}") for column in ledger.c]
        query = (
            select(derived, prints.c.found.label("stated"), *named)
            .join(prints, prints.c.record_id == derived.c.record_id)
            .join(ledger, ledger.c.url_key == derived.c.url_key, isouter=True)
            .where(derived.c.record_id == record_id)
        )
        with self._read() as connection:
            row = connection.execute(query).mappings().one()
        found = found_of(row, prefix="found_") if row["stated"] is None else found_from(row["stated"])
        return Item(locator_of(row), found), row["run"]

    def keep_again(self, result: Derived, row: bytes, text_path: str, *, run: str, applied: str) -> str:
        """Replace a row by what its second derivation gave; returns the text file that it named before.

        The row stays its run's. The ledger hears of it only where the row was its URL's last word.
        """
        values: dict[str, Any] = derived_values(result, row, text_path, run)
        record_id = values.pop("record_id")
        with self._write() as connection:
            before = connection.execute(
                select(derived.c.outcome, derived.c.text_path, derived.c.url_key).where(
                    derived.c.record_id == record_id
                )
            ).one()
            connection.execute(update(derived).where(derived.c.record_id == record_id).values(values))
            connection.execute(update(prints).where(prints.c.record_id == record_id).values(applied=applied))
            if before.outcome != result.outcome.value:
                connection.execute(
                    update(ledger)
                    .where(
                        ledger.c.url_key == before.url_key,
                        ledger.c.state == LedgerState.DONE.value,
                        ledger.c.run == run,
                        ledger.c.outcome == before.outcome,
                    )
                    .values(outcome=result.outcome.value, detail=result.detail)
                )
        return str(before.text_path)

    def outcome_of(self, record_id: str) -> Outcome:
        """How a record's row ended."""
        with self._read() as connection:
            found = connection.execute(select(derived.c.outcome).where(derived.c.record_id == record_id)).one()
        return Outcome(found.outcome)
