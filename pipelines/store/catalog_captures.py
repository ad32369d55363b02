"""The catalog's table of captures: which record holds which exchange. It is the recorder's `CaptureIndex`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select, update
from sqlalchemy.dialects.sqlite import insert

from pipelines.model import Item, Recorded, RecordKind, Role
from pipelines.store.catalog_engine import Database, Prepared
from pipelines.store.catalog_rows import CAPTURE_COLUMNS, capture_values, found_of, key_of, locator_of, recorded_of
from pipelines.store.catalog_schema import LedgerState, captures, derived, ledger

#: Whole responses: what a revisit may point to.
_WHOLE = (captures.c.kind == RecordKind.RESPONSE.value) & (captures.c.truncated == "")

_INSERT = Prepared(insert(captures).on_conflict_do_nothing(index_elements=[captures.c.record_id]), CAPTURE_COLUMNS)
_ORIGINAL = (
    select(captures).where(_WHOLE, captures.c.payload_digest == bindparam("digest")).order_by(captures.c.seq).limit(1)
)
_BY_ID = select(captures).where(captures.c.record_id == bindparam("record_id"))
_LATEST = (
    select(captures)
    .where(
        _WHOLE,
        captures.c.url_key == bindparam("key"),
        captures.c.url == bindparam("wanted"),
        captures.c.status.between(200, 299),  # a 304 speaks of the page, not of an error or redirect seen since
    )
    .order_by(captures.c.captured_at.desc(), captures.c.seq.desc())
    .limit(1)
)
_CAPTURED = Prepared(
    update(ledger)
    .where(
        ledger.c.url_key == bindparam("key"),
        (ledger.c.state == LedgerState.WAITING.value) | (ledger.c.state == LedgerState.RETRY.value),
    )
    .values(state=LedgerState.CAPTURED.value, retry_at=None),
    ("key",),
)


def passing(status: int) -> bool:
    """Whether an answer may be another one later: it does not end a URL, only `settle` does. 0 is no answer."""
    return status in {0, 408, 425, 429} or 500 <= status < 600


class CaptureTable(Database):
    """Captures: what `pipelines.warc.recorder.CaptureIndex` asks for, and the pages that have no row yet."""

    run = ""  # of this process, once `run_started` said so

    def original(self, payload_digest: str) -> Recorded | None:
        """The first whole response record with that payload; None for an empty digest."""
        return self._capture(_ORIGINAL, {"digest": payload_digest}) if payload_digest else None

    def capture(self, record_id: str) -> Recorded | None:
        """The capture that a record holds."""
        return self._capture(_BY_ID, {"record_id": record_id})

    def latest(self, url: str) -> Recorded | None:
        """The newest whole 2xx response record of exactly that URL: what a 304 says is still so."""
        return self._capture(_LATEST, {"key": key_of(url), "wanted": url})

    def _capture(self, query: Select[Any], values: Mapping[str, object]) -> Recorded | None:
        with self._read() as connection:
            row = connection.execute(query, values).mappings().first()
        return None if row is None else recorded_of(row)

    def commit(self, batch: Sequence[Recorded]) -> None:
        """Name a batch of records that are on disk, and mark their pages captured. Idempotent by record id."""
        if not batch:
            return
        rows = [capture_values(recorded, self.run) for recorded in batch]
        ended = [
            {"key": row["url_key"]}
            for recorded, row in zip(batch, rows, strict=True)
            if recorded.role is Role.PAGE and not passing(recorded.status)
        ]
        with self._write() as connection:
            _INSERT.run(connection, rows)
            if ended:
                _CAPTURED.run(connection, ended)

    def underived(self, *, limit: int | None = None) -> Iterator[Item]:
        """Captured pages without a derived row, oldest first, each with what discovery said of it."""
        after, left = 0, limit
        while left is None or left > 0:
            with self._read() as connection:
                rows = connection.execute(_underived(after, min(500, left or 500))).mappings().all()
            for row in rows:
                yield Item(locator_of(row), found_of(row, prefix="found_"))
            if len(rows) < 500:
                return
            after = rows[-1]["seq"]
            left = None if left is None else left - len(rows)

    def captures_by_kind(self) -> dict[str, int]:
        """How many records of each kind."""
        with self._read() as connection:
            return _grouped(connection, select(captures.c.kind, func.count()).group_by(captures.c.kind))

    def warcs(self, run: str) -> list[str]:
        """The WARCs that hold a run's captures, by name."""
        query = select(captures.c.warc).where(captures.c.run == run).distinct().order_by(captures.c.warc)
        with self._read() as connection:
            return list(connection.scalars(query))


def _underived(after: int, limit: int) -> Select[Any]:
    found = [column.label(f"found_{column.name}") for column in ledger.c]
    return (
        select(captures, *found)
        .join(derived, derived.c.record_id == captures.c.record_id, isouter=True)
        .join(ledger, ledger.c.url_key == captures.c.url_key, isouter=True)
        .where(
            derived.c.record_id.is_(None),
            captures.c.role == Role.PAGE.value,
            captures.c.kind != RecordKind.REQUEST_ONLY.value,
            captures.c.seq > after,
        )
        .order_by(captures.c.seq)
        .limit(limit)
    )


def _grouped(connection: Connection, query: Select[str, int]) -> dict[str, int]:
    return dict(connection.execute(query).all())
