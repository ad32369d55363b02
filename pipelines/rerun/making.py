"""A row as the coordinator takes it from a worker: packed, with the few facts that are decided on. Runs in workers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines import worker
from pipelines.errors import InputError, RecordError
from pipelines.extract.residue import prints
from pipelines.model import Found, Item, Outcome, Record
from pipelines.rerun.frames import Frame, pack
from pipelines.warc.reader import read_one
from pipelines.worker import Again, Setting, Worked


@dataclass(frozen=True, slots=True)
class Made:
    """A row. The article itself stays in the worker: unpacking it would cost the coordinator more than all else."""

    id: str
    outcome: Outcome
    detail: str  # "" for articles
    digest: str  # of the payload, as the row states it
    frame: Frame
    outlet: str  # "" where there is nothing to learn from the page
    print: bytes


def of_file(setting: Setting, path: Path, item: Item, again: Again | None = None) -> Made:
    """Read a record back from its file and derive it. Raises `InputError` if the file can't be read at all."""
    try:
        with path.open("rb", buffering=0) as file:
            record = read_one(file, item.locator)
    except RecordError as error:
        return packed(worker.worked(worker.damaged(item, str(error)), setting, item.found))
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror or error})") from error
    return of_record(setting, record, item.found, again)


def of_record(setting: Setting, record: Record, found: Found | None, again: Again | None = None) -> Made:
    """Derive a record that the coordinator had to read: from far away, or out of the middle of a stream."""
    return packed(worker.of_record(setting, record, found, again))


def packed(worked: Worked) -> Made:
    """What the coordinator needs of a result."""
    derived = worked.derived
    taken = prints.take(derived.article) if derived.article is not None else None
    learnable = taken is not None and bool(taken.keys) and bool(taken.outlet)
    return Made(
        derived.id,
        derived.outcome,
        "" if derived.outcome is Outcome.ARTICLE else derived.detail,
        derived.provenance.payload_digest if derived.provenance is not None else "",
        pack(worked.row),
        taken.outlet if taken is not None and learnable else "",
        taken.pack() if taken is not None and learnable else b"",
    )
