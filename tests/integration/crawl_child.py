"""Fetches URLs in a process of its own (a reactor can't be restarted): a job as JSON in, what came as JSON out.

Job: {handler: "capture" | "stock", fetch: {...}, requests: [{key, url, method, meta}], settings: {...},
answers: [addresses, ...], storage_fails: bool}. With `answers`, every name resolves to the next of these in turn,
each a comma-separated list.
"""

from __future__ import annotations

import base64
import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def crawl(requests: list[dict[str, Any]], **job: Any) -> dict[str, Any]:
    """Run a job in a child. Returns {results: {key: ...}, captures: [...], stats: {...}}."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.crawl_child"],
        input=json.dumps({"requests": requests, **job}),
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return {**json.loads(done.stdout, object_hook=_bytes), "log": done.stderr}


def _bytes(value: dict[str, Any]) -> Any:
    return base64.b64decode(value["base64"]) if set(value) == {"base64"} else value


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if hasattr(value, "__slots__"):
        return {name: getattr(value, name) for name in value.__slots__}
    return str(value)


def _main() -> None:
    import asyncio

    import scrapy
    from scrapy.crawler import AsyncCrawlerProcess
    from twisted.internet import address as tx
    from twisted.internet.interfaces import IHostnameResolver
    from zope.interface import implementer

    from crawler.handlers.recording import Recording
    from crawler.refusals import outcome_of
    from pipelines.config import Config
    from pipelines.errors import OperatorError, StorageError
    from pipelines.model import Capture, Locator, Recorded, RecordKind

    job = json.load(sys.stdin)
    results: dict[str, Any] = {}
    captures: list[Capture] = []
    config = Config.model_validate_json(json.dumps({"fetch": job.get("fetch", {})}))

    class Collecting(Recording):
        async def record(self, capture: Capture) -> Recorded:
            if job.get("storage_fails"):
                raise StorageError("no room")
            await asyncio.sleep(0.001)  # a disk takes its time
            captures.append(capture)
            locator = Locator(f"{len(captures)}.warc.gz", 0, 0, f"urn:uuid:{len(captures)}")
            return Recorded(locator, RecordKind.RESPONSE, capture.url, capture.started_at, 0, "", "", capture.role)

    class Fetcher(scrapy.Spider):
        name = "fetcher"

        async def start(self):
            for number, request in enumerate(job["requests"]):
                yield scrapy.Request(
                    request["url"],
                    method=request.get("method", "GET"),
                    headers={"User-Agent": "odd/1", "X-Key": request["key"]},
                    meta={"key": request["key"], "handle_httpstatus_all": True, **request.get("meta", {})},
                    dont_filter=True,
                    priority=-number,  # in order
                    callback=self.arrived,
                    errback=self.failed,
                )

        def arrived(self, response):
            results[response.meta["key"]] = {
                "url": response.url,
                "status": response.status,
                "body": response.body,
                "headers": sorted(f"{name!r}: {values!r}" for name, values in response.headers.items()),
                "flags": response.flags,
                "records": len(response.meta.get("recorded", [])),
            }

        def failed(self, failure):
            try:
                outcome, detail, *_ = outcome_of(failure)
            except OperatorError as error:
                outcome, detail = "", str(error)
            results[failure.request.meta["key"]] = {
                "error": type(failure.value).__name__,
                "outcome": outcome,
                "detail": detail,
                "records": len(failure.request.meta.get("recorded", [])),
            }

    capture = job.get("handler", "capture") == "capture"
    handler = (
        "crawler.handlers.capture.CaptureHandler"
        if capture
        else "scrapy.core.downloader.handlers.http11.HTTP11DownloadHandler"
    )
    settings = {
        "CHRONICLE": config,
        "DOWNLOAD_HANDLERS": {"http": handler, "https": handler},
        "DOWNLOADER_MIDDLEWARES_BASE": {},  # the handler alone
        "SPIDER_MIDDLEWARES_BASE": {},
        "EXTENSIONS_BASE": {},
        "EXTENSIONS": {Collecting: 0} if capture else {},
        "DOWNLOAD_DELAY": 0,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 8,
        "TELNETCONSOLE_ENABLED": False,
        "ROBOTSTXT_OBEY": False,
        "LOG_LEVEL": "INFO",
        **({"TWISTED_DNS_RESOLVER": "crawler.addresses.VettingResolver"} if capture else {}),
        **job.get("settings", {}),
    }
    process = AsyncCrawlerProcess(settings)
    if job.get("answers"):
        from twisted.internet import reactor

        answers = itertools.cycle(job["answers"])

        @implementer(IHostnameResolver)
        class InTurn:
            def resolveHostName(self, receiver, name, port=0, types=None, semantics="TCP"):  # noqa: N802 - the interface's
                receiver.resolutionBegan(None)
                for answer in filter(None, next(answers).split(",")):
                    kind = tx.IPv6Address if ":" in answer else tx.IPv4Address
                    receiver.addressResolved(kind("TCP", answer, port))
                receiver.resolutionComplete()

        reactor.installNameResolver(InTurn())
    crawler = process.create_crawler(Fetcher)
    process.crawl(crawler)
    process.start()
    json.dump(
        {"results": results, "captures": captures, "stats": crawler.stats.get_stats()}, sys.stdout, default=_plain
    )


if __name__ == "__main__":
    _main()
