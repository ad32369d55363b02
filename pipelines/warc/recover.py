"""Takes up what a dead recorder left: sound records are kept and indexed, the cut tail set aside, the file sealed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pipelines.model import Damage, Record, Recorded
from pipelines.warc import cdxj
from pipelines.warc.disk import OPEN, lock, storage_error, sync_folder
from pipelines.warc.reader import read
from pipelines.warc.recorder import CaptureIndex
from pipelines.warc.records import recorded_of

_BATCH = 500
_ANSWERS = frozenset({"response", "revisit"})


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of one file."""

    warc: str  # its name in locators
    records: int  # sound records kept
    captures: int  # exchanges committed to the index; those that it had are among them
    cut_bytes: int  # bytes set aside
    cut_file: Path | None  # where they are
    damages: tuple[Damage, ...]  # places that stayed in the file because sound records follow them


def recover(archive: Path, index: CaptureIndex) -> list[Recovered]:
    """Seal every `.open` file under `archive`/warc that no living process holds; write CDXJ files that are missing.

    Idempotent, and safe at any moment of its own death. Raises `StorageError`.
    """
    done: list[Recovered] = []
    for path in sorted((archive / "warc").glob("**/*.warc.gz" + OPEN)):
        try:
            with path.open("r+b") as file:
                if lock(file.fileno()) and path.exists():
                    done.append(_take_up(archive, path, file, index))
        except FileNotFoundError:
            continue  # its writer, or another recovery, has sealed it in this moment
        except OSError as error:
            raise storage_error(error, path) from error
    for path in sorted((archive / "warc").glob("**/*.warc.gz")):
        if not path.with_name(path.name + ".cdxj").exists():
            try:
                cdxj.write(path, cdxj.index(path))
            except OSError as error:
                raise storage_error(error, path) from error
    return done


def _take_up(archive: Path, path: Path, file: BinaryIO, index: CaptureIndex) -> Recovered:
    final = path.with_name(path.name.removesuffix(OPEN))
    warc = final.relative_to(archive).as_posix()
    # What a dead process wrote may be in memory only, and the index must never name what is not on the disk.
    os.fsync(file.fileno())
    damages: list[Damage] = []
    end = captures = 0
    lines: list[str] = []
    batch: list[Recorded] = []
    kept = 0

    def commit() -> None:
        nonlocal captures
        index.commit(batch)
        captures += len(batch)
        batch.clear()

    for exchange in _exchanges(file, warc, damages):
        for record in exchange:
            kept += 1
            end = record.locator.offset + record.locator.length
            if record.type in _ANSWERS:
                lines.append(cdxj.line(record, final.name))
        result = _recorded(exchange)
        if result is not None:
            batch.append(result)
        if len(batch) >= _BATCH:
            commit()
    size = file.seek(0, os.SEEK_END)
    cut = _set_aside(file, final, end, size) if end < size else None
    os.fsync(file.fileno())
    if batch:
        commit()
    if kept == 0:
        path.unlink()
        sync_folder(path.parent)
    else:
        path.rename(final)
        sync_folder(final.parent)
        cdxj.write(final, lines)
    inside = tuple(damage for damage in damages if damage.offset < end)
    return Recovered(warc, kept, captures, size - end, cut, inside)


def _exchanges(file: BinaryIO, warc: str, damages: list[Damage]) -> Iterator[list[Record]]:
    """The sound records in file order, those of one exchange together; damages go into the list."""
    exchange: list[Record] = []
    for event in read(file, warc):
        if isinstance(event, Damage):
            damages.append(event)
            continue
        if exchange and event.field("WARC-Concurrent-To") != f"<{exchange[0].locator.record_id}>":
            yield exchange
            exchange = []
        exchange.append(event)
    if exchange:
        yield exchange


def _recorded(exchange: list[Record]) -> Recorded | None:
    """The index's row of an exchange; None for warcinfo and for what has lost its answer."""
    first = exchange[0]
    if first.type == "warcinfo" or first.field("WARC-Concurrent-To"):
        return None
    about = next((record for record in exchange if record.type == "metadata"), None)
    return recorded_of(first, about)


def _set_aside(file: BinaryIO, final: Path, end: int, size: int) -> Path:
    """Copy what lies behind the last sound record into `<name>.cut`, then take it off the file."""
    aside = final.with_name(final.name + ".cut")
    file.seek(end)
    with aside.open("wb") as out:
        shutil.copyfileobj(file, out)
        out.flush()
        os.fsync(out.fileno())
    sync_folder(aside.parent)
    file.truncate(end)
    assert aside.stat().st_size == size - end
    return aside
