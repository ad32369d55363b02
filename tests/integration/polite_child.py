"""A crawl in a process of its own: the house's middlewares, queue, handler and resolver; a spider that follows orders.

Reads one JSON object from stdin (`loopback.job`), writes one to stdout (`loopback.Crawled`).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import psutil
from scrapy import Request, Spider, signals
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.handlers.recording import Recording
from crawler.refusals import outcome_of
from crawler.safety import SAFE_SETTINGS
from pipelines import urls
from pipelines.config import Config, Source
from pipelines.message import parse_head
from pipelines.model import Capture, Found, Locator, Recorded, RecordKind, Role, Route

REDIRECTS = {301, 302, 303, 307, 308}


class Memory(Recording):
    """Notes what was captured; the WARC side has tests of its own."""

    def __init__(self) -> None:
        self.captures: list[dict[str, Any]] = []

    async def record(self, capture: Capture) -> Recorded:
        head = parse_head(capture.response)
        status = head.status if head else 0
        self.captures.append({"url": capture.url, "role": capture.role.value, "status": status})
        return Recorded(
            locator=Locator("test.warc.gz", 0, 1, "urn:uuid:00000000-0000-0000-0000-000000000000"),
            kind=RecordKind.RESPONSE,
            url=capture.url,
            captured_at=datetime.now(UTC),
            status=status,
            mime="",
            payload_digest="",
        )


class Obedient(Spider):
    name = "obedient"

    def __init__(self, order: dict[str, Any], out: dict[str, Any]) -> None:
        super().__init__()
        self.order = order
        self.out = out

    async def start(self) -> AsyncIterator[Request]:
        for wish in self.order["requests"]:
            yield self.ask(**wish)

    def ask(
        self,
        url: str,
        source: str,
        hops: int = 0,
        via: str = "",
        depth: int = 1,
        role: str = "page",
        route: str = "url_list",
        headers: dict[str, str] | None = None,
    ) -> Request:
        found = Found(url=url, route=Route(route), source=source, hops=hops, via=via)
        meta = {"found": found, "role": Role(role), "source": source, "depth": depth, "handle_httpstatus_all": True}
        return Request(url, self.parse, errback=self.failed, dont_filter=True, meta=meta, headers=headers)

    def parse(self, response: Response) -> Iterator[Request]:
        found: Found = response.meta["found"]
        self.out[found.url] = {
            "status": response.status,
            "at": time.monotonic(),
            "tries": len(response.meta.get("recorded", [])),
        }
        if response.status in REDIRECTS:
            location = (response.headers.get("Location") or b"").decode("latin-1")
            try:
                target = urls.normalise(location, response.url)
            except urls.BadUrl as error:
                self.out[location] = {"outcome": "bad_url", "detail": str(error)}
                return
            if found.hops < self.settings["CHRONICLE"].fetch.redirects_max and target not in self.out:
                yield self.ask(target, found.source, found.hops + 1, found.url)
        elif self.order["follow"]:
            for link in response.css("a::attr(href)").getall():
                yield self.ask(urls.normalise(link, response.url), found.source, depth=response.meta["depth"] + 1)

    def failed(self, failure: Failure) -> None:
        outcome, detail, later = outcome_of(failure)
        request: Request = failure.request
        retry_at = getattr(failure.value, "retry_at", None)
        self.out[request.meta["found"].url] = {
            "outcome": outcome.value,
            "detail": detail,
            "later": later,
            "retry_at": retry_at.isoformat() if retry_at else None,
            "at": time.monotonic(),
        }


def main() -> None:
    order = json.load(sys.stdin)
    config = Config.model_validate_json(json.dumps(order["config"]), strict=False)
    sources = {row["id"]: Source.model_validate_json(json.dumps(row), strict=False) for row in order["sources"]}
    fetch = config.fetch
    settings = {
        **SAFE_SETTINGS,
        "CHRONICLE": config,
        "CHRONICLE_SOURCES": sources,
        "CONCURRENT_REQUESTS": fetch.concurrent,
        "CONCURRENT_REQUESTS_PER_DOMAIN": fetch.per_host,
        "DOWNLOAD_DELAY": fetch.delay_seconds,
        "AUTOTHROTTLE_ENABLED": fetch.autothrottle,
        "AUTOTHROTTLE_START_DELAY": fetch.delay_seconds,
        "DOWNLOAD_MAXSIZE": fetch.body_max,
        "DOWNLOAD_HANDLERS": {
            "http": "crawler.handlers.capture.CaptureHandler",
            "https": "crawler.handlers.capture.CaptureHandler",
            **dict.fromkeys(("file", "data", "ftp", "s3")),
        },
        "TWISTED_DNS_RESOLVER": "crawler.addresses.VettingResolver",
        "EXTENSIONS": {Memory: 0, "crawler.extensions.progress.Progress": 500, "crawler.extensions.budget.Budget": 510},
        "DOWNLOADER_MIDDLEWARES": {
            "crawler.middlewares.scope.ScopeMiddleware": 50,
            "crawler.middlewares.robots.RobotsMiddleware": 100,
            "crawler.middlewares.budget.BudgetMiddleware": 110,
            "crawler.middlewares.pause.PauseMiddleware": 610,
            "crawler.middlewares.headers.SafeHeadersMiddleware": 890,
        },
        "LOG_LEVEL": "INFO",
        **order["settings"],
    }
    out: dict[str, Any] = {}
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(Obedient)
    listening: list[str] = []

    def look() -> None:
        own = psutil.Process().net_connections()
        unix = psutil.Process().net_connections("unix")
        listening.extend(str(c.laddr) for c in own if c.status == psutil.CONN_LISTEN)
        listening.extend(str(c.laddr) for c in unix if c.laddr)

    crawler.signals.connect(look, signals.spider_idle, weak=False)
    task = process.crawl(crawler, order=order, out=out)
    process.start()
    if task.done() and task.exception():
        raise task.exception()
    memory = crawler.get_extension(Memory)
    reason = crawler.stats.get_value("finish_reason")
    json.dump({"results": out, "reason": reason, "captured": memory.captures, "listening": listening}, sys.stdout)


if __name__ == "__main__":
    main()
