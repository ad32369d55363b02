"""The decoded bytes of a frame from the current place on; more are fetched as they are asked for."""

from __future__ import annotations

import re

from pipelines.warc.members import Frame

_RECORD = re.compile(rb"\n(?=WARC/\d+\.\d+)")
_LINE_ENDS = re.compile(rb"[\r\n]*")


class Window:
    """`data[pos:]` is what was decoded and not yet used."""

    __slots__ = ("_dropped", "_frame", "data", "pos")

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self.data = frame.more()
        self.pos = 0
        self._dropped = frame.offset if frame.plain else 0

    def tell(self) -> int:
        """The current place: an offset of the file for a plain one, else of the frame's decoded bytes."""
        return self._dropped + self.pos

    @property
    def at_end(self) -> bool:
        """Whether all is decoded."""
        return self._frame.ended

    def have(self, size: int) -> bool:
        """Make `size` bytes stand in `data` from `pos` on; False if the frame ends before."""
        missing = size - (len(self.data) - self.pos)
        if missing <= 0:
            return True
        parts = [self.data[self.pos :]]
        while missing > 0 and (piece := self._frame.more()):
            parts.append(piece)
            missing -= len(piece)
        self._dropped += self.pos
        self.data, self.pos = b"".join(parts), 0
        return missing <= 0

    def find(self, mark: bytes, start: int, limit: int) -> int:
        """Where `mark` begins, counted from `pos`, looked for from `start` to `limit`; -1 if it does not."""
        size = 8192
        while True:
            whole = self.have(size)
            place = self.data.find(mark, self.pos + start, self.pos + size)
            if place >= 0:
                return place - self.pos
            if not whole or size >= limit:
                return -1
            size = min(4 * size, limit)

    def skip_line_ends(self) -> bool:
        """Go behind any line ends that stand here; False if nothing follows."""
        while self.have(1):
            found = _LINE_ENDS.match(self.data, self.pos)
            assert found is not None
            self.pos = found.end()
            if self.pos < len(self.data):
                return True
        return False

    def find_record(self) -> bool:
        """Go to the next place where the first line of a record stands behind a line end; False at the end."""
        self.pos = max(self.pos - 1, 0)  # the line end before this place counts
        while True:
            found = _RECORD.search(self.data, self.pos)
            if found:
                self.pos = found.end()
                return True
            self.pos = max(self.pos, len(self.data) - 16)
            if not self.have(len(self.data) - self.pos + 1):
                self.pos = len(self.data)
                return False

    def skip(self, size: int) -> bool:
        """Go `size` bytes on without keeping them, if a record's end stands there; else False.

        In a plain file the place is then as it was, so that what lies between can be searched.
        """
        here = self.tell()
        if self._frame.plain:
            ends = self._frame.jump(here + size).startswith((b"\r\n\r\n", b"\n\n"))
            self.data, self.pos = b"", 0
            self._dropped = here + size if ends else here
            if not ends:
                self._frame.jump(here)
            return ends
        while size > len(self.data) - self.pos:
            size -= len(self.data) - self.pos
            self._dropped += len(self.data)
            self.data, self.pos = self._frame.more(), 0
            if not self.data:
                return False
        self.pos += size
        return self.have(2) and self.data.startswith((b"\r\n", b"\n\n"), self.pos)
