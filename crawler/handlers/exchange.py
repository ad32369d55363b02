"""The bytes of one HTTP exchange as they pass, within limits: what a connection's tee writes into.

An exchange may be tried on two connections (Twisted's pool retries when a kept-alive one turns out
stale); `begin` forgets the first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from pipelines.config import Config
from pipelines.model import TlsFacts, Truncation

_BLANK_LINE = re.compile(rb"\n\r?\n")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one exchange; see the comments at config's `fetch`."""

    header_max: int  # bytes, all heads together
    body_max: int  # bytes as received, behind the head
    idle_seconds: float  # without a byte, connecting included
    total_seconds: float

    @classmethod
    def of(cls, config: Config) -> Limits:
        fetch = config.fetch
        return cls(fetch.header_max, fetch.body_max, fetch.timeout_seconds, fetch.total_seconds)


class Exchange:
    """Request and response bytes, the connection's facts, and how it ended."""

    __slots__ = (
        "_chunks",
        "_head",
        "_head_end",
        "_limits",
        "_searched",
        "_sent",
        "_size",
        "_start",
        "_surplus",
        "cut",
        "finished",
        "lost",
        "peer",
        "secure",
        "started_at",
        "tls",
        "why",
    )

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.begin("", secure=False, tls=None)

    def begin(self, peer: str, *, secure: bool, tls: TlsFacts | None) -> None:
        """A request is about to be handed to a connection: forget what an earlier one brought."""
        self.started_at = datetime.now(UTC)
        self.peer = peer
        self.secure = secure
        self.tls = tls
        self.cut: Truncation | None = None  # what we cut it off for
        self.why = ""  # and that in words
        self.finished = False  # the parser saw the message's end
        self.lost: BaseException | None = None  # why the connection went away before or at that end
        self._sent: list[bytes] = []
        self._chunks: list[bytes] = []  # all that was received, once the final head is known
        self._head = bytearray()  # until then
        self._head_end = -1  # where the final head ends
        self._start = 0  # where the final message starts, behind all 1xx heads
        self._searched = 0  # no blank line ends before this
        self._size = 0
        self._surplus = 0  # bytes received behind the message's end

    def sent(self, data: bytes) -> None:
        self._sent.append(data)

    def received(self, data: bytes) -> bytes:
        """Keep what came; return the part within limits, all that the parser may see. Sets `cut` if there is more."""
        if self._head_end < 0:
            return self._received_in_head(data)
        room = self._head_end + self._limits.body_max - self._size
        if len(data) > room:
            data = data[:room]
            self._over_body()
        self._size += len(data)
        self._chunks.append(data)
        return data

    def _received_in_head(self, data: bytes) -> bytes:
        before = len(self._head)
        self._head += data
        self._find_end()
        ended = self._head_end >= 0
        head = self._head_end if ended else len(self._head)
        allowed = len(self._head)
        if head > self._limits.header_max:
            allowed = self._limits.header_max
            self.cut = Truncation.LENGTH
            self.why = f"the head is longer than fetch.header_max = {allowed} bytes"
        elif ended and allowed - head > self._limits.body_max:
            allowed = head + self._limits.body_max
            self._over_body()
        del self._head[allowed:]
        if ended:
            self._chunks.append(bytes(self._head))
            self._size = len(self._head)
        return data[: allowed - before]

    def _find_end(self) -> None:
        """Look for the end of the final head, stepping over 1xx ones (RFC 9110, section 15.2)."""
        while found := _BLANK_LINE.search(self._head, self._searched):
            self._searched = found.end()
            if not self._is_interim():
                self._head_end = found.end()
                return
            self._start = found.end()
        self._searched = max(self._start, len(self._head) - 2)

    def _is_interim(self) -> bool:
        # The status code as Twisted reads it, so that both agree on where the final message starts.
        parts = self._head[self._start : self._head.find(b"\n", self._start)].split(b" ", 2)
        try:
            return 100 <= int(parts[1]) < 200
        except (IndexError, ValueError):
            return False

    def _over_body(self) -> None:
        self.cut = Truncation.LENGTH
        self.why = f"the body is longer than fetch.body_max = {self._limits.body_max} bytes; the rest was not taken"

    def finish(self, surplus: int) -> None:
        """The message ended, `surplus` bytes before the end of what was received."""
        self.finished = True
        self._surplus = surplus

    @property
    def request(self) -> bytes:
        """What was put on the wire; empty where TLS was never agreed on, for then nothing was."""
        if self.secure and self.tls is None:
            return b""
        return b"".join(self._sent)

    def messages(self) -> tuple[bytes, bytes]:
        """The 1xx heads, and the final message from its status line to its end."""
        whole = b"".join(self._chunks) if self._chunks else bytes(self._head)
        return whole[: self._start], whole[self._start : len(whole) - self._surplus]
