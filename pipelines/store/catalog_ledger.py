"""The ledger: every URL that discovery ever named, with its state. A crawl that was killed goes on from it.

found -> WAITING -> (commit) CAPTURED -> (keep) DONE
-> (settle) REFUSED, or RETRY until its time has come
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Row, bindparam, func, or_, select, text, update
from sqlalchemy.dialects.sqlite import insert

from pipelines import urls
from pipelines.model import Found, Outcome, Route
from pipelines.store.catalog_engine import Database, Prepared
from pipelines.store.catalog_rows import LEDGER_COLUMNS, found_of, key_of, ledger_values
from pipelines.store.catalog_schema import LedgerRow, LedgerState, ledger, moment_text

CHUNK = 2000  # rows in a transaction: the recorder never waits longer than that takes

#: Refusals that hang on what a run asked for: named again and wanted, such a URL waits like a new one.
_WISHES = (Outcome.OUT_OF_WINDOW, Outcome.OUT_OF_SCOPE)

_NEW = insert(ledger).on_conflict_do_nothing(index_elements=[ledger.c.url_key])
_REFUSE = Prepared(_NEW, LEDGER_COLUMNS)
_FOUND = Prepared(
    insert(ledger).on_conflict_do_update(
        index_elements=[ledger.c.url_key],
        set_={"state": LedgerState.WAITING.value, "outcome": "", "detail": "", "run": ""},
        where=(ledger.c.state == LedgerState.REFUSED.value)
        & or_(*(ledger.c.outcome == wish.value for wish in _WISHES)),
    ),
    LEDGER_COLUMNS,
)

# Which hosts have rows that wait: jumps along the index from one (host, source) to the next, whatever lies between.
_HOSTS = text("""
    WITH RECURSIVE pair(seq, host, source) AS (
        SELECT * FROM (SELECT seq, host, source FROM ledger WHERE state = 'waiting' ORDER BY host, source LIMIT 1)
        UNION ALL
        SELECT next.seq, next.host, next.source FROM pair JOIN ledger AS next ON next.seq = coalesce(
            (SELECT seq FROM ledger WHERE state = 'waiting' AND host = pair.host AND source > pair.source
             ORDER BY source LIMIT 1),
            (SELECT seq FROM ledger WHERE state = 'waiting' AND host > pair.host ORDER BY host, source LIMIT 1))
    )
    SELECT host FROM pair WHERE :any_source OR source IN (SELECT value FROM json_each(:sources))
    UNION
    SELECT host FROM ledger INDEXED BY ledger_retry WHERE retry_at <= :now AND state = 'retry'
        AND (:any_source OR source IN (SELECT value FROM json_each(:sources)))
    ORDER BY host
""")
_HOST, _SOURCE = "AND host = :host", "AND +source IN (SELECT value FROM json_each(:sources))"
# Of one host, only sources that have rows there are looked up: a crawl names hundreds, a host has one or two.
_SOURCE_AT_HOST = """AND source IN (
    WITH RECURSIVE there(source) AS (
        SELECT min(source) FROM ledger WHERE state = 'waiting' AND host = :host
        UNION ALL
        SELECT (SELECT min(source) FROM ledger WHERE state = 'waiting' AND host = :host AND source > there.source)
        FROM there WHERE there.source IS NOT NULL
    ) SELECT source FROM there WHERE source IN (SELECT value FROM json_each(:sources)))"""
# Rows to fetch by (of one host, of some sources); all but the last step is done in the index.
_QUEUE = {
    (bool(host), bool(source)): text(f"""
        SELECT * FROM ledger WHERE seq IN (
            SELECT seq FROM ledger WHERE state = 'waiting' {host} {_SOURCE_AT_HOST if host and source else source}
                AND seq > :after
            UNION ALL
            SELECT seq FROM ledger WHERE state = 'retry' AND retry_at <= :now {host} {source} AND seq > :after
            ORDER BY seq LIMIT :limit
        ) ORDER BY seq
    """).columns(*ledger.c)  # noqa: S608 - made of the literals above
    for host in ("", _HOST)
    for source in ("", _SOURCE)
}
_SETTLE = (
    update(ledger)
    .where(
        ledger.c.url_key == bindparam("key"),
        # A row that was made stays the end of its URL, unless a later try is asked for.
        (ledger.c.state != LedgerState.DONE.value) | (bindparam("retry_at", type_=ledger.c.retry_at.type).is_not(None)),
    )
    .values(
        state=bindparam("new_state"),
        outcome=bindparam("outcome"),
        detail=bindparam("detail"),
        retry_at=bindparam("retry_at", type_=ledger.c.retry_at.type),
        attempts=ledger.c.attempts + bindparam("tries"),
        run=bindparam("run"),
    )
)
_ROW = select(ledger).where(ledger.c.url_key == bindparam("key"))
_STATE = select(ledger.c.state).where(ledger.c.url_key == bindparam("key"))


class LedgerTable(Database):
    """The ledger: what discovery named, what is to be fetched, and how each URL ended."""

    run = ""  # of this process, once `run_started` said so

    def found(self, items: Iterable[Found], at: datetime) -> int:
        """New URLs become WAITING, known ones keep their state; returns how many now wait that did not before.

        A URL once refused as out of window or scope waits again: another run wants it. One that is no URL of ours
        is REFUSED as `bad_url`.
        """
        count, rest = 0, iter(items)
        while chunk := list(islice(rest, CHUNK)):
            good, bad = [], []
            for item in chunk:
                try:
                    key = urls.key(item.url)
                except urls.BadUrl as error:
                    bad.append(
                        ledger_values(item, item.url, at, LedgerState.REFUSED, Outcome.BAD_URL, str(error), self.run)
                    )
                else:
                    good.append(ledger_values(item, key, at, LedgerState.WAITING))
            with self._write() as connection:
                if good:
                    count += _FOUND.run(connection, good)
                if bad:
                    _REFUSE.run(connection, bad)
        return count

    def refuse(self, items: Iterable[tuple[Found, str]], outcome: Outcome, at: datetime) -> int:
        """URLs that discovery named and this run won't fetch, each with the reason; known ones keep their state."""
        count, rest = 0, iter(items)
        while chunk := list(islice(rest, CHUNK)):
            rows = [
                ledger_values(item, key_of(item.url), at, LedgerState.REFUSED, outcome, detail, self.run)
                for item, detail in chunk
            ]
            with self._write() as connection:
                count += _REFUSE.run(connection, rows)
        return count

    def waiting(
        self,
        sources: Sequence[str] | None,
        now: datetime,
        limit: int = 1000,
        *,
        host: str | None = None,
        after: Found | None = None,
    ) -> list[Found]:
        """URLs to fetch, in the order of discovery: those WAITING and those whose RETRY is due.

        `sources` None or empty: all. `after` goes on behind a row that an earlier call gave.
        """
        values: dict[str, Any] = {"now": moment_text(now), "limit": limit, "after": 0}
        values |= {"host": host} if host is not None else {}
        values |= {"sources": json.dumps(list(sources))} if sources else {}
        with self._read() as connection:
            if after is not None:
                seq = connection.scalar(select(ledger.c.seq).where(ledger.c.url_key == key_of(after.url)))
                values["after"] = seq or 0
            return [_found(row) for row in connection.execute(_QUEUE[host is not None, bool(sources)], values)]

    def waiting_hosts(self, sources: Sequence[str] | None, now: datetime) -> list[str]:
        """The hosts that have something for `waiting`, in alphabetical order."""
        values = {"any_source": not sources, "sources": json.dumps(list(sources or ())), "now": moment_text(now)}
        with self._read() as connection:
            return list(connection.scalars(_HOSTS, values))

    def state(self, url: str) -> LedgerRow | None:
        """A URL's row; None if discovery never named it."""
        with self._read() as connection:
            row = connection.execute(_ROW, {"key": key_of(url)}).first()
        return None if row is None else _ledger_row(row)

    def captured(self, url: str) -> bool:
        """Whether a URL of the ledger has its final answer."""
        with self._read() as connection:
            return connection.scalar(_STATE, {"key": key_of(url)}) in (
                LedgerState.CAPTURED.value,
                LedgerState.DONE.value,
            )

    def settle(self, url: str, outcome: Outcome, detail: str = "", retry_at: datetime | None = None) -> None:
        """A URL's end without, or besides, a derived row: REFUSED, or RETRY where `retry_at` says when to try again.

        A URL that discovery never named gets a row with the route "unknown".
        """
        key = key_of(url)
        state = LedgerState.REFUSED if retry_at is None else LedgerState.RETRY
        values = {
            "key": key,
            "new_state": state.value,
            "outcome": outcome.value,
            "detail": detail,
            "retry_at": retry_at,
            "tries": int(retry_at is not None),
            "run": self.run,
        }
        with self._write() as connection:
            if connection.execute(_SETTLE, values).rowcount == 0:
                row = ledger_values(Found(url, Route.UNKNOWN), key, None, state, outcome, detail, self.run)
                connection.execute(_NEW, row | {"retry_at": retry_at, "attempts": values["tries"]})

    def reopen(self, outcomes: Collection[Outcome]) -> int:
        """Let refused URLs with one of these outcomes wait again, say after a rule was changed; returns how many."""
        again = (
            update(ledger)
            .where(ledger.c.state == LedgerState.REFUSED.value, ledger.c.outcome.in_([o.value for o in outcomes]))
            .values(state=LedgerState.WAITING.value, outcome="", detail="", run="")
        )
        with self._write() as connection:
            return connection.execute(again).rowcount

    def ledger_states(self, now: datetime) -> dict[str, int]:
        """How many URLs are in each state; "due" counts the retries whose time has come."""
        due = select(func.count()).where(ledger.c.retry_at <= now, ledger.c.state == LedgerState.RETRY.value)
        with self._read() as connection:
            rows = connection.execute(select(ledger.c.state, func.count()).group_by(ledger.c.state)).all()
            return {state.value: 0 for state in LedgerState} | dict(rows) | {"due": connection.scalar(due) or 0}


def _found(row: Row[Any]) -> Found:
    found = found_of(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
    assert found is not None
    return found


def _ledger_row(row: Row[Any]) -> LedgerRow:
    return LedgerRow(
        found=_found(row),
        state=LedgerState(row.state),
        outcome=Outcome(row.outcome) if row.outcome else None,
        detail=row.detail,
        attempts=row.attempts,
        retry_at=row.retry_at,
        run=row.run,
    )
