"""A loopback site that serves every page of a labelled corpus, each publisher on a 127.x.y.z address of its own.

The corpus is a folder with truth.jsonl and html/<corpus>/*.html.gz. What is sent is the stored gzip file itself
where the client takes gzip, so that the payload of a capture can be compared with the file byte by byte.
Not in the repository: tests that need it skip where the folder is absent.
"""

from __future__ import annotations

import argparse
import gzip
import re
import signal
import sys
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson

from tests.site import feeds
from tests.site.configs import quoted
from tests.site.feeds import Entry
from tests.site.model import Reply
from tests.site.server import LoopbackServer

#: How a host names its pages, in turn over the hosts.
ROUTES = ("rss", "news_sitemap", "sitemap_index")

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_FALLBACK = datetime(2022, 9, 10, 12, tzinfo=UTC)  # of pages whose date nobody labelled; feeds must state one


@dataclass(frozen=True, slots=True)
class Served:
    """A page of the corpus as it is served."""

    id: str
    url: str
    file: Path
    site: str
    title: str
    published: datetime | None
    language: str

    @property
    def entity(self) -> bytes:
        """The bytes sent to a client that takes gzip (Content-Encoding: gzip)."""
        return self.file.read_bytes()

    @property
    def html(self) -> bytes:
        """The page as collected, as sent to a client that does not take gzip."""
        return gzip.decompress(self.entity)


class CorporaSite(LoopbackServer):
    """Serves the corpus in the folder `corpora`. Raises FileNotFoundError where it holds no truth.jsonl.

    Hosts are dealt out in the order of (corpus, site), so the same corpus gets the same addresses every time.
    """

    def __init__(self, corpora: Path, port: int = 0, every: int = 1) -> None:
        """`every`: only each n-th publisher, with all its pages."""
        rows = [orjson.loads(line) for line in (corpora / "truth.jsonl").read_bytes().splitlines()]
        chosen = set(sorted({(row["corpus"], row["site"]) for row in rows})[::every])
        rows = [row for row in rows if (row["corpus"], row["site"]) in chosen]
        super().__init__(self._reply, (), port)
        publishers = sorted({(row["corpus"], row["site"]) for row in rows})
        self._addresses = {publisher: _address(number) for number, publisher in enumerate(publishers)}
        self._pages: dict[tuple[str, str], Served] = {}
        self._by_host: defaultdict[str, list[Served]] = defaultdict(list)
        for row in rows:
            host = self._addresses[row["corpus"], row["site"]]
            path = f"/{row['corpus']}/{_UNSAFE.sub('-', row['id'].partition('/')[2])}.html"
            served = _served(row, f"http://{host}:{self.port}{path}", corpora)
            assert (host, path) not in self._pages, f"{row['id']}: two pages would share {served.url}"
            self._pages[host, path] = served
            self._by_host[host].append(served)
        self._documents = {
            key: reply for number, host in enumerate(self._by_host) for key, reply in self._named(host, number)
        }

    def files(self) -> Mapping[str, Served]:
        """Every page by its URL."""
        return {served.url: served for served in self._pages.values()}

    def route_of(self, host: str) -> str:
        """Which of `ROUTES` names the pages of a host."""
        return ROUTES[list(self._by_host).index(host) % len(ROUTES)]

    def write_config(self, folder: Path, archive: Path | str, *, delay: float = 0.0, concurrent: int = 64) -> Path:
        """crawl.toml and sources.toml for a crawl of the whole corpus, a source for each host. Returns `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        crawl = (
            f"[archive]\npath = {quoted(str(archive))}\n\n[fetch]\nconcurrent = {concurrent}\ndelay_seconds = {delay}\n"
            f"per_host = 4\nautothrottle = false\nports = [80, 443, {self.port}]\n"
            'allow_networks = ["127.0.0.0/8"]\n'
        )
        (folder / "crawl.toml").write_text(crawl, "utf-8")
        keys = {
            "rss": ("feeds", "rss.xml"),
            "news_sitemap": ("news_sitemaps", "news.xml"),
            "sitemap_index": ("sitemaps", "sitemap.xml"),
        }
        sources = []
        for number, host in enumerate(self._by_host):
            base = f"http://{host}:{self.port}"
            key, name = keys[ROUTES[number % len(ROUTES)]]
            title = self._by_host[host][0].site or "no site named"
            sources.append(
                f'[[source]]\nid = "s{number:04}"\nname = {quoted(title)}\ndomain = "{base}/"\n{key} = ["{base}/{name}"]\n'
            )
        (folder / "sources.toml").write_text("\n".join(sources), "utf-8")
        return folder

    def _reply(self, host: str, path: str, visit: int) -> Reply:
        if served := self._pages.get((host, path)):
            # No charset in the head: what the page says of itself is all there is.
            return Reply(coded=served.entity, mime="text/html")
        return self._documents.get((host, path)) or Reply(404, b"not here\n", "text/plain")

    def _named(self, host: str, number: int) -> list[tuple[tuple[str, str], Reply]]:
        base = f"http://{host}:{self.port}"
        pages = self._by_host[host]
        entries = [
            Entry(page.url, page.title or page.id, page.published or _FALLBACK, page.language or "en") for page in pages
        ]
        name = pages[0].site or "no site named"
        documents = {"/robots.txt": Reply(body=b"User-agent: *\nDisallow: /private/\n", mime="text/plain")}
        route = ROUTES[number % len(ROUTES)]
        if route == "rss":
            documents["/rss.xml"] = Reply(
                body=feeds.rss(name, base, entries), mime="application/rss+xml", coding="gzip"
            )
        elif route == "news_sitemap":
            documents["/news.xml"] = Reply(body=feeds.news_sitemap(name, entries), mime="text/xml", coding="gzip")
        else:
            documents["/sitemap.xml"] = Reply(body=feeds.sitemap_index([f"{base}/pages.xml.gz"]), mime="text/xml")
            packed = gzip.compress(feeds.sitemap(entries), mtime=0)
            documents["/pages.xml.gz"] = Reply(body=packed, mime="application/gzip")
        return [((host, path), reply) for path, reply in documents.items()]


def _address(number: int) -> str:
    """127.1.0.1 and on, without .0 and .255."""
    return f"127.{1 + number // (254 * 256)}.{number // 254 % 256}.{1 + number % 254}"


def _served(row: Mapping[str, str], url: str, corpora: Path) -> Served:
    try:
        published = datetime.fromisoformat(row["date"] or "").replace(tzinfo=UTC)
    except ValueError:  # not labelled, or "2017-00-12"
        published = None
    return Served(row["id"], url, corpora / row["file"], row["site"], row["title"] or "", published, row["lang"] or "")


def main() -> int:
    """`python -m tests.site.corpora FOLDER [--port P] [--config DIR --archive DIR]`."""
    parser = argparse.ArgumentParser(prog="python -m tests.site.corpora", description=__doc__)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument(
        "--config", type=Path, help="write crawl.toml and sources.toml for a crawl of it to this folder"
    )
    parser.add_argument("--archive", default="archive-corpora", help="the archive named there (default %(default)s)")
    args = parser.parse_args()
    stop = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stop.set())
    with CorporaSite(args.corpora, args.port) as site:
        if args.config:
            site.write_config(args.config, args.archive)
        print(f"ready: {len(site.files())} pages on port {site.port}", flush=True)
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
