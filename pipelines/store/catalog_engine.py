"""Opening the catalog's database, and the one border where its errors become ours.

SQLite in WAL mode: readers never wait for the writer, and a killed process leaves a sound file. `synchronous`
is NORMAL: a power cut may take the last transactions, never the file; the WARCs hold what was lost.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, Insert, QueuePool, Update, create_engine, event, inspect, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError

from pipelines.errors import BusyError, InputError, OperatorError, StorageError
from pipelines.store.catalog_schema import SCHEMA_VERSION, meta, metadata

BUSY_SECONDS = 30.0  # how long a write waits for another process's write

_GO_ON = (
    "Nothing that was captured is lost: the WARCs hold it. Move the file aside (with its -wal and -shm, if there are "
    "any); the next run starts a new catalog"
)


class Database:
    """A catalog file: opened, checked, and closed by `close`. Safe to use from several threads and processes."""

    def __init__(self, path: Path, *, create: bool = True, readonly: bool = False) -> None:
        """Raises InputError (no file, not `create`), StorageError (damaged, no catalog), OperatorError (newer)."""
        if not path.exists() and (readonly or not create):
            raise InputError(f"{path}: there is no catalog here; name the folder of an archive")
        self.path = path
        self.readonly = readonly
        self._closed = False
        self._writing = threading.Lock()  # SQLite has one writer; waiting here costs less than its busy loop
        self._engine = _engine(path, readonly=readonly)
        try:
            with self._border():
                self._check()
        except BaseException:
            self._engine.dispose()
            raise

    def close(self) -> None:
        """Close all connections; the last one folds the WAL into the file. Idempotent; a late reader opens it again."""
        self._closed = True
        self._engine.dispose()

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        """A connection for one or a few SELECTs, each its own snapshot."""
        with self._border(), self._engine.connect() as connection:
            yield connection
        if self._closed:
            self._engine.dispose()

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        """One transaction: committed at the end, rolled back when anything is raised."""
        with self._border(), self._writing, self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # never deadlocks on an upgrade from reading to writing
            yield connection
            connection.commit()

    def _check(self) -> None:
        with self._engine.connect() as connection:
            verdict = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
            if verdict != "ok":
                raise StorageError(f"{self.path}: the catalog is damaged ({' '.join(verdict.split())}). {_GO_ON}")
            tables = set(inspect(connection).get_table_names())
            connection.rollback()
            if not tables and not self.readonly:
                self._create(connection)
            elif meta.name not in tables:
                raise StorageError(f"{self.path}: a database, but no catalog of warchronicle. {_GO_ON}")
            version = connection.scalar(select(meta.c.value).where(meta.c.name == "schema"))
        if version is None or not version.isdecimal():
            raise StorageError(f"{self.path}: the catalog does not say its schema version. {_GO_ON}")
        if int(version) > SCHEMA_VERSION:
            raise OperatorError(
                f"{self.path}: the catalog has schema {version}, this program knows up to {SCHEMA_VERSION}: "
                "a newer warchronicle made it. Install that version, or move the file aside"
            )
        if int(version) < SCHEMA_VERSION and not self.readonly:
            self._upgrade()

    def _upgrade(self) -> None:
        """An older schema has all tables of this one but those that came since."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            metadata.create_all(connection)
            connection.execute(update(meta).where(meta.c.name == "schema").values(value=str(SCHEMA_VERSION)))
            connection.commit()

    @staticmethod
    def _create(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        if not inspect(connection).has_table(meta.name):  # another process may have been quicker
            metadata.create_all(connection)
            connection.execute(meta.insert().values(name="schema", value=str(SCHEMA_VERSION)))
        connection.commit()

    @contextmanager
    def _border(self) -> Iterator[None]:
        """SQLite's own faults become errors that say who must act; mistakes of ours stay what they are."""
        try:
            yield
        except DBAPIError as error:
            name = getattr(error.orig, "sqlite_errorname", "")
            text = str(error.orig)
            if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
                raise BusyError(
                    f"{self.path}: another process has held it for {BUSY_SECONDS:.0f} s; try again when that one ends"
                ) from error
            if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
                raise StorageError(f"{self.path}: the catalog is damaged ({text}). {_GO_ON}") from error
            if name.startswith(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
                raise StorageError(f"{self.path}: {text}; check the disk's free space and the permissions") from error
            raise


class Prepared:
    """A statement compiled once, for the few that run for every page: SQLAlchemy's own care for each row costs more.

    `columns` are what its rows bring; times must be text already (`moment_text`).
    """

    def __init__(self, statement: Insert | Update, columns: Collection[str]) -> None:
        keys = list(columns) if isinstance(statement, Insert) else None
        compiled = statement.compile(dialect=sqlite.dialect(), column_keys=keys)
        self._sql = str(compiled)
        self._fixed = {name: value for name, value in compiled.params.items() if name not in columns}
        self._values = itemgetter(*(compiled.positiontup or ()))

    def run(self, connection: Connection, rows: Iterable[dict[str, Any]]) -> int:
        """Run it for each row; returns how many rows of the table were changed."""
        values = [self._values(self._fixed | row) for row in rows]
        return connection.exec_driver_sql(self._sql, values).rowcount


def _engine(path: Path, *, readonly: bool) -> Engine:
    if not readonly:
        mode = "mode=rwc"
    elif _writable(path):
        mode = "mode=rw"  # with query_only, below: a file opened with mode=ro leaves its -wal and -shm behind
    else:
        # Read-only media: SQLite can't make its -shm there, and nobody else writes either.
        mode = "mode=ro" if Path(f"{path}-wal").exists() else "immutable=1"
    address = f"file:{quote(str(path.absolute()))}?{mode}"
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, check_same_thread=False),
        poolclass=QueuePool,
        # `_write` begins its transactions itself; SELECTs outside of one see the newest commit
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,  # what pages say has no place in an error message
        pool_size=4,
        max_overflow=12,
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: object) -> None:
        if not readonly:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
        else:
            connection.execute("PRAGMA query_only=ON")
        connection.execute("PRAGMA cache_size=-16384")  # KiB

    return engine


def _writable(path: Path) -> bool:
    try:
        with path.open("r+b"):
            return True
    except OSError:
        return False
