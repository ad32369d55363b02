"""Realistic pages for benchmarks, and a server that is never the limit.

The pages are those of ../shared/corpora between 40 and 200 KB, when that folder is there; else generated ones
of the same sizes. Each answer's gzip header carries another time stamp, so no two payloads are equal and no
writer can save itself work by storing a repeat as one.
"""

from __future__ import annotations

import asyncio
import gzip
import random
import struct
import sys
import zlib
from pathlib import Path

CORPORA = Path(__file__).parents[3] / "shared" / "corpora" / "html"
HOW_MANY = 225


def generated(count: int = HOW_MANY) -> list[bytes]:
    """Pages with an article, navigation and scripts, 40 to 200 KB, the same every time."""
    dice = random.Random(2022)
    words = [
        f"{a}{b}{c}"
        for a in ("ka", "ly", "no", "ser", "vo")
        for b in ("ra", "ti", "mu", "den")
        for c in ("n", "st", "ria", "")
    ]
    pages = []
    for number in range(count):

        def line(size: int) -> str:
            return " ".join(dice.choices(words, k=size)).capitalize() + "."

        body = "".join(f"<p>{line(60)} {line(40)}</p>" for _ in range(dice.randint(8, 40)))
        menu = "".join(f'<li class="m{i}"><a href="/s/{i}?x={dice.random()}">{line(4)}</a></li>' for i in range(150))
        script = "".join(f'window.d{i}={{"k":"{dice.getrandbits(128):x}"}};' for i in range(dice.randint(200, 1500)))
        pages.append(
            f"<!DOCTYPE html><html lang=en><head><meta charset=utf-8><title>{line(8)}</title>"
            f'<meta property="article:published_time" content="2022-09-{number % 28 + 1:02}T10:00:00Z">'
            f"<script>{script}</script></head><body><nav><ul>{menu}</ul></nav><article><h1>{line(8)}</h1>{body}</article>"
            f"<footer>{line(30)}</footer></body></html>".encode()
        )
    return pages


def pages(count: int = HOW_MANY) -> tuple[list[bytes], str]:
    """The pages, and where they come from."""
    found = []
    for path in sorted(CORPORA.glob("fundus/*.html.gz")) + sorted(CORPORA.glob("trafeval/*.html.gz")):
        body = gzip.decompress(path.read_bytes())
        if 40_000 <= len(body) <= 200_000:
            found.append(body)
        if len(found) == count:
            return found, "real pages (../shared/corpora)"
    return generated(count), "generated pages (../shared/corpora is not there)"


class PageServer(asyncio.Protocol):
    """Answers /p/N with page N mod count, gzip coded; everything else with 404. Reads nothing but request lines."""

    bodies: tuple[bytes, ...] = ()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head, self._buffer = self._buffer[:end], self._buffer[end + 4 :]
            self._transport.write(self._answer(head.split(b" ", 2)[1]))  # type: ignore[attr-defined]

    def _answer(self, path: bytes) -> bytes:
        if not path.startswith(b"/p/"):
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        number = int(path[3:])
        body = self.bodies[number % len(self.bodies)]
        return b"".join(
            (
                b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Encoding: gzip\r\nContent-Length: ",
                str(len(body)).encode(),
                b"\r\n\r\n",
                body[:4],
                struct.pack("<I", number + 1),  # MTIME of the gzip header (RFC 1952, section 2.3.1)
                body[8:],
            )
        )


def _zip(body: bytes) -> bytes:
    coder = zlib.compressobj(6, zlib.DEFLATED, 31)
    return coder.compress(body) + coder.flush()


async def serve() -> None:
    """Serve until stdin closes; prints the port."""
    PageServer.bodies = tuple(_zip(body) for body in pages()[0])
    loop = asyncio.get_running_loop()
    server = await loop.create_server(PageServer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve())
