"""The recorder: exchanges in, records on the disk, one thread that writes whatever waits as one batch.

The order is the promise: write, flush, force to the disk, commit to the index, and only then tell the caller.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from pipelines.errors import RecordError, StorageError
from pipelines.model import Capture, Locator, Record, Recorded, RecordKind
from pipelines.warc import cdxj
from pipelines.warc.disk import GrowingFile, storage_error
from pipelines.warc.facts import Facts, examine
from pipelines.warc.records import Draft, Revisit, drafts, new_id, recorded, warcinfo

_BATCH_CAPTURES = 256
_BATCH_BYTES = 64 << 20
_Waiting = tuple[Capture, "Future[Recorded]"]


class CaptureIndex(Protocol):
    """What the recorder asks of the catalog. Called from its writer thread only."""

    def original(self, payload_digest: str) -> Recorded | None:
        """An earlier whole response record with that payload."""

    def latest(self, url: str) -> Recorded | None:
        """The newest whole response record of that URL."""

    def commit(self, batch: Sequence[Recorded]) -> None:
        """One transaction; the same record id twice is one row."""


@dataclass(slots=True)
class _Batch:
    """What is composed but not yet written."""

    members: list[bytes] = field(default_factory=list)
    size: int = 0
    done: list[tuple[Future[Recorded], Recorded]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    originals: dict[str, Recorded] = field(default_factory=dict)
    latest: dict[str, Recorded] = field(default_factory=dict)


class Recorder:
    """Writes exchanges into WARC files under `archive`. `submit` from any thread; `close` once."""

    def __init__(
        self,
        archive: Path,
        index: CaptureIndex,
        *,
        info: Mapping[str, str],
        run: str,
        roll_bytes: int = 1_000_000_000,
        roll_seconds: float = 86_400,
        fsync: bool = True,
        prefix: str = "news",
    ) -> None:
        """`info` goes into each file's warcinfo record; `run` into its name and into every metadata record."""
        self._archive, self._index, self._info, self._run = archive, index, dict(info), run
        self._roll_bytes, self._roll_seconds, self._fsync, self._prefix = roll_bytes, roll_seconds, fsync, prefix
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._closed = False
        self._failed: StorageError | None = None
        self._file: GrowingFile | None = None
        self._warcinfo_id = ""
        self._opened_at = 0.0
        self._lines: list[str] = []
        self.sealed: list[Path] = []
        self._thread = threading.Thread(target=self._work, name="warc-recorder", daemon=True)
        self._thread.start()

    def submit(self, capture: Capture) -> Future[Recorded]:
        """Record an exchange. The future resolves once it is on the disk and in the index.

        It fails with `StorageError` when the disk refuses (then every later one does, too), and with
        `RecordError` when this exchange can't stand in a WARC.
        """
        future: Future[Recorded] = Future()
        with self._gate:
            if self._closed:
                future.set_exception(StorageError(f"{self._archive}: the recorder is closed; nothing was written"))
            else:
                self._queue.put((capture, future))
        return future

    def close(self) -> None:
        """Write what waits, seal the file, end the thread. A second call does nothing."""
        with self._gate:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        more = True
        while more:
            batch, more = self._take()
            if batch:
                self._record(batch)
            if self._file is not None and (not more or time.monotonic() - self._opened_at >= self._roll_seconds):
                self._guarded_seal()

    def _take(self) -> tuple[list[_Waiting], bool]:
        """All that waits, up to a batch's limits, and whether more may come. Waits for the first, or for the roll."""
        batch: list[_Waiting] = []
        size = 0
        try:
            timeout = None
            if self._file is not None:
                timeout = max(0.0, self._opened_at + self._roll_seconds - time.monotonic())
            item = self._queue.get(timeout=timeout)
            while item is not None:
                batch.append(item)
                size += len(item[0].response)
                if len(batch) >= _BATCH_CAPTURES or size >= _BATCH_BYTES:
                    return batch, True
                item = self._queue.get_nowait()
        except queue.Empty:
            return batch, True
        return batch, False

    def _record(self, waiting: list[_Waiting]) -> None:
        """Compose and write a batch. Every future is resolved, one way or the other."""
        alive = [(capture, future) for capture, future in waiting if future.set_running_or_notify_cancel()]
        try:
            if self._failed is None:
                self._write(alive)
        except OSError as error:
            self._give_up(storage_error(error, self._file.path if self._file else self._archive / "warc"))
        except StorageError as error:  # of the index: its disk is ours
            self._give_up(error)
        except Exception as error:  # noqa: BLE001 - the border of the thread: the index's errors are not ours to know
            self._give_up(StorageError(f"the index failed ({error!r}); what is on the disk is indexed at next start"))
        for _, future in alive:
            if not future.done():
                future.set_exception(self._failed or StorageError("not written"))

    def _write(self, alive: list[_Waiting]) -> None:
        batch = _Batch()
        for capture, future in alive:
            file = self._file or self._open(batch)
            try:
                self._compose(capture, future, batch, file)
            except RecordError as error:
                future.set_exception(error)
            if file.size + batch.size >= self._roll_bytes:
                self._commit(batch)
                batch = _Batch()
                self._seal()
        self._commit(batch)

    def _open(self, batch: _Batch) -> GrowingFile:
        now = datetime.now(UTC)
        self._file = GrowingFile(self._archive, self._prefix, self._run, now, fsync=self._fsync)
        self._opened_at = time.monotonic()
        self._lines = []
        self._warcinfo_id = new_id()
        info = {"isPartOf": self._run} | self._info
        record = warcinfo(info, filename=self._file.path.name, at=now, record_id=self._warcinfo_id)
        packed = record.packed()
        batch.members.append(packed)
        batch.size += len(packed)
        return self._file

    def _compose(self, capture: Capture, future: Future[Recorded], batch: _Batch, file: GrowingFile) -> None:
        """Add an exchange's members to the batch. Raises `RecordError` before anything of it is added."""
        facts = examine(capture)
        revisit = self._revisit(capture, facts, batch)
        records = drafts(capture, facts, revisit=revisit, new_id=new_id, warcinfo_id=self._warcinfo_id, run=self._run)
        packed = [draft.packed() for draft in records]
        locator = Locator(file.warc, file.size + batch.size, len(packed[0]), records[0].record_id)
        result = recorded(capture, facts, revisit, locator)
        batch.members += packed
        batch.size += sum(map(len, packed))
        batch.done.append((future, result))
        if capture.response:
            batch.lines.append(cdxj.line(_as_read(records[0], locator, capture, result, facts), file.path.name))
        if result.kind is RecordKind.RESPONSE and facts.dedupable:
            batch.originals[result.payload_digest] = result
            batch.latest[result.url] = result

    def _revisit(self, capture: Capture, facts: Facts, batch: _Batch) -> Revisit | None:
        """What this exchange repeats, if anything."""
        if facts.status == 304 and facts.truncated is None:
            known = batch.latest.get(capture.url) or self._index.latest(capture.url)
            return Revisit(RecordKind.REVISIT_NOT_MODIFIED, known) if known else None
        if facts.dedupable:
            known = batch.originals.get(facts.payload_digest) or self._index.original(facts.payload_digest)
            return Revisit(RecordKind.REVISIT_IDENTICAL, known) if known else None
        return None

    def _commit(self, batch: _Batch) -> None:
        """Write, force to the disk, index, tell. Raises `OSError` with the file as it was before."""
        if not batch.members:
            return
        assert self._file is not None
        self._file.append(b"".join(batch.members))
        self._lines += batch.lines
        if batch.done:
            self._index.commit([result for _, result in batch.done])
        for future, result in batch.done:
            future.set_result(result)

    def _seal(self) -> None:
        file, self._file = self._file, None
        assert file is not None
        self.sealed.append(file.seal())
        cdxj.write(file.path, self._lines)

    def _guarded_seal(self) -> None:
        """Seal outside of a batch. A file that can't be sealed stays `.open`: the next start's recovery seals it."""
        path = self._file.path if self._file else self._archive
        try:
            self._seal()
        except OSError as error:
            self._failed = self._failed or storage_error(error, path)

    def _give_up(self, error: StorageError) -> None:
        """The end of recording. What is whole on the disk stays, as `.open`, for the next start's recovery."""
        self._failed = error
        if self._file is not None:
            self._file.close()
            self._file = None


def _as_read(draft: Draft, locator: Locator, capture: Capture, result: Recorded, facts: Facts) -> Record:
    """A record just composed, as the reader would give it, for its CDXJ line."""
    stated = "" if facts.head is None or result.kind is RecordKind.REVISIT_NOT_MODIFIED else facts.payload_digest
    return Record(locator, draft.type, capture.url, capture.started_at, (), draft.block, stated)
