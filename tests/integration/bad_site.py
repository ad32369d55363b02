"""Seven hosts of which one is good: bombs, a flood of attributes, a drip, an endless body, a feed that is a web page.

with BadSite() as site:
    config = site.configure(folder)
    ... crawl; site.visits says who asked when, and when the answer ended ...
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

import brotli
from zlib_ng import zlib_ng

from tests.site.configs import quoted
from tests.site.sockets import bind

MIB = 2**20
BOMB = 10 * 2**30  # bytes that a bomb of some megabytes unfolds to
BODY_MAX = 12 * 10**6  # a little more than the largest bomb has on the wire
TOTAL_SECONDS = 4.0
DERIVE_SECONDS = 4.0
DAY = "2022-09-10"  # all pages are of this day

GOOD, BOMBS, FLOOD, DRIP, ENDLESS, NO_FEED, CLOSED = HOSTS = tuple(f"127.0.0.{number}" for number in range(61, 68))
IDS = dict(zip(HOSTS, ("good", "bombs", "flood", "drip", "endless", "no-feed", "closed"), strict=True))
WEIGHT = 60_000  # bytes of a heavy page, which no compression makes less

_BLOCK = 64 * MIB


@cache
def gzip_bomb(size: int = BOMB) -> bytes:
    """`size` zeros, a sound gzip file: a block of them compressed once, and repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    zeros = bytes(_BLOCK)
    first = packer.compress(zeros) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(zeros) + packer.flush(zlib.Z_FULL_FLUSH)
    assert first == again  # a full flush forgets what came before, so that blocks may follow each other at will
    of_block = zlib.crc32(zeros)
    total, checksum = 0, 0
    while total < size:
        checksum = zlib_ng.crc32_combine(checksum, of_block, _BLOCK)
        total += _BLOCK
    trailer = checksum.to_bytes(4, "little") + (total % 2**32).to_bytes(4, "little")
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff" + first * (total // _BLOCK) + packer.flush() + trailer


@cache
def brotli_bomb() -> bytes:
    """10 GiB of zeros in 17 kB."""
    packer = brotli.Compressor(quality=5)
    zeros = bytes(_BLOCK // 4)
    first = packer.process(zeros) + packer.flush()
    again = packer.process(zeros) + packer.flush()
    return first + again * (BOMB // len(zeros) - 1) + packer.finish()


@cache
def nested_bomb() -> bytes:
    """10 GiB of zeros, compressed with gzip twice: 50 kB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return packer.compress(gzip_bomb()) + packer.flush()


def article(host: str, name: str, flood: str = "") -> bytes:
    """A page with text of its own, so that no two are duplicates; `flood` goes into its first element."""
    sentences = (
        f"The report on {name} from {host} was written on the tenth of September in the town hall of Northgate.",
        "The bridge over the river was opened again in the morning, and the first buses crossed it before noon.",
        f"People of the quarter said that {name} was what they had waited for since the beginning of the summer.",
    )
    text = "".join(f"<p>{sentence}</p>" for sentence in sentences)
    return (
        f"<!DOCTYPE html><html lang=en><head><title>Report on {name}</title></head><body>"
        f"<article {flood}><h1>Report on {name}</h1>{text}</article></body></html>"
    ).encode()


ATTRIBUTES = " ".join(f"data-a{number}='{number}'" for number in range(50_000))
BRACKETS = " ".join(f"data-a{number}='<>'" for number in range(50_000))


@dataclass(slots=True)
class Visit:
    """A request, and how long its answer took. Times are of the monotonic clock."""

    host: str
    path: str
    began: float
    ended: float = 0.0
    sent: int = 0  # bytes of the answer


class BadSite:
    """Serves until it is left. A context manager."""

    def __init__(self, good_pages: int = 12, *, heavy: bool = False) -> None:
        """`heavy`: the good host's pages have `WEIGHT` bytes each, for filling a disk."""
        self._good = tuple(f"/good-{number:02}" for number in range(good_pages))
        self._heavy = heavy
        self._sockets = bind(HOSTS[:-1], 0)  # nobody listens on the last one
        self.port = int(self._sockets[0].getsockname()[1])
        self.visits: list[Visit] = []
        self._stop: Callable[[], object] = lambda: None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), name="bad-site", daemon=True)
        self._thread.start()
        ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        assert self._thread is not None
        self._thread.join()

    def url(self, host: str, path: str) -> str:
        return f"http://{host}:{self.port}{path}"

    def visit(self, host: str, path: str) -> Visit:
        """The one request for this page."""
        (found,) = [visit for visit in self.visits if (visit.host, visit.path) == (host, path)]
        return found

    def configure(self, folder: Path, hosts: Sequence[str] = HOSTS, *, floor: int = 0) -> Path:
        """Config for these hosts in `folder`, with an archive beside it. Returns the folder of the config.

        `floor`: archive.free_disk_floor.
        """
        config = folder / "config"
        config.mkdir(parents=True, exist_ok=True)
        (config / "crawl.toml").write_text(
            f"[archive]\npath = {quoted(str(folder / 'archive'))}\nfree_disk_floor = {floor}\n"
            f'[fetch]\nallow_networks = ["127.0.0.0/8"]\nports = [{self.port}]\ndelay_seconds = 0.05\n'
            f"autothrottle = false\nretries = 0\nbody_max = {BODY_MAX}\ntotal_seconds = {TOTAL_SECONDS}\n"
            f"[derive]\nworkers = 1\ntimeout_seconds = {DERIVE_SECONDS}\n",
            "utf-8",
        )
        (config / "sources.toml").write_text(
            "".join(
                f'[[source]]\nid = "{IDS[host]}"\nname = "{IDS[host]}"\ndomain = "{self.url(host, "/")}"\n'
                f'feeds = ["{self.url(host, "/feed")}"{self._more_feeds(host)}]\n'
                for host in hosts
            ),
            "utf-8",
        )
        return config

    def _more_feeds(self, host: str) -> str:
        return f', "{self.url(host, "/feed-bomb")}"' if host == BOMBS else ""

    # -- the pages ------------------------------------------------------------------------------------------------

    def pages(self, host: str) -> tuple[str, ...]:
        """What a host's feed names, in the order in which it is asked for."""
        return {
            GOOD: self._good,
            BOMBS: ("/after", "/bomb-brotli", "/bomb-gzip"),
            FLOOD: ("/after", "/attributes", "/brackets"),
            DRIP: ("/after", "/drip"),
            ENDLESS: ("/after", "/endless"),
        }.get(host, ())

    def _feed(self, host: str) -> bytes:
        items = "".join(
            f"<item><title>Report on {path[1:]}</title><link>{self.url(host, path)}</link>"
            f"<pubDate>Sat, 10 Sep 2022 12:00:00 +0200</pubDate></item>"
            for path in self.pages(host)
        )
        return f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>{items}</channel></rss>'.encode()

    def answer(self, host: str, path: str) -> AsyncIterator[bytes]:
        """The bytes that go over the wire, piece by piece."""
        match path:
            case "/feed" if host == NO_FEED:
                return _whole(b"<!DOCTYPE html><html><head><title>Feeds</title></head><body>Moved.</body></html>")
            case "/feed":
                return _whole(self._feed(host), mime="application/rss+xml")
            case "/feed-bomb":
                return _whole(nested_bomb(), "gzip, gzip", mime="application/rss+xml")
            case "/bomb-gzip":
                return _whole(gzip_bomb(), "gzip")
            case "/bomb-brotli":
                return _whole(brotli_bomb(), "br")
            case "/attributes":
                return _whole(article(host, "attributes", ATTRIBUTES))
            case "/brackets":
                return _whole(article(host, "brackets", BRACKETS))
            case "/drip":
                return _drip(article(host, "drip"))
            case "/endless":
                return _endless(article(host, "endless"))
            case _ if path in self.pages(host):
                noise = random.Random(path).randbytes(WEIGHT // 2).hex() if self._heavy else ""
                return _whole(article(host, path[1:]) + f"<!-- {noise} -->".encode())
            case _:
                return _whole(b"no such page", mime="text/plain", status="404 Not Found")

    # -- the server -----------------------------------------------------------------------------------------------

    async def _serve(self, ready: threading.Event) -> None:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._stop = lambda: loop.call_soon_threadsafe(stopping.set)
        open_ones: set[asyncio.Task[None]] = set()

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = loop.create_task(self._connection(reader, writer))
            open_ones.add(task)
            task.add_done_callback(open_ones.discard)

        servers = [await asyncio.start_server(connected, sock=each) for each in self._sockets]
        ready.set()
        await stopping.wait()
        for server in servers:
            server.close()
        for task in open_ones:
            task.cancel()
        await asyncio.gather(*open_ones, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = writer.get_extra_info("sockname")[0]
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                visit = Visit(host, head.split(b" ", 2)[1].decode("ascii"), time.monotonic())
                self.visits.append(visit)
                try:
                    async for piece in self.answer(host, visit.path):
                        writer.write(piece)
                        visit.sent += len(piece)
                        await writer.drain()
                finally:
                    visit.ended = time.monotonic()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the crawler hung up
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


async def _whole(
    body: bytes, coding: str = "", *, mime: str = "text/html; charset=utf-8", status: str = "200 OK"
) -> AsyncIterator[bytes]:
    coded = f"Content-Encoding: {coding}\r\n" if coding else ""
    yield f"HTTP/1.1 {status}\r\nContent-Type: {mime}\r\n{coded}Content-Length: {len(body)}\r\n\r\n".encode()
    yield body


async def _drip(page: bytes) -> AsyncIterator[bytes]:
    """A byte a second, after the first half: the text is there, its end never comes."""
    yield f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(page)}\r\n\r\n".encode()
    half = len(page) // 2
    yield page[:half]
    for byte in page[half:]:
        yield bytes((byte,))
        await asyncio.sleep(1)


async def _endless(page: bytes) -> AsyncIterator[bytes]:
    """An article without a stated length and without an end."""
    yield b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n" + page.removesuffix(
        b"</article></body></html>"
    )
    while True:
        yield b"<!-- nothing more -->\n" * 3000
