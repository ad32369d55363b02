"""Files that lie elsewhere, read a range at a time, and stretches of a file: seekable, buffered, never whole in memory.

Objects of a store and files of a web server differ only in how a range is fetched.
"""

from __future__ import annotations

import io
import os
from abc import abstractmethod
from collections.abc import Callable
from typing import BinaryIO, Final, cast

FIRST: Final = 1 << 18  # bytes of the first request at a place: most records fit
LARGEST: Final = 8 << 20  # bytes of a request in the middle of a long way through
_BUFFER: Final = 1 << 16  # bytes handed out at a time


class _Seekable(io.RawIOBase):
    """What is the same for everything of a known size that can be read at any place."""

    def __init__(self, size: int, end: Callable[[], None] | None) -> None:
        self._size, self._end = size, end
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}[whence]
        self._place = max(0, base + offset)
        return self._place

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast("bytearray", buffer)).cast("B")
        wanted = min(len(view), self._size - self._place)
        if wanted <= 0:
            return 0
        piece = self._piece(self._place, wanted)
        view[: len(piece)] = piece
        self._place += len(piece)
        return len(piece)

    def close(self) -> None:
        if not self.closed and self._end is not None:
            self._end()
        super().close()

    @abstractmethod
    def _piece(self, place: int, size: int) -> bytes:
        """At least one byte from `place` on and at most `size`."""


class _Ranges(_Seekable):
    """Holds the range that was fetched last.

    Requests double while reading goes straight on, and start small behind a jump: one record costs one small request,
    a whole file few large ones.
    """

    def __init__(self, size: int, fetch: Callable[[int, int], bytes], end: Callable[[], None] | None) -> None:
        super().__init__(size, end)
        self._fetch = fetch
        self._held, self._at = b"", 0  # bytes, and the offset of the first of them
        self._next = FIRST

    def _piece(self, place: int, size: int) -> bytes:
        start = place - self._at
        if not 0 <= start < len(self._held):
            straight_on = bool(self._held) and start == len(self._held)
            self._next = min(self._next * 2, LARGEST) if straight_on else FIRST
            self._held = b""  # before the next one comes, not beside it
            self._held = self._fetch(place, min(self._next, self._size - place))
            self._at, start = place, 0
        return self._held[start : start + size]


class _Section(_Seekable):
    def __init__(self, file: BinaryIO, start: int, size: int, end: Callable[[], None] | None) -> None:
        super().__init__(size, end)
        self._file, self._start = file, start

    def _piece(self, place: int, size: int) -> bytes:
        self._file.seek(self._start + place)
        return self._file.read(size)


def ranged(size: int, fetch: Callable[[int, int], bytes], end: Callable[[], None] | None = None) -> BinaryIO:
    """A file of `size` bytes. `fetch(offset, length)` gives exactly those bytes, or raises what reading is to raise.

    `end` is called when the file is closed.
    """
    return io.BufferedReader(_Ranges(size, fetch, end), _BUFFER)


def section(file: BinaryIO, start: int, size: int, end: Callable[[], None] | None = None) -> BinaryIO:
    """The `size` bytes of a seekable file from `start` on, as a file of their own.

    `end` is called when that is closed; the other file stays open but for that.
    """
    return io.BufferedReader(_Section(file, start, size, end), _BUFFER)
