"""Whether a WARC is sound from end to end: frames, lengths, digests, required fields, record ids."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from pipelines.model import Damage, DamageKind
from pipelines.warc.disk import OPEN
from pipelines.warc.reader import MAX_RECORD, read


@dataclass(frozen=True, slots=True)
class Verified:
    """What a walk over a whole file found."""

    path: Path
    records: Counter[str]  # sound records by WARC-Type
    bytes: int  # size of the file
    damages: tuple[Damage, ...]

    @property
    def sound(self) -> bool:
        return not self.damages


def verify(path: Path, *, max_record: int = MAX_RECORD) -> Verified:
    """Read a file completely and check all that can be checked. Raises `InputError` if it can't be read at all.

    A file without any record is not sound, and neither is one in which a record id stands twice: whatever
    refers to it could mean either.
    """
    records: Counter[str] = Counter()
    damages: list[Damage] = []
    seen: dict[str, int] = {}
    for event in read(path, max_record=max_record, payloads=True):
        if isinstance(event, Damage):
            damages.append(event)
            continue
        records[event.type] += 1
        locator = event.locator
        if not locator.record_id:
            continue  # the reader has said so
        first = seen.setdefault(locator.record_id, locator.offset)
        if first != locator.offset:
            detail = f"the record id {locator.record_id} stands at {first} already"
            damages.append(Damage(locator.warc, locator.offset, 0, DamageKind.NOT_WARC, detail))
    if not records and not damages:
        damages.append(Damage(str(path).removesuffix(OPEN), 0, 0, DamageKind.NOT_WARC, "no record in it"))
    return Verified(path, records, path.stat().st_size, tuple(damages))
