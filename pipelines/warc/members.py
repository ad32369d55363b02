"""Walks the frames of an archive file: gzip members, zstd frames, or the whole of an uncompressed file.

A frame tells where it starts and ends in the file and, at its end, whether it was sound; behind one that
was not the walk goes on at the next place where a frame with a WARC record in it begins.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from pipelines.model import DamageKind
from pipelines.warc.resync import DRAIN_MAX, next_frame, stated_end
from pipelines.warc.source import DECODING, FEED, PIECE, STARTS, Decoder, Source, decoder_at, dictionary_of

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


class Frame:
    """One compressed frame, or a whole plain file. Once settled, `length` and `fault` are known for good."""

    __slots__ = ("_decoder", "_dictionary", "_source", "ended", "fault", "length", "offset")

    def __init__(self, source: Source, decoder: Decoder | None, dictionary: zstd.ZstdDict | None = None) -> None:
        self._source, self._decoder, self._dictionary = source, decoder, dictionary
        self.offset = source.offset
        self.length = 0
        self.ended = False
        self.fault: tuple[DamageKind, str] | None = None

    @property
    def plain(self) -> bool:
        """Whether this is an uncompressed file, in which offsets are offsets of the file."""
        return self._decoder is None

    def more(self) -> bytes:
        """The next piece, about a MiB; b"" at the end."""
        decoder = self._decoder
        if self.ended:
            return b""
        if decoder is None:
            piece = self._source.take(PIECE)
            if not piece:
                self._end(None)
            return piece
        while True:
            feed = self._source.take(FEED) if decoder.needs_input else b""
            if not feed and decoder.needs_input:
                self._end((DamageKind.CUT, "the file ends inside it"))
                return b""
            try:
                piece = decoder.decompress(feed, PIECE)
            except DECODING as error:
                self._end((DamageKind.BAD_GZIP, str(error)))
                return b""
            if decoder.eof:
                self._source.back(len(decoder.unused_data))
                self._end(None)
            if piece or self.ended:
                return piece

    def settle(self) -> None:
        """Pass over what is left of it; behind a faulty one, to where the next sound one starts."""
        passed = 0
        while not self.ended:
            passed += len(self.more())
            if passed > DRAIN_MAX:
                self._end((DamageKind.TOO_LARGE, f"it inflates to more than {DRAIN_MAX} bytes"))
        if self.fault is not None:
            self._find_end(self.fault[0])
        self._source.seek(self.offset + self.length)

    def _find_end(self, kind: DamageKind) -> None:
        """Set `length` of a faulty frame: up to the next sound one, or the end of the file."""
        drained = self._source.offset
        size = self._source.size()
        if kind is DamageKind.CUT:
            # The decoder took all there is. Either that is so, or it was led astray and whole members lie in
            # it, the last of which ends with the file; members in a payload that was cut do not.
            end, found = next_frame(self._source, self.offset + 1, self._dictionary, until=size)
            if found:
                self.fault = (DamageKind.BAD_GZIP, "it does not end before the next one starts")
        else:
            behind, until = drained, 0
            if kind is not DamageKind.TOO_LARGE:
                # If it has an end of its own, members before that are of its payload. But a decoder that came out of a
                # hole may have taken whole members for its stream: those go on beyond the end that it found.
                behind, until = self.offset + 1, stated_end(self._source, self.offset) or 0
            end, _ = next_frame(self._source, min(behind, size), self._dictionary, until=min(until, size))
        self.length = end - self.offset

    def jump(self, offset: int) -> bytes:
        """In a plain file: go on at `offset` of the file; the first bytes there."""
        assert self.plain
        self.ended = False
        self._source.seek(offset)
        return self._source.peek(4)

    def refuse(self) -> None:
        """Say that no frame starts here."""
        self._end((DamageKind.NOT_GZIP, "bytes in which no compressed frame starts"))

    def _end(self, fault: tuple[DamageKind, str] | None) -> None:
        self.ended, self.fault = True, fault
        self.length = self._source.offset - self.offset


def frames(source: Source, *, compressed: bool = False) -> Iterator[Frame]:
    """Every frame from here on. The caller settles each before it asks for the next, and reports its fault.

    The caller may move the source on in between, to the start of another frame. `compressed` says that the
    file is known to be so; else a file that starts with no frame may be a plain one.
    """
    dictionary = dictionary_of(source)
    start = source.offset
    if not compressed and decoder_at(source, dictionary) is None:
        # A compressed file may begin with bytes that are none of it; one that has no frame at all is a plain one.
        plain = source.peek(9).startswith(STARTS) or (start == 0 and not next_frame(source, start, dictionary)[1])
        source.seek(start)
        if plain:
            yield Frame(source, None)
            return
    while source.peek(1):
        frame = Frame(source, decoder_at(source, dictionary), dictionary)
        if frame.plain:
            frame.refuse()
        yield frame
