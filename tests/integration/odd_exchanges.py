"""Odd but real HTTP answers, and a raw server that sends them in random pieces. The table of the canary suite."""

from __future__ import annotations

import asyncio
import gzip
import random
import socket
import ssl
import struct
import threading
import zlib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import brotli
import zstandard

TEXT = ("Слава про те місто йшла далеко. A line of plain text, number {}.\n" * 40).encode()


@dataclass(frozen=True)
class Case:
    """One answer. `sent` is what the server writes; `message` what belongs to the exchange, if not all of it."""

    name: str
    sent: bytes
    message: bytes = b""
    interim: bytes = b""
    close: bool = False  # the server hangs up behind it
    reset: bool = False  # and does so rudely
    whole: bool = False  # sent in one piece
    late: bytes = b""  # sent when the next request comes on the same connection, before its answer
    fresh_only: bool = False  # on a connection that carried something before, the server hangs up instead
    method: str = "GET"
    truncated: str | None = None  # as the capture must say
    refused: bool = False  # Twisted's parser gives up on it, in stock Scrapy and in ours
    better: bool = False  # stock Scrapy loses it, ours does not

    @property
    def expected(self) -> bytes:
        return self.message or self.sent[len(self.interim) :]


def answer(body: bytes = TEXT, *lines: bytes, status: bytes = b"HTTP/1.1 200 OK", length: bool = True) -> bytes:
    fields = [status, b"Content-Type: text/plain; charset=utf-8", *lines]
    if length:
        fields.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(fields) + b"\r\n\r\n" + body


def chunked(body: bytes, sizes: tuple[int, ...] = (1, 700, 16), extension: bytes = b"", trailer: bytes = b"") -> bytes:
    out, at, turn = [], 0, 0
    while at < len(body):
        part = body[at : at + sizes[turn % len(sizes)]]
        out.append(b"%x%s\r\n%s\r\n" % (len(part), extension, part))
        at, turn = at + len(part), turn + 1
    return b"".join(out) + b"0\r\n" + trailer + b"\r\n"


CHUNKED = b"Transfer-Encoding: chunked"
GZIPPED = gzip.compress(TEXT, mtime=0)
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </s.css>; rel=preload\r\n\r\n"
CUT_CHUNK = answer(b"", CHUNKED, length=False) + b"ff\r\n" + TEXT[:100]
OVER = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"

CASES = (
    Case("plain", answer()),
    Case("mixed-case", answer(TEXT, b"x-LOWER: a", b"X-Upper: B", b"sErVeR: Odd")),
    Case("odd-spacing", answer(TEXT, b"X-None:a", b"X-Many:    b   ", b"X-Tab:\tc\t", b"X-Empty:")),
    Case("duplicate-headers", answer(TEXT, b"Set-Cookie: a=1", b"Set-Cookie: b=2", b"X-A: 1", b"x-a: 2")),
    Case("folded-header", answer(TEXT, b"X-Folded: one\r\n two\r\n\tthree", b"X-Next: n")),
    Case("reason-text", answer(status=b"HTTP/1.1 200 All right, then: fine")),
    Case("no-reason", answer(status=b"HTTP/1.1 200 ")),
    Case("no-reason-no-space", answer(status=b"HTTP/1.1 200")),
    Case("latin-1-reason", answer(status=b"HTTP/1.1 200 D\xe9sol\xe9")),
    Case("lf-only", answer().replace(b"\r\n", b"\n", 3)),
    Case("mixed-line-ends", b"HTTP/1.1 200 OK\nX-A: 1\r\nContent-Length: 5\n\r\nhello"),
    Case("early-hints", HINTS + answer(), interim=HINTS),
    Case(
        "many-interims",
        HINTS * 3 + b"HTTP/1.1 100 Continue\r\n\r\n" + answer(),
        interim=HINTS * 3 + b"HTTP/1.1 100 Continue\r\n\r\n",
    ),
    Case("lf-only-interim", b"HTTP/1.1 102 Processing\n\n" + answer(), interim=b"HTTP/1.1 102 Processing\n\n"),
    Case("http-1.0", answer(status=b"HTTP/1.0 200 OK"), close=True),
    Case("http-1.0-close-delimited", answer(length=False, status=b"HTTP/1.0 200 OK"), close=True),
    Case("http-2.0-text", answer(status=b"HTTP/2.0 200 OK")),
    Case("chunked", answer(chunked(TEXT), CHUNKED, length=False)),
    Case("chunked-extensions", answer(chunked(TEXT, extension=b';name="v a l"'), CHUNKED, length=False)),
    Case("chunked-trailers", answer(chunked(TEXT, trailer=b"X-Digest: 0a\r\nX-More: b\r\n"), CHUNKED, length=False)),
    Case(
        "chunked-upper-hex",
        answer(b"1F\r\n" + TEXT[:31] + b"\r\n000\r\n\r\n", b"Transfer-Encoding: Chunked", length=False),
    ),
    Case("chunked-empty", answer(chunked(b""), CHUNKED, length=False)),
    Case("gzip", answer(GZIPPED, b"Content-Encoding: gzip")),
    Case("gzip-chunked", answer(chunked(GZIPPED), CHUNKED, b"Content-Encoding: gzip", length=False)),
    Case("br", answer(brotli.compress(TEXT), b"Content-Encoding: br")),
    Case("zstd", answer(zstandard.compress(TEXT), b"Content-Encoding: zstd")),
    Case("deflate", answer(zlib.compress(TEXT), b"Content-Encoding: deflate")),
    Case("broken-gzip", answer(GZIPPED[:60] + b"\xff" * 40, b"Content-Encoding: gzip")),
    Case("not-gzip-at-all", answer(TEXT, b"Content-Encoding: gzip")),
    Case("close-delimited", answer(length=False), close=True),
    Case("close-delimited-reset", answer(length=False), close=True, reset=True, truncated="disconnect"),
    Case("connection-close", answer(TEXT, b"Connection: close"), close=True),
    Case("connection-close-stays", answer(TEXT, b"Connection: close")),
    Case("no-content", b"HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n"),
    Case(
        "not-modified-with-length",
        answer(b"", b"Content-Length: 999", b'ETag: "a"', status=b"HTTP/1.1 304 Not Modified", length=False),
    ),
    Case("head", answer(b"", b"Content-Length: 12345", length=False), method="HEAD"),
    Case("head-chunked", answer(b"", CHUNKED, length=False), method="HEAD"),
    Case("redirect-with-body", answer(TEXT, b"Location: /elsewhere", status=b"HTTP/1.1 301 Moved")),
    Case("not-found", answer(status=b"HTTP/1.1 404 Not Found")),
    Case("server-error", answer(status=b"HTTP/1.1 500 Oops")),
    Case("status-299", answer(status=b"HTTP/1.1 299 Odd")),
    Case("status-999", answer(status=b"HTTP/1.1 999 Request denied")),
    Case("empty-body", answer(b"")),
    Case("no-headers", b"HTTP/1.1 200 OK\r\n\r\n" + TEXT, close=True),
    Case("same-length-twice", answer(TEXT, b"Content-Length: %d" % len(TEXT))),
    Case("same-length-listed", answer(TEXT, b"Content-Length: %d, %d" % (len(TEXT), len(TEXT)), length=False)),
    Case("length-and-chunked", answer(chunked(TEXT), CHUNKED, b"Content-Length: 5", length=False)),
    Case("line-without-colon", answer(TEXT, b"this line is no header", b"X-Next: n")),
    Case("latin-1-value", answer(TEXT, b"X-Name: Caf\xe9 \xff")),
    Case("utf-8-value", answer(TEXT, "X-Name: Київ".encode())),
    Case("header-12-kb", answer(TEXT, b"X-Long: " + b"v" * 12_000)),
    Case("header-40-kb", answer(TEXT, b"X-Long: " + b"v" * 40_000), better=True),
    Case("150-headers", answer(TEXT, *(b"X-%d: %d" % (n, n) for n in range(150)))),
    Case("nul-in-value", answer(TEXT, b"X-Nul: a\x00b")),
    Case("bytes-behind-the-end", answer() + OVER, message=answer(), whole=True),
    Case(
        "bytes-behind-chunks",
        answer(chunked(TEXT), CHUNKED, length=False) + OVER,
        message=answer(chunked(TEXT), CHUNKED, length=False),
        whole=True,
    ),
    Case("bytes-behind-no-content", b"HTTP/1.1 204 No\r\n\r\nbody", message=b"HTTP/1.1 204 No\r\n\r\n", whole=True),
    Case("cut-by-length", answer(TEXT)[:-50], close=True, truncated="disconnect"),
    Case("cut-by-reset", answer(TEXT)[:-50], close=True, reset=True, truncated="disconnect"),
    Case("cut-in-chunk", CUT_CHUNK, close=True, truncated="disconnect"),
    Case("cut-between-chunks", answer(chunked(TEXT)[:-5], CHUNKED, length=False), close=True, truncated="disconnect"),
    Case("cut-in-head", b"HTTP/1.1 200 OK\r\nContent-Type: text/ht", close=True, truncated="disconnect"),
    Case("cut-in-status", b"HTTP/1.", close=True, truncated="disconnect"),
    Case("nothing", b"", close=True),
    Case("broken-chunk-size", answer(b"zz\r\nabc", CHUNKED, length=False), truncated="unspecified", refused=True),
    Case("latin-1-name", answer(TEXT, b"X-Caf\xe9: 1"), truncated="unspecified", refused=True),
    Case("space-before-colon", answer(TEXT, b"X-A : 1"), truncated="unspecified", refused=True),
    Case("two-lengths", answer(TEXT, b"Content-Length: 7"), truncated="unspecified", refused=True),
    Case("icy-status", answer(status=b"ICY 200 OK"), truncated="unspecified", refused=True),
    Case(
        "unknown-transfer-coding",
        answer(TEXT, b"Transfer-Encoding: gzip", length=False),
        truncated="unspecified",
        refused=True,
    ),
    Case("not-http", b"SSH-2.0-OpenSSH_9.2\r\n\r\n", truncated="unspecified", refused=True),
)


@dataclass
class OddServer:
    """Answers /NAME with the case NAME, over kept-alive connections, in pieces of random size (seeded)."""

    cases: dict[str, Case]
    tls: ssl.SSLContext | None = None
    seed: int = 0
    host: str = "127.0.0.1"
    port: int = 0
    requests: dict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))  # as received, by case
    connections: list[list[str]] = field(default_factory=list)  # the cases that each connection carried

    @property
    def root(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        carried: list[str] = []
        self.connections.append(carried)
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                name = request.split(b" ", 2)[1].decode("ascii").lstrip("/")
                case = self.cases[name]
                if carried and (late := self.cases[carried[-1]].late):
                    writer.write(late)
                carried.append(name)
                if case.fresh_only and len(carried) > 1:
                    break
                self.requests[name].append(request)
                await self.send(writer, case.sent, random.Random(f"{self.seed}{name}"), case.whole)
                if case.close:
                    if case.reset:
                        linger = struct.pack("ii", 1, 0)
                        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                        await asyncio.sleep(0.05)  # what was sent arrives before the reset does
                        writer.transport.abort()
                    break
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()

    @staticmethod
    async def send(writer: asyncio.StreamWriter, data: bytes, rng: random.Random, whole: bool) -> None:
        cuts = (
            []
            if whole or len(data) < 2
            else sorted(rng.sample(range(1, len(data)), min(len(data) - 1, rng.randint(0, 6))))
        )
        for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
            writer.write(data[start:end])
            await writer.drain()
            await asyncio.sleep(0.001)


@contextmanager
def running(server: OddServer) -> Iterator[OddServer]:
    """The server in a thread of its own, on a free port."""
    loop = asyncio.new_event_loop()

    async def start() -> asyncio.Server:
        return await asyncio.start_server(server.serve, server.host, server.port, ssl=server.tls, limit=2**20)

    async def stop(listening: asyncio.Server) -> None:
        listening.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0.01)  # transports close in the next turn

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    listening = asyncio.run_coroutine_threadsafe(start(), loop).result(5)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(stop(listening), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()
