"""Parses the records out of one frame of an archive file, and says what in it is none.

A frame holds one record in a well-made file; all of them in a plain file or one that was compressed as
a whole. Only there is the next record looked for by its first line after a bad one: in a member of its own
a payload could feign one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.errors import RecordError
from pipelines.model import Damage, DamageKind, Locator, Record
from pipelines.warc.digests import payload_fault
from pipelines.warc.fields import HEAD_MAX, agrees, parse, parse_date
from pipelines.warc.limits import NEED_URL, START, Limits
from pipelines.warc.members import Frame
from pipelines.warc.window import Window

_FIRST_LINE = re.compile(rb"WARC/\d+\.\d+[^\r\n]{0,20}(\r?\n)")
_LENGTH = re.compile(r"[0-9]{1,18}\Z")

Fields = tuple[tuple[str, str], ...]


class _BadError(Exception):
    """The record that starts here can't be used."""

    def __init__(self, kind: DamageKind, detail: str) -> None:
        super().__init__(detail)
        self.kind, self.detail = kind, detail


class Parser:
    """One frame's records and damages, in order. The frame's own fault is for the caller to report."""

    __slots__ = ("_count", "_frame", "_limits", "_shared", "_window")

    def __init__(self, frame: Frame, limits: Limits) -> None:
        self._frame, self._limits = frame, limits
        self._window = Window(frame)
        self._count = 0
        # Whether the frame holds more than one record: then a bad one is followed by a search for the next.
        self._shared = frame.plain or (frame.offset == 0 and not frame.ended)

    def starts_with(self, magic: bytes) -> bool:
        """Whether the frame's decoded bytes start so."""
        return self._window.data.startswith(magic)

    def parse(self) -> Iterator[Record | Damage]:
        window, frame = self._window, self._frame
        while window.skip_line_ends():
            start = window.tell()
            try:
                found = self._next(start)
            except _BadError as bad:
                kind = bad.kind
                more = self._shared and window.find_record()
                if not frame.plain and not more:
                    frame.settle()
                if frame.fault is not None:
                    return  # the caller reports it, and it is the reason for this, too
                if frame.plain:
                    if not more and kind is DamageKind.LENGTH and window.at_end:
                        kind = DamageKind.CUT
                    yield Damage(self._limits.name, start, window.tell() - start, kind, bad.detail)
                else:
                    alone = self._count == 0 and not more
                    detail = bad.detail if alone else f"{bad.detail} (at {start} of the decoded bytes)"
                    yield Damage(self._limits.name, frame.offset, frame.length if alone else 0, kind, detail)
                if not more:
                    return
                continue
            self._count += 1
            yield from found

    def _next(self, start: int) -> list[Record | Damage]:
        """The record at `start` and what is wrong with it; [] if it is not wanted. Raises `_BadError`."""
        window, limits = self._window, self._limits
        fields = self._head()
        known = {name.lower(): value for name, value in reversed(fields)}
        length = self._length(known)
        if length > limits.max_record:
            return [self._too_large(start, length)]
        if not window.have(length):
            present = len(window.data) - window.pos
            raise _BadError(DamageKind.LENGTH, f"Content-Length is {length}, and {present} bytes are there")
        window.have(length + 4)
        end = _end_of_record(window.data, window.pos + length)
        kind = known.get("warc-type", "")
        wanted = limits.types is None or kind in limits.types
        if wanted and limits.wants is not None:
            wanted = limits.wants(kind, known, window.data[window.pos : window.pos + min(length, START)])
        check = limits.digests and wanted
        stated = known.get("warc-block-digest", "")
        block = window.data[window.pos : window.pos + length] if wanted or not end else b""
        sound = agrees(stated, block) if stated and (check or not end) else None
        if not end and not sound:
            raise _BadError(DamageKind.LENGTH, f"no record ends where Content-Length ({length}) says so")
        window.pos += length + end
        alone = not window.have(1) and self._count == 0
        if alone and self._frame.fault is not None:
            raise _BadError(*self._frame.fault)
        if not wanted:
            return []
        locator = self._locator(start, known, alone=alone)
        date = parse_date(known.get("warc-date", ""))
        fault = _missing(known, dated=date is not None)
        if fault is None and sound is False:
            fault = f"WARC-Block-Digest is {stated[:80]!r}; the block's is another"
            return [self._damage(locator, DamageKind.BLOCK_DIGEST, fault, lost=window.tell() - start)]
        if fault is not None or date is None:
            return [self._damage(locator, DamageKind.MISSING_HEAD, fault or "", lost=window.tell() - start)]
        events: list[Record | Damage] = []
        payload_digest = known.get("warc-payload-digest", "")
        if not locator.record_id:
            events.append(self._damage(locator, DamageKind.MISSING_HEAD, "WARC-Record-ID is not there"))
        if (
            check
            and payload_digest
            and not (sound and not limits.payloads)
            and (detail := payload_fault(kind, payload_digest, block))
        ):
            lost = 0 if sound else window.tell() - start
            events.append(self._damage(locator, DamageKind.PAYLOAD_DIGEST, detail, lost=lost))
            if lost:
                return events
        url = known.get("warc-target-uri", "").removeprefix("<").removesuffix(">")
        events.append(Record(locator, kind, url, date, fields, block, payload_digest))
        return events

    def _head(self) -> Fields:
        """The fields of the head that starts here; `pos` is behind it then. Raises `_BadError`."""
        window = self._window
        window.have(64)
        first = _FIRST_LINE.match(window.data, window.pos)
        if first is None:
            if self._count and not self._shared:
                raise _BadError(DamageKind.TRAILING, "bytes behind the record that belong to none")
            raise _BadError(DamageKind.NOT_WARC, f"starts with {window.data[window.pos : window.pos + 40]!r}")
        self._shared = self._shared or self._count > 0
        size = first.end() - window.pos
        end = window.find(first[1] * 2, size - len(first[1]), HEAD_MAX)
        if end < 0:
            raise _BadError(DamageKind.NOT_WARC, f"its head does not end within {HEAD_MAX} bytes")
        try:
            fields = parse(window.data[window.pos + size : window.pos + end])
        except RecordError as error:
            raise _BadError(DamageKind.NOT_WARC, f"its head can't be read: {error}") from None
        window.pos += end + 2 * len(first[1])
        return fields

    @staticmethod
    def _length(known: dict[str, str]) -> int:
        stated = known.get("content-length")
        if stated is None:
            raise _BadError(DamageKind.MISSING_HEAD, "Content-Length is not there")
        if not _LENGTH.match(stated):
            raise _BadError(DamageKind.LENGTH, f"Content-Length is {stated[:40]!r}")
        return int(stated)

    def _too_large(self, start: int, length: int) -> Damage:
        """Pass over a block that is larger than the limit. Raises `_BadError` where it does not end as it says."""
        window, frame = self._window, self._frame
        detail = f"a block of {length} bytes; the limit is {self._limits.max_record}"
        if not self._shared or not window.skip(length):
            raise _BadError(DamageKind.TOO_LARGE, detail)
        if frame.plain:
            return Damage(self._limits.name, start, window.tell() - start, DamageKind.TOO_LARGE, detail)
        return Damage(self._limits.name, frame.offset, 0, DamageKind.TOO_LARGE, detail)

    def _locator(self, start: int, known: dict[str, str], *, alone: bool) -> Locator:
        record_id = known.get("warc-record-id", "").removeprefix("<").removesuffix(">")
        if self._frame.plain:
            return Locator(self._limits.name, start, self._window.tell() - start, record_id)
        return Locator(self._limits.name, self._frame.offset, self._frame.length if alone else 0, record_id)

    def _damage(self, locator: Locator, kind: DamageKind, detail: str, *, lost: int = 0) -> Damage:
        """A damage of the record at `locator`; `lost` bytes if the record is withheld."""
        length = (locator.length or lost) if lost else 0
        return Damage(self._limits.name, locator.offset, length, kind, f"{detail} ({locator.record_id or 'no id'})")


def _end_of_record(data: bytes, place: int) -> int:
    """How many bytes of line ends close the record whose block ends at `place`; 0 if none do."""
    if data.startswith(b"\r\n\r\n", place):
        return 4
    return 2 if data.startswith(b"\n\n", place) else 0


def _missing(known: dict[str, str], *, dated: bool) -> str | None:
    """Which of the fields that WARC 1.1 requires, and that nothing can be done without, is not there."""
    if not known.get("warc-type"):
        return "WARC-Type is not there"
    if not dated:
        return f"WARC-Date is {known.get('warc-date', '')[:40]!r}"
    if known["warc-type"] in NEED_URL and not known.get("warc-target-uri"):
        return "WARC-Target-URI is not there"
    return None
