"""Whether a WARC is sound from end to end: frames, lengths, digests, required fields, record ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pipelines.errors import InputError
from pipelines.model import Damage, DamageKind
from pipelines.warc.disk import OPEN
from pipelines.warc.reader import MAX_RECORD, read
from pipelines.warc.wacz import Wacz


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
    return _verified(path, path, None, max_record)


def verify_wacz(path: Path, *, max_record: int = MAX_RECORD) -> Iterator[Verified | InputError]:
    """The same of a WACZ: an `InputError` for each file that is not what its package says, and what lies in each WARC.

    Raises `InputError` for what is no WACZ.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror})") from error
    with file:
        wacz = Wacz(file, str(path))
        for listed in wacz.resources:
            try:
                wacz.check(listed)
            except InputError as error:
                yield error
        for member in wacz.warcs:
            with wacz.open(member) as stream:
                yield _verified(Path(f"{path}#{member}"), stream, wacz.size(member), max_record)


def _verified(path: Path, source: Path | BinaryIO, size: int | None, max_record: int) -> Verified:
    records: Counter[str] = Counter()
    damages: list[Damage] = []
    seen: dict[str, int] = {}
    name = str(path).removesuffix(OPEN)
    for event in read(source, name, max_record=max_record, payloads=True):
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
        damages.append(Damage(name, 0, 0, DamageKind.NOT_WARC, "no record in it"))
    return Verified(path, records, path.stat().st_size if size is None else size, tuple(damages))
