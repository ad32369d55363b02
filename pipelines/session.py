"""What a live crawl writes to: recorder, workers, keeper and catalog of one archive, opened and closed once.

The catalog is the queue: a captured page without a derived row is work, whether it was captured a moment
ago or before a crash. So only a bounded number of locators is ever held here.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from pipelines import __version__
from pipelines.config import Config
from pipelines.derive import DeriveSettings, processing
from pipelines.errors import StorageError
from pipelines.extract.residue.strip import Evidence
from pipelines.keep import Keeper, complete_runs
from pipelines.model import Capture, Item, Recorded
from pipelines.second_pass import SecondPass
from pipelines.store.catalog import Catalog
from pipelines.store.runs import new_run_id
from pipelines.warc.recorder import Recorder
from pipelines.warc.recover import recover
from pipelines.workers import DerivePool, Worked

logger = logging.getLogger(__name__)

MAX_PENDING = 256  # locators handed to the workers at once; the rest waits in the catalog


class Session:
    """One crawl's hold on an archive folder, safe to call from several threads. `close` is idempotent.

    Raises `StorageError` when the folder can't be written.
    """

    def __init__(
        self,
        archive: Path,
        config: Config,
        *,
        folder: Path | None = None,
        spider: str = "",
        refused: Callable[[StorageError], None] | None = None,
    ) -> None:
        """`folder`: where the configuration lies, which may hold phrase rules of its own.

        `refused` hears, from a thread of ours, when derived data can't be kept; after that none is made.
        """
        self.archive = archive
        self._refused = refused
        self._full = False
        self.run = new_run_id(datetime.now(UTC))
        self._config = config
        self._lock = threading.Lock()
        self._pending: set[str] = set()  # record ids with the workers
        self._overflow = False
        self._closed = False
        self._hurry = False  # somebody wants the end now
        self._idle = threading.Condition(self._lock)
        self._closing = threading.Lock()
        settings = DeriveSettings.of(config, folder)
        self._learns = Evidence.REPEATS in settings.residue.evidence
        try:
            archive.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{archive}: can't be made ({error.strerror}); choose another archive.path") from error
        self.catalog = Catalog(archive / "catalog.sqlite")
        for recovered in recover(archive, self.catalog):
            logger.warning(
                "%s was left open by a run that died: %d records kept, %d bytes of a cut one set aside",
                recovered.warc,
                recovered.records,
                recovered.cut_bytes,
            )
        complete_runs(archive, self.catalog)
        facts = processing(self.run, settings.residue)
        self.catalog.run_started(self.run, datetime.now(UTC), spider=spider, config_digest=config.digest)
        self._recorder = Recorder(
            archive,
            self.catalog,
            info=self._warcinfo(),
            run=self.run,
            roll_bytes=config.archive.roll_bytes,
            roll_seconds=config.archive.roll_seconds,
            fsync=config.archive.fsync,
        )
        self._keeper = Keeper(archive, self.catalog, facts, self.run)
        self._keeping = ThreadPoolExecutor(1, thread_name_prefix="keep")  # one writer
        self._pool = (
            DerivePool(
                config.derive.workers,
                config.derive.timeout_seconds,
                config.derive.memory_bytes,
                settings,
                archive,
                facts,
            )
            if config.derive.live
            else None
        )
        self._refill()

    def _warcinfo(self) -> dict[str, str]:
        operator = self._config.operator
        return {
            "software": f"warchronicle/{__version__}",
            "operator": operator.name,
            "contact": operator.contact,
            "robots": "obeyed",
        }

    # -- capture --------------------------------------------------------------------------------------------------

    def record(self, capture: Capture) -> Future[Recorded]:
        """Store one exchange. The future resolves once its records are on disk and in the catalog."""
        return self._recorder.submit(capture)

    # -- derivation -----------------------------------------------------------------------------------------------

    @property
    def pending(self) -> int:
        """Pages with the workers at this moment."""
        return len(self._pending)

    def derive(self, item: Item) -> None:
        """Hand a captured page to the workers; it stays in the catalog if they have enough to do."""
        if self._pool is None:
            return
        with self._lock:
            if self._closed or self._full or item.locator.record_id in self._pending:
                return
            if len(self._pending) >= MAX_PENDING:
                self._overflow = True
                return
            self._pending.add(item.locator.record_id)
        self._pool.submit(item).add_done_callback(lambda future: self._derived(item, future))

    def _derived(self, item: Item, future: Future[Worked]) -> None:
        if future.cancelled():
            self._forget(item)
        else:
            self._keeping.submit(self._keep, item, future)

    def _keep(self, item: Item, future: Future[Worked]) -> None:
        try:
            worked = future.result()
            if not self._full:
                self._keeper.keep(worked.derived, worked.row, worked.found, item.locator)
        except StorageError as error:
            self._give_up(error)
        except Exception:
            # A fault of ours: said with its traceback; the page stays underived and is taken up at the next start.
            logger.exception("deriving %s failed", item.locator)
        finally:
            self._forget(item)

    def _give_up(self, error: StorageError) -> None:
        """The disk refuses: what is captured stays underived, for the next start."""
        with self._idle:
            first, self._full = not self._full, True
            self._hurry = True
            self._idle.notify_all()
        if first and self._refused is not None:
            self._refused(error)

    def _forget(self, item: Item) -> None:
        with self._idle:
            self._pending.discard(item.locator.record_id)
            refill = self._overflow and len(self._pending) < MAX_PENDING // 2 and not self._closed
            self._idle.notify_all()
        if refill:
            self._refill()

    def _refill(self) -> None:
        """Take up captured pages that have no row yet: what overflowed, and what a crash left."""
        if self._pool is None:
            return
        with self._lock:
            self._overflow = False
        for item in self.catalog.underived(limit=2 * MAX_PENDING):
            self.derive(item)

    # -- the end --------------------------------------------------------------------------------------------------

    def counts(self) -> dict[str, int]:
        """Rows of this run by outcome."""
        return self.catalog.counts(self.run)

    def close(self, *, drain: bool = True, reason: str = "finished") -> None:
        """Seal the WARCs; with `drain`, wait until every captured page has its row and learn what outlets repeat; write
        the run folder.

        A call without `drain` while another thread's waits ends that wait too: a second signal, say.
        """
        if not drain:
            with self._idle:
                self._hurry = True
                self._idle.notify_all()
        with self._closing:
            if self._closed:
                return
            try:
                self._recorder.close()
            finally:
                self._finish(drain=drain, reason=reason)

    @property
    def closed(self) -> bool:
        """Whether it is closed to the end."""
        return self._closed and not self._closing.locked()

    def _finish(self, *, drain: bool, reason: str) -> None:
        with self._idle:
            while drain and self._pending and not self._hurry:
                self._idle.wait(timeout=1.0)
            self._closed = True
        try:
            if drain and self._learns:
                self._second_pass()
        finally:
            self._end(reason)

    def _second_pass(self) -> None:
        """Every page has its row: what their outlets repeat can be learnt."""
        if self._pool is None or self._hurry or self._full:
            return
        summary = SecondPass(self.catalog, self._keeper, self._pool, lambda: self._hurry).run()
        self.catalog.note_run(self.run, repeats=summary.facts())

    def _end(self, reason: str) -> None:
        if self._pool is not None:
            self._pool.close()
        self._keeping.shutdown(wait=True)
        try:
            self.catalog.run_ended(self.run, datetime.now(UTC), reason)
            self._keeper.close()
        finally:  # a run whose end could not be written is completed at the next start
            self.catalog.close()
