"""The catalog's tables and the values that its rows become. Times are text in UTC, fixed width, so that they sort."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Column,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    text,
)

from pipelines.model import Found, Outcome

#: Raised with every change of the tables. A newer one than this is refused at open.
SCHEMA_VERSION = 2  # 2: prints, repeats, repeat_tables


class LedgerState(StrEnum):
    """Where a URL stands between the moment that discovery named it and its outcome."""

    WAITING = "waiting"  # to be fetched
    CAPTURED = "captured"  # a final answer is in a WARC, its row is not made yet
    DONE = "done"  # has its row
    REFUSED = "refused"  # ended without a row; the outcome says why
    RETRY = "retry"  # failed in a way that may pass; due at `retry_at`


class RunState(StrEnum):
    """How a run stands or ended."""

    RUNNING = "running"
    FINISHED = "finished"  # did all it had to do
    STOPPED = "stopped"  # ended in order before that: signal, time budget, full disk
    KILLED = "killed"  # its process died; the next start completed its folder


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A URL that discovery named, and what became of it."""

    found: Found
    state: LedgerState
    outcome: Outcome | None  # the last one; None while there was none
    detail: str
    attempts: int  # tries that failed in a way that may pass
    retry_at: datetime | None
    run: str  # run of the last outcome


@dataclass(frozen=True, slots=True)
class Visit:
    """The last visit to a feed or sitemap: when it was, and the validators for the next conditional request."""

    url: str
    at: datetime
    status: int  # 0 if no answer came
    etag: str
    last_modified: str


@dataclass(frozen=True, slots=True)
class Run:
    """One process that wrote to the archive."""

    id: str
    state: RunState
    reason: str  # why it ended, in the words of whoever ended it
    started: datetime
    ended: datetime | None
    info: dict[str, Any]  # command, versions, config digest, sealed WARCs: what the run said of itself

    def facts(self) -> dict[str, Any]:
        """All of it as JSON has it."""
        return {
            **self.info,
            "run": self.id,
            "state": self.state.value,
            "reason": self.reason,
            "started": self.started.isoformat(),
            "ended": self.ended.isoformat() if self.ended else None,
        }


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record or URL that gave no article in a run, with the reason. `warc` is "" where nothing was captured."""

    url: str
    outcome: str
    detail: str
    warc: str = ""
    offset: int = 0
    length: int = 0
    record_id: str = ""
    captured_at: str = ""
    retry_at: str = ""


@dataclass(frozen=True, slots=True)
class Printed:
    """What is kept of an article for learning what its outlet repeats. `data` is packed by `extract.residue.prints`."""

    outlet: str
    version: str  # of prints; others are made again
    data: bytes
    applied: str = ""  # digest of the part that its row was derived with; "" for nothing
    found: Found | None = None  # what the row was derived with


@dataclass(frozen=True, slots=True)
class Learnt:
    """What is known of one outlet's repetitions."""

    outlet: str
    version: str  # of the learning; what another one learnt is learnt again
    digest: str  # "" if it repeats nothing
    pages: int
    stories: int
    entries: tuple[tuple[int, int, int, int, bool], ...] = ()  # key, stories, pages, pages at the edge, inside too


class Moment(TypeDecorator[datetime]):
    """An aware datetime as "2022-09-11T08:30:00.000000Z". Fixed width: sorting the text sorts the times."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        return moment_text(value) if isinstance(value, datetime) else value

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - likewise
        return None if value is None else datetime.fromisoformat(value)


def moment_text(value: datetime) -> str:
    """A moment as the catalog stores it. Naive ones are refused: they mean something else on another machine."""
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    try:
        value = value.astimezone(UTC)
    except OverflowError:  # a feed that states the year 9999 or 1: no date to reckon with, and hours off at most
        value = value.replace(tzinfo=UTC)
    return value.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


metadata = MetaData()


def _text(name: str, **options: Any) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="", **options)


def _number(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default="0")


meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

captures = Table(
    "captures",
    metadata,
    Column("seq", Integer, primary_key=True),  # order of commit
    Column("record_id", Text, nullable=False, unique=True),
    _text("warc"),
    _number("offset"),
    _number("length"),
    _text("kind"),
    _text("url"),
    _text("url_key"),
    Column("captured_at", Moment, nullable=False),
    _number("status"),
    _text("mime"),
    _text("payload_digest"),
    _text("role"),
    _text("source"),
    _text("refers_to"),
    _text("truncated"),
    _text("etag"),
    _text("last_modified"),
    _text("run"),
    Index("captures_run", "run", "warc"),
    Index("captures_digest", "payload_digest"),
    Index("captures_url", "url_key"),
)

ledger = Table(
    "ledger",
    metadata,
    Column("seq", Integer, primary_key=True),  # order of discovery
    Column("url_key", Text, nullable=False, unique=True),
    _text("url"),
    _text("host"),
    _text("route"),
    _text("source"),
    _text("via"),
    _text("title"),
    Column("published", Moment),
    _text("published_raw"),
    Column("modified", Moment),
    _text("language"),
    _number("hops"),
    Column("found_at", Moment),
    _text("state"),
    _text("outcome"),
    _text("detail"),
    _number("attempts"),
    Column("retry_at", Moment),
    _text("run"),
    Index("ledger_queue", "state", "host", "source", "seq"),
    Index("ledger_retry", "retry_at", sqlite_where=text("retry_at IS NOT NULL")),
    Index("ledger_run", "run", "state"),
)

derived = Table(
    "derived",
    metadata,
    Column("seq", Integer, primary_key=True),  # order of derivation
    Column("record_id", Text, nullable=False, unique=True),
    _text("id"),
    _text("run"),
    _text("url"),
    _text("url_key"),
    _text("canonical_url"),
    _text("host"),
    _text("title"),
    _text("published"),
    _text("language"),
    _text("outcome"),
    _text("detail"),
    _text("text_path"),
    _text("warc"),
    _number("offset"),
    _number("length"),
    _text("payload_digest"),
    Column("captured_at", Moment, nullable=False),
    Column("row", LargeBinary, nullable=False),  # the JSON row, zlib
    Index("derived_run", "run", "captured_at", "id", "seq"),
    Index("derived_order", "captured_at", "id", "seq"),
    Index("derived_id", "id"),
    Index("derived_url", "url_key"),
    Index("derived_outcome", "outcome"),
)

visits = Table(
    "visits",
    metadata,
    Column("url_key", Text, primary_key=True),
    _text("url"),
    Column("at", Moment, nullable=False),
    _number("status"),
    _text("etag"),
    _text("last_modified"),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    _text("state"),
    _text("reason"),
    Column("started", Moment, nullable=False),
    Column("ended", Moment),
    Column("info", Text, nullable=False, server_default="{}"),  # JSON
)

prints = Table(
    "prints",
    metadata,
    Column("record_id", Text, primary_key=True),
    _text("outlet"),
    _text("version"),
    Column("data", LargeBinary, nullable=False),
    _text("applied"),
    Column("found", Text),  # JSON; NULL where the row is older than this table
    Index("prints_outlet", "outlet"),
)

repeats = Table(
    "repeats",
    metadata,
    Column("outlet", Text, primary_key=True),
    _text("version"),
    _text("digest"),
    _number("pages"),
    _number("stories"),
    Column("entries", Text, nullable=False, server_default="[]"),  # JSON
    _number("stale"),  # 1: its pages have changed since, or not all of its rows say what was learnt
)

repeat_tables = Table(
    "repeat_tables",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("made", Moment, nullable=False),
    _text("run"),
    _number("outlets"),
    _number("entries"),
)
